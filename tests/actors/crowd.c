// SPDX-License-Identifier: Apache-2.0
// crowd threads N DIRECTORY: N threads that are there all at once, each of which reads a file of its own,
// DIRECTORY/<number>. crowd bomb LIMIT DEPTH FILE LOG: every process forks two more, DEPTH deep, as far as LIMIT
// processes of this user allow; each reads FILE and appends a line to LOG. crowd refused FILE OTHER: after a hundred forks
// that fail for want of processes it reads FILE, and a child that may be made again reads OTHER.
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "truth.h"

static pthread_barrier_t together;
static const char *directory;

static void read_once(const char *path) {
    char buffer[256];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(path);
    if (read(fd, buffer, sizeof buffer) < 0) fail("read");
    close(fd);
}

static void *reader(void *number) {
    char path[4096];
    pthread_barrier_wait(&together);
    snprintf(path, sizeof path, "%s/%ld", directory, (long)number);
    read_once(path);
    pthread_barrier_wait(&together);
    return NULL;
}

static void threads(long count) {
    pthread_t *thread = calloc((size_t)count, sizeof *thread);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    pthread_barrier_init(&together, NULL, (unsigned)count);
    for (long i = 0; i < count; i++) {
        if ((errno = pthread_create(&thread[i], &small, reader, (void*)i))) fail("pthread_create");
    }
    for (long i = 0; i < count; i++) pthread_join(thread[i], NULL);
    free(thread);
}

static void bomb(int depth, const char *file, int log) {
    char line[32];
    read_once(file);
    write_all(log, line, (size_t)snprintf(line, sizeof line, "%d\n", getpid()));
    for (int i = 0; i < 2 && depth > 0; i++) {
        const pid_t child = fork();
        if (child < 0 && errno != EAGAIN) fail("fork");
        if (child == 0) {
            bomb(depth - 1, file, log);
            _exit(0);
        }
    }
    while (wait(NULL) > 0) continue;
}

static void refused(const char *file, const char *other) {
    struct rlimit before, none;
    if (getrlimit(RLIMIT_NPROC, &before)) fail("getrlimit");
    none = (struct rlimit){0, before.rlim_max};
    if (setrlimit(RLIMIT_NPROC, &none)) fail("setrlimit");
    for (int i = 0; i < 100; i++)
        if (fork() >= 0 || errno != EAGAIN) fail("a fork that has to fail");
    read_once(file);
    if (setrlimit(RLIMIT_NPROC, &before)) fail("setrlimit");
    const pid_t child = fork();
    if (child < 0) fail("fork");
    if (child == 0) {
        read_once(other);
        _exit(0);
    }
    if (waitpid(child, NULL, 0) != child) fail("waitpid");
}

int main(int argc, char **argv) {
    if (argc == 4 && !strcmp(argv[1], "threads")) {
        directory = argv[3];
        threads(atol(argv[2]));
        return 0;
    }
    if (argc == 6 && !strcmp(argv[1], "bomb")) {
        const struct rlimit limit = {(rlim_t)atol(argv[2]), (rlim_t)atol(argv[2])};
        const int log = open(argv[5], O_WRONLY | O_APPEND | O_CLOEXEC);
        if (log < 0 || setrlimit(RLIMIT_NPROC, &limit)) fail(argv[5]);
        bomb(atoi(argv[3]), argv[4], log);
        return 0;
    }
    if (argc == 4 && !strcmp(argv[1], "refused")) {
        refused(argv[2], argv[3]);
        return 0;
    }
    return 2;
}
