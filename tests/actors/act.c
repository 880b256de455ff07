// SPDX-License-Identifier: Apache-2.0
// act OPERATION ARG… [OPERATION ARG…]…
// Does each operation in turn, in this one process, and prints the truth about it. `act` alone lists the operations.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>

#include "operations.h"
#include "sockets.h"

static char hash[HASH_TEXT_SIZE];

static int open_or_fail(const char *path, int flags) {
    const int fd = open(path, flags | O_CLOEXEC, 0644);
    if (fd < 0) fail(path);
    return fd;
}

static void say_open(const char *operation, int fd, const char *access) { say(operation, name_of(fd), access, NULL); }

static void do_read(char **a) {
    const int fd = open_or_fail(a[0], O_RDONLY);
    hash_rest(fd, hash);
    say("read", name_of(fd), "read", hash);
    close(fd);
}

static void do_peek(char **a) {
    const int fd = open_or_fail(a[0], O_RDONLY);
    char byte;
    if (read(fd, &byte, 1) != 1) fail("read");
    say_open("peek", fd, "read");
    close(fd);
}

static void do_update(char **a) {
    const int fd = open_or_fail(a[0], O_RDWR);
    hash_rest(fd, hash);
    if (lseek(fd, 0, SEEK_SET) != 0) fail("lseek");
    write_all(fd, a[1], strlen(a[1]));
    say("update", name_of(fd), "read write", hash);
    close(fd);
}

static void put(const char *operation, const char *path, int flags, const char *text, const char *access) {
    const int fd = open_or_fail(path, flags);
    write_all(fd, text, strlen(text));
    say_open(operation, fd, access);
    close(fd);
}

static void do_create(char **a) { put("create", a[0], O_WRONLY | O_CREAT | O_EXCL, a[1], "create write"); }
static void do_rewrite(char **a) { put("rewrite", a[0], O_WRONLY | O_TRUNC, a[1], "write truncate"); }
static void do_overwrite(char **a) { put("overwrite", a[0], O_WRONLY, a[1], "write"); }
static void do_append(char **a) { put("append", a[0], O_WRONLY | O_APPEND, a[1], "write"); }

static void do_map_write(char **a) {
    const int fd = open_or_fail(a[0], O_RDWR);
    char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) fail("mmap");
    memcpy(map, a[1], strlen(a[1]));
    say_open("map_write", fd, "read write");
    close(fd);
    munmap(map, 4096);
}

// A mapping that stays: the second store into its page comes without a fault, and moves no time.
static char *kept_map;
static void do_map_keep(char **a) {
    const int fd = open_or_fail(a[0], O_RDWR);
    kept_map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (kept_map == MAP_FAILED) fail("mmap");
    memcpy(kept_map, a[1], strlen(a[1]));
    say_open("map_keep", fd, "read write");
    close(fd);
}
static void do_map_store(char **a) {
    if (!kept_map) fail("map_store before map_keep");
    memcpy(kept_map, a[0], strlen(a[0]));
}

static void map_executable(const char *operation, const char *path, int at_first) {
    const int fd = open_or_fail(path, O_RDONLY);
    void *map = mmap(NULL, 4096, PROT_READ | at_first, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) fail("mmap");
    say_open(operation, fd, "read load");
    close(fd);
    if (!at_first && mprotect(map, 4096, PROT_READ | PROT_EXEC)) fail("mprotect");
    munmap(map, 4096);
}
static void do_map_execute(char **a) { map_executable("map_execute", a[0], PROT_EXEC); }
static void do_protect_execute(char **a) { map_executable("protect_execute", a[0], 0); }

static void do_dlopen(char **a) {
    if (!dlopen(a[0], RTLD_NOW)) {
        fprintf(stderr, "actor: %s\n", dlerror());
        exit(99);
    }
    say("dlopen", a[0], "read load", NULL);
}

static void do_exchange(char **a) {
    if (renameat2(AT_FDCWD, a[0], AT_FDCWD, a[1], RENAME_EXCHANGE)) fail("renameat2");
    say("exchange", a[0], "rename", NULL);
    say("exchange", a[1], "rename", NULL);
}

static void do_rename(char **a) {
    if (rename(a[0], a[1])) fail("rename");
    say("rename", a[1], "rename", NULL);
}
static void do_link(char **a) {
    if (link(a[0], a[1])) fail("link");
    say("link", a[1], "link", NULL);
}
static void do_symlink(char **a) {
    if (symlink(a[0], a[1])) fail("symlink");
    say("symlink", a[1], "create", NULL);
}
static void do_unlink(char **a) {
    if (unlink(a[0])) fail("unlink");
    say("unlink", a[0], "unlink", NULL);
}
static void do_mkdir(char **a) {
    if (mkdir(a[0], 0755)) fail("mkdir");
    say("mkdir", a[0], "create", NULL);
}
static void do_mkfifo(char **a) {
    if (mkfifo(a[0], 0644)) fail("mkfifo");
    say("mkfifo", a[0], "create", NULL);
}
static void do_truncate(char **a) {
    if (truncate(a[0], atol(a[1]))) fail("truncate");
    say("truncate", a[0], "truncate", NULL);
}
static void do_chdir(char **a) {
    if (chdir(a[0])) fail(a[0]);
}

