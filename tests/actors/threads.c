// SPDX-License-Identifier: Apache-2.0
// threads COUNT FILE…: COUNT threads of this process, all at once, each read every FILE once.
#define _GNU_SOURCE
#include <pthread.h>

#include "truth.h"

static char **files;
static pthread_barrier_t start;

static void *reader(void *unused) {
    char buffer[256];
    (void)unused;
    pthread_barrier_wait(&start);
    for (char **file = files; *file; file++) {
        const int fd = open(*file, O_RDONLY);
        if (fd < 0) fail(*file);
        if (read(fd, buffer, sizeof buffer) < 0) fail("read");
        close(fd);
    }
    return NULL;
}

int main(int argc, char **argv) {
    pthread_t thread[256];
    const int count = argc > 2 ? atoi(argv[1]) : 0;
    if (count < 1 || count > 256) return 2;
    files = argv + 2;
    pthread_barrier_init(&start, NULL, (unsigned)count);
    for (int i = 0; i < count; i++) {
        if ((errno = pthread_create(&thread[i], NULL, reader, NULL))) fail("pthread_create");
    }
    for (int i = 0; i < count; i++) pthread_join(thread[i], NULL);
    for (char **file = files; *file; file++) say("threads", *file, "read", NULL);
    return 0;
}
