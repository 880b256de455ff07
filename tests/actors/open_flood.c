// SPDX-License-Identifier: Apache-2.0
// open_flood make DIR FILES         makes DIR/DDD/NNNNNN, each holding its own number and a newline
// open_flood open DIR FILES OPENS   opens, reads and closes them, round and round, until OPENS opens were made
#define _GNU_SOURCE
#include "truth.h"

static void path_of(char *path, size_t size, const char *directory, long number) {
    snprintf(path, size, "%s/%03ld/%06ld", directory, number / 1000, number);
}

int main(int argc, char **argv) {
    char path[4096];
    char text[32];
    if (argc == 4 && !strcmp(argv[1], "make")) {
        const long files = atol(argv[3]);
        for (long i = 0; i < files; i++) {
            if (i % 1000 == 0) {
                snprintf(path, sizeof path, "%s/%03ld", argv[2], i / 1000);
                if (mkdir(path, 0755)) fail(path);
            }
            path_of(path, sizeof path, argv[2], i);
            const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
            if (fd < 0) fail(path);
            write_all(fd, text, (size_t)snprintf(text, sizeof text, "%ld\n", i));
            close(fd);
        }
        return 0;
    }
    if (argc == 5 && !strcmp(argv[1], "open")) {
        const long files = atol(argv[3]);
        const long opens = atol(argv[4]);
        for (long i = 0; i < opens; i++) {
            path_of(path, sizeof path, argv[2], i % files);
            const int fd = open(path, O_RDONLY);
            if (fd < 0) fail(path);
            if (read(fd, text, sizeof text) <= 0) fail("read");
            close(fd);
        }
        printf("{\"pid\":%d,\"files\":%ld,\"opens\":%ld}\n", getpid(), files, opens);
        return 0;
    }
    fprintf(stderr, "usage: open_flood make DIR FILES | open_flood open DIR FILES OPENS\n");
    return 2;
}
