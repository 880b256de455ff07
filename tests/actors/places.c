// SPDX-License-Identifier: Apache-2.0
// places: namespaces and roots of one's own, and files opened from there. Names are as this process sees them:
// /proc/self/fd is opened before anything moves. All of it ends with the process.
#define _GNU_SOURCE
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include "operations.h"

static int descriptors = -1;

static const char *name_here(int fd) {
    static char name[4097];
    char number[16];
    snprintf(number, sizeof number, "%d", fd);
    const ssize_t size = readlinkat(descriptors, number, name, sizeof name - 1);
    if (size < 0) fail("readlinkat");
    name[size] = 0;
    return name;
}

static void write_to(const char *path, const char *text) {
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) fail(path);
    write_all(fd, text, strlen(text));
    close(fd);
}

// Where mounting is not for us: 77, and the test says why.
static void or_skip(int failed, const char *what) {
    if (!failed) return;
    fprintf(stderr, "actor: %s: %s\n", what, strerror(errno));
    exit(errno == EPERM || errno == ENOSPC || errno == EACCES ? 77 : 99);
}

static void do_private(char **a) {
    (void)a;
    or_skip(unshare(CLONE_NEWNS), "a mount namespace");
    or_skip(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount --make-rprivate");
}
static void do_user(char **a) {
    char map[64];
    const unsigned user = getuid();
    const unsigned group = getgid();
    (void)a;
    or_skip(unshare(CLONE_NEWUSER), "a user namespace");
    write_to("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "0 %u 1", user);
    write_to("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "0 %u 1", group);
    write_to("/proc/self/gid_map", map);
}
static void do_bind(char **a) { or_skip(mount(a[0], a[1], NULL, MS_BIND, NULL), "mount --bind"); }
static void do_memory(char **a) { or_skip(mount("none", a[0], "tmpfs", 0, NULL), "mount -t tmpfs"); }

// LOWER UPPER WORK AT
static void do_overlay(char **a) {
    char options[3 * 4096];
    snprintf(options, sizeof options, "lowerdir=%s,upperdir=%s,workdir=%s", a[0], a[1], a[2]);
    or_skip(mount("none", a[3], "overlay", 0, options), "mount -t overlay");
}
static void do_chroot(char **a) { or_skip(chroot(a[0]) || chdir("/"), "chroot"); }
// A mount point becomes the root, and what was the root goes.
static void do_pivot(char **a) {
    or_skip(chdir(a[0]), a[0]);
    or_skip((int)syscall(SYS_pivot_root, ".", "."), "pivot_root");
    or_skip(umount2(".", MNT_DETACH) || chdir("/"), "umount");
}

static void do_read(char **a) {
    char hash[HASH_TEXT_SIZE];
    const int fd = open(a[0], O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(a[0]);
    hash_rest(fd, hash);
    say("read", name_here(fd), "read", hash);
    close(fd);
}
static void put(const char *operation, char **a, int flags, const char *access) {
    const int fd = open(a[0], O_WRONLY | O_CLOEXEC | flags, 0644);
    if (fd < 0) fail(a[0]);
    write_all(fd, a[1], strlen(a[1]));
    say(operation, name_here(fd), access, NULL);
    close(fd);
}
static void do_create(char **a) { put("create", a, O_CREAT | O_EXCL, "create write"); }
static void do_append(char **a) { put("append", a, O_APPEND, "write"); }
static void do_rename(char **a) {
    if (rename(a[0], a[1])) fail("rename");
    say("rename", a[0], "rename", NULL);
    say("rename", a[1], "rename", NULL);
}

int main(int argc, char **argv) {
    static const struct operation operations[] = {
        {"private", 0, do_private}, {"user", 0, do_user},     {"bind", 2, do_bind},     {"memory", 1, do_memory},
        {"overlay", 4, do_overlay}, {"chroot", 1, do_chroot}, {"pivot", 1, do_pivot},   {"read", 1, do_read},
        {"create", 2, do_create},   {"append", 2, do_append}, {"rename", 2, do_rename}, {"stay", 1, do_stay},
    };
    descriptors = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptors < 0) fail("/proc/self/fd");
    return do_operations(operations, sizeof operations / sizeof *operations, argc, argv);
}