static void do_copy(char **a) {
    const int from = open_or_fail(a[0], O_RDONLY);
    const int to = open_or_fail(a[1], O_WRONLY | O_CREAT | O_EXCL);
    while (copy_file_range(from, NULL, to, NULL, 1 << 20, 0) > 0) continue;
    say_open("copy", from, "read");
    say_open("copy", to, "create write");
    close(from);
    close(to);
}
static void do_sendfile(char **a) {
    const int from = open_or_fail(a[0], O_RDONLY);
    const int to = open_or_fail(a[1], O_WRONLY | O_CREAT | O_EXCL);
    while (sendfile(to, from, NULL, 1 << 20) > 0) continue;
    say_open("sendfile", from, "read");
    say_open("sendfile", to, "create write");
    close(from);
    close(to);
}

// What was written last stays behind an old modification time.
static void do_set_mtime(char **a) {
    const struct timespec times[2] = {{.tv_sec = atol(a[1])}, {.tv_sec = atol(a[1])}};
    if (utimensat(AT_FDCWD, a[0], times, 0)) fail("utimensat");
}

static void do_read_descriptor(char **a) {
    const int fd = atoi(a[0]);
    hash_rest(fd, hash);
    say("read_descriptor", name_of(fd), "inherit read", hash);
}
static void do_look(char **a) {
    const int fd = open_or_fail(a[0], O_PATH);
    struct stat status;
    if (fstat(fd, &status)) fail("fstat");
    close(fd);
}

static void do_sleep(char **a) {
    const long milliseconds = atol(a[0]);
    const struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

// Says so and waits until a line comes in.
static void do_pause(char **a) {
    char byte = 0;
    (void)a;
    printf("paused\n");
    fflush(stdout);
    while (read(0, &byte, 1) == 1 && byte != '\n') continue;
}

static void do_tcp(char **a) {
    const struct sockaddr_in address = internet(a);
    const int fd = socket_or_fail(AF_INET, SOCK_STREAM);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address)) fail("connect");
    say("tcp", a[1], "connect", NULL);
    close(fd);
}
static void do_udp(char **a) {
    const struct sockaddr_in address = internet(a);
    const int fd = socket_or_fail(AF_INET, SOCK_DGRAM);
    if (sendto(fd, "x", 1, 0, (const struct sockaddr *)&address, sizeof address) != 1) fail("sendto");
    say("udp", a[1], "connect", NULL);
    close(fd);
}
static void do_unix(char **a) {
    const struct sockaddr_un address = local(a[0]);
    const int fd = socket_or_fail(AF_UNIX, SOCK_STREAM);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address)) fail("connect");
    say("unix", a[0], "connect", NULL);
    close(fd);
}

// A child that never executes anything writes.
static void do_fork_create(char **a) {
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        do_create(a);
        _exit(0);
    }
    int status;
    if (waitpid(child, &status, 0) != child || status != 0) fail("the child");
}

static void do_memfd_execute(char **a) {
    const int from = open_or_fail(a[0], O_RDONLY);
    const int memory = memfd_create(a[1], MFD_CLOEXEC);
    if (memory < 0) fail("memfd_create");
    while (sendfile(memory, from, NULL, 1 << 20) > 0) continue;
    hash_rest(from, hash);
    if (lseek(memory, 0, SEEK_SET) != 0) fail("lseek");
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        char *argv[] = {a[1], NULL};
        fexecve(memory, argv, environ);
        fail("fexecve");
    }
    int status;
    if (waitpid(child, &status, 0) != child) fail("waitpid");
    lseek(from, 0, SEEK_SET);
    hash_rest(from, hash);
    char name[300];
    snprintf(name, sizeof name, "/memfd:%s", a[1]);
    say("memfd_execute", name, "execute", hash);
    close(from);
    close(memory);
}

static void do_signal(char **a) {
    kill(getpid(), atoi(a[0]));
}
static void do_exit(char **a) { exit(atoi(a[0])); }
static void do_execute(char **a) {
    char *argv[] = {a[0], NULL};
    execv(a[0], argv);
    fail(a[0]);
}

static const struct operation operations[] = {
    {"read", 1, do_read},
    {"peek", 1, do_peek},
    {"update", 2, do_update},
    {"create", 2, do_create},
    {"rewrite", 2, do_rewrite},
    {"overwrite", 2, do_overwrite},
    {"append", 2, do_append},
    {"map_write", 2, do_map_write},
    {"map_keep", 2, do_map_keep},
    {"map_store", 1, do_map_store},
    {"map_execute", 1, do_map_execute},
    {"protect_execute", 1, do_protect_execute},
    {"dlopen", 1, do_dlopen},
    {"rename", 2, do_rename},
    {"exchange", 2, do_exchange},
    {"link", 2, do_link},
    {"symlink", 2, do_symlink},
    {"unlink", 1, do_unlink},
    {"mkdir", 1, do_mkdir},
    {"mkfifo", 1, do_mkfifo},
    {"truncate", 2, do_truncate},
    {"chdir", 1, do_chdir},
    {"copy", 2, do_copy},
    {"sendfile", 2, do_sendfile},
    {"set_mtime", 2, do_set_mtime},
    {"read_descriptor", 1, do_read_descriptor},
    {"look", 1, do_look},
    {"sleep", 1, do_sleep},
    {"pause", 0, do_pause},
    {"tcp", 2, do_tcp},
    {"udp", 2, do_udp},
    {"unix", 1, do_unix},
    {"fork_create", 2, do_fork_create},
    {"memfd_execute", 2, do_memfd_execute},
    {"signal", 1, do_signal},
    {"exit", 1, do_exit},
    {"execute", 1, do_execute},
};

int main(int argc, char **argv) { return do_operations(operations, sizeof operations / sizeof *operations, argc, argv); }
