// SPDX-License-Identifier: Apache-2.0
// opens: every system call that gives a descriptor of a file, each called by its number.
#define _GNU_SOURCE
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "operations.h"

static int directory(const char *path) {
    const int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) fail(path);
    return fd;
}

static void do_open(char **a) { say_read("open", (int)syscall(SYS_open, a[0], O_RDONLY), "read"); }

static void do_creat(char **a) {
    const int fd = (int)syscall(SYS_creat, a[0], 0644);
    if (fd < 0) fail(a[0]);
    write_all(fd, a[1], strlen(a[1]));
    say("creat", name_of(fd), "create write truncate", NULL);
    close(fd);
}

// DIRECTORY NAME ELSEWHERE: the name counts from the descriptor, wherever the process has gone.
static void do_openat_chdir(char **a) {
    const int from = directory(a[0]);
    if (chdir(a[2])) fail(a[2]);
    say_read("openat_chdir", (int)syscall(SYS_openat, from, a[1], O_RDONLY), "read");
}
static void do_openat_fchdir(char **a) {
    const int from = directory(a[0]);
    if (fchdir(directory(a[2]))) fail(a[2]);
    say_read("openat_fchdir", (int)syscall(SYS_openat, from, a[1], O_RDONLY), "read");
}
static void do_fchdir(char **a) {
    if (fchdir(directory(a[0]))) fail(a[0]);
}
static void do_openat_here(char **a) {
    say_read("openat_here", (int)syscall(SYS_openat, AT_FDCWD, a[0], O_RDONLY), "read");
}

// RESOLVE DIRECTORY NAME, the first as a number.
static void do_openat2(char **a) {
    struct open_how how = {.flags = O_RDONLY, .resolve = strtoull(a[0], NULL, 0)};
    say_read("openat2", (int)syscall(SYS_openat2, directory(a[1]), a[2], &how, sizeof how), "read");
}
static void do_openat2_rewrite(char **a) {
    struct open_how how = {.flags = O_WRONLY | O_TRUNC, .resolve = RESOLVE_BENEATH};
    const int fd = (int)syscall(SYS_openat2, directory(a[0]), a[1], &how, sizeof how);
    if (fd < 0) fail(a[1]);
    write_all(fd, a[2], strlen(a[2]));
    say("openat2_rewrite", name_of(fd), "write truncate", NULL);
    close(fd);
}

static void do_handle(char **a) {
    struct {
        struct file_handle head;
        unsigned char bytes[MAX_HANDLE_SZ];
    } handle = {.head = {.handle_bytes = MAX_HANDLE_SZ}};
    int mount;
    if (name_to_handle_at(AT_FDCWD, a[0], &handle.head, &mount, 0)) fail("name_to_handle_at");
    const int of_mount = open(a[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (of_mount < 0) fail(a[1]);
    say_read("handle", open_by_handle_at(of_mount, &handle.head, O_RDONLY), "read");
}

static void do_reopen(char **a) {
    char link[64];
    const int path = open(a[0], O_PATH | O_CLOEXEC);
    if (path < 0) fail(a[0]);
    snprintf(link, sizeof link, "/proc/self/fd/%d", path);
    say_read("reopen", open(link, O_RDONLY), "read");
}

// DIRECTORY NAME TEXT: a file that has no name until it is whole.
static void do_tmpfile(char **a) {
    char link[64];
    const int fd = open(a[0], O_TMPFILE | O_WRONLY, 0644);
    if (fd < 0) fail("O_TMPFILE");
    write_all(fd, a[2], strlen(a[2]));
    char name[4097];
    snprintf(name, sizeof name, "%s", name_of(fd)); // DIRECTORY/#INODE (deleted)
    *strrchr(name, ' ') = 0;
    say("tmpfile", name, "create write", NULL);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, link, AT_FDCWD, a[1], AT_SYMLINK_FOLLOW)) fail("linkat");
    say("tmpfile", a[1], "link", NULL);
    close(fd);
}

int main(int argc, char **argv) {
    static const struct operation operations[] = {
        {"open", 1, do_open},
        {"creat", 2, do_creat},
        {"openat_chdir", 3, do_openat_chdir},
        {"openat_fchdir", 3, do_openat_fchdir},
        {"fchdir", 1, do_fchdir},
        {"openat_here", 1, do_openat_here},
        {"openat2", 3, do_openat2},
        {"openat2_rewrite", 3, do_openat2_rewrite},
        {"handle", 2, do_handle},
        {"reopen", 1, do_reopen},
        {"tmpfile", 3, do_tmpfile},
    };
    return do_operations(operations, sizeof operations / sizeof *operations, argc, argv);
}
