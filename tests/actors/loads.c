// SPDX-License-Identifier: Apache-2.0
// loads: every way to get code into a process without executing a program.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include "operations.h"

static int open_or_fail(const char *path) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(path);
    return fd;
}

static void load(const char *path) {
    if (!dlopen(path, RTLD_NOW | RTLD_LOCAL)) {
        fprintf(stderr, "actor: %s\n", dlerror());
        exit(99);
    }
}

static void load_descriptor(int fd) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    load(link);
}

static void do_library(char **a) {
    load(a[0]);
    say("library", a[0], "read load", NULL);
}

// Of a descriptor that was open already, then closed.
static void do_descriptor(char **a) {
    const int fd = open_or_fail(a[0]);
    load_descriptor(fd);
    say("descriptor", name_of(fd), "read load", NULL);
    close(fd);
}

static void do_deleted(char **a) {
    load(a[0]);
    if (unlink(a[0])) fail("unlink");
    say("deleted", a[0], "read load unlink", NULL);
}

static void do_protect(char **a) {
    const int fd = open_or_fail(a[0]);
    void *map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED || mprotect(map, 4096, PROT_READ | PROT_EXEC)) fail("mprotect");
    say("protect", name_of(fd), "read load", NULL);
    close(fd);
}

// FROM NAME: its content in memory that never was a file on a disk. It stays for as long as the process.
static void do_memory(char **a) {
    char name[300];
    char hash[HASH_TEXT_SIZE];
    const int from = open_or_fail(a[0]);
    const int memory = memfd_create(a[1], 0);
    if (memory < 0) fail("memfd_create");
    while (sendfile(memory, from, NULL, 1 << 20) > 0) continue;
    say("memory", name_of(from), "read", NULL);
    load_descriptor(memory);
    lseek(memory, 0, SEEK_SET);
    hash_rest(memory, hash);
    snprintf(name, sizeof name, "/memfd:%s", a[1]);
    say("memory", name, "create write read load", hash);
}

// What a loader of one's own does: no mapping of the file is ever executable.
static void do_private(char **a) {
    char hash[HASH_TEXT_SIZE];
    const int fd = open_or_fail(a[0]);
    const off_t size = lseek(fd, 0, SEEK_END);
    char *code = mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED || pread(fd, code, (size_t)size, 0) != size) fail("read");
    if (mprotect(code, (size_t)size, PROT_READ | PROT_EXEC)) fail("mprotect");
    lseek(fd, 0, SEEK_SET);
    hash_rest(fd, hash);
    say("private", name_of(fd), "read", hash);
    close(fd);
}

int main(int argc, char **argv) {
    static const struct operation operations[] = {
        {"library", 1, do_library}, {"descriptor", 1, do_descriptor}, {"deleted", 1, do_deleted},
        {"protect", 1, do_protect}, {"memory", 2, do_memory},         {"private", 1, do_private},
        {"stay", 1, do_stay},
    };
    return do_operations(operations, sizeof operations / sizeof *operations, argc, argv);
}
