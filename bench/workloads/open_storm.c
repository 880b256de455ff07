// SPDX-License-Identifier: Apache-2.0
// open_storm make DIR FILES          makes the files
// open_storm run DIR FILES OPENS     opens, reads and closes them in turn until OPENS opens were made
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv) {
    char path[4096];
    char content[128] = "storm\n";
    const int make = argc == 4 && !strcmp(argv[1], "make");
    if (!make && !(argc == 5 && !strcmp(argv[1], "run"))) return 2;
    const long files = atol(argv[3]);
    const long opens = make ? files : atol(argv[4]);
    for (long i = 0; i < opens; i++) {
        const long file = i % files;
        if (make && file % 1000 == 0) {
            snprintf(path, sizeof path, "%s/%03ld", argv[2], file / 1000);
            if (mkdir(path, 0755)) return 1;
        }
        snprintf(path, sizeof path, "%s/%03ld/%06ld", argv[2], file / 1000, file);
        const int fd = open(path, make ? O_WRONLY | O_CREAT | O_EXCL : O_RDONLY, 0644);
        if (fd < 0) return 1;
        if ((make ? write(fd, content, sizeof content) : read(fd, content, sizeof content)) <= 0) return 1;
        close(fd);
    }
    return 0;
}
