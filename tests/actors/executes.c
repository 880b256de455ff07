// SPDX-License-Identifier: Apache-2.0
// executes: every way to have a program run, each of which must be given the whole path of one that needs no arguments.
#define _GNU_SOURCE
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "operations.h"

static void await(pid_t child, const char *what) {
    int status;
    if (child < 0) fail(what);
    if (waitpid(child, &status, 0) != child) fail("waitpid");
    if (!WIFEXITED(status) || WEXITSTATUS(status) == 99) exit(99);
}

static void in_child(const char *what, void (*function)(char**), char **a) {
    const pid_t child = fork();
    if (child == 0) {
        function(a);
        fail(what);
    }
    await(child, what);
    say(what, a[0], "execute", NULL);
}

static void execute(char **a) {
    char *argv[] = {a[0], NULL};
    execv(a[0], argv);
}
static void execute_descriptor(char **a) {
    char *argv[] = {a[0], NULL};
    const int fd = open(a[0], O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(a[0]);
    syscall(SYS_execveat, fd, "", argv, environ, AT_EMPTY_PATH);
}
static void *execute_in_thread(void *a) {
    execute(a);
    fail("execv");
}
static void execute_from_thread(char **a) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, execute_in_thread, a)) fail("pthread_create");
    pthread_join(thread, NULL);
}
static void execute_loader(char **a) {
    char *argv[] = {a[0], a[1], NULL};
    execv(a[0], argv);
}

static void do_execve(char **a) { in_child("execve", execute, a); }
static void do_execveat(char **a) { in_child("execveat", execute_descriptor, a); }
static void do_from_thread(char **a) { in_child("from_thread", execute_from_thread, a); }
static void do_loader(char **a) { in_child("loader", execute_loader, a); }

static void do_memory(char **a) {
    const int from = open(a[0], O_RDONLY | O_CLOEXEC);
    const int memory = memfd_create(a[1], MFD_CLOEXEC);
    if (from < 0 || memory < 0) fail(a[0]);
    while (sendfile(memory, from, NULL, 1 << 20) > 0) continue;
    const pid_t child = fork();
    if (child == 0) {
        char *argv[] = {a[1], NULL};
        fexecve(memory, argv, environ);
        fail("fexecve");
    }
    await(child, "fork");
    say("memory", a[1], "execute", NULL);
}

static void do_spawn(char **a) {
    char *argv[] = {a[0], NULL};
    pid_t child;
    errno = posix_spawn(&child, a[0], NULL, NULL, argv, environ);
    if (errno) fail(a[0]);
    await(child, "posix_spawn");
    say("spawn", a[0], "execute", NULL);
}

static void do_vfork(char **a) {
    char *argv[] = {a[0], NULL};
    const pid_t child = vfork();
    if (child == 0) {
        execv(a[0], argv);
        _exit(99);
    }
    await(child, "vfork");
    say("vfork", a[0], "execute", NULL);
}

// PROGRAM CGROUP
static void do_into_cgroup(char **a) {
    char *argv[] = {a[0], NULL};
    const int cgroup = open(a[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (cgroup < 0) fail(a[1]);
    struct clone_args how = {.flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)cgroup};
    const pid_t child = (pid_t)syscall(SYS_clone3, &how, sizeof how);
    if (child == 0) {
        execv(a[0], argv);
        _exit(99);
    }
    await(child, "clone3");
    say("into_cgroup", a[0], "execute", NULL);
}

int main(int argc, char **argv) {
    static const struct operation operations[] = {
        {"execve", 1, do_execve}, {"execveat", 1, do_execveat},       {"from_thread", 1, do_from_thread},
        {"loader", 2, do_loader}, {"memory", 2, do_memory},           {"spawn", 1, do_spawn},
        {"vfork", 1, do_vfork},   {"into_cgroup", 2, do_into_cgroup},
    };
    return do_operations(operations, sizeof operations / sizeof *operations, argc, argv);
}
