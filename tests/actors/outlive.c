// SPDX-License-Identifier: Apache-2.0
// outlive FIFO BEFORE AFTER: leaves a daemon behind by a double fork and setsid, prints its pid and ends. The daemon creates
// the file BEFORE before this program ends, then waits until somebody has opened FIFO for writing and closed it again,
// creates AFTER and ends.
#define _GNU_SOURCE
#include <sys/wait.h>

#include "truth.h"

static void create(const char *path) {
    const int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0) _exit(99);
    write_all(fd, "daemon\n", 7);
    close(fd);
}

int main(int argc, char **argv) {
    int ready[2];
    if (argc != 4 || pipe2(ready, O_CLOEXEC)) return 2;
    const pid_t middle = fork();
    if (middle < 0) fail("fork");
    if (middle == 0) {
        setsid();
        const pid_t child = fork();
        if (child != 0) _exit(child < 0);
        const int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
        create(argv[2]);
        const pid_t self = getpid();
        write_all(ready[1], &self, sizeof self);
        alarm(120);
        char byte;
        const int fifo = open(argv[1], O_RDONLY);
        while (read(fifo, &byte, 1) > 0) continue;
        create(argv[3]);
        _exit(0);
    }
    int status;
    pid_t daemon_pid;
    if (waitpid(middle, &status, 0) != middle || status) fail("the middle process");
    if (read(ready[0], &daemon_pid, sizeof daemon_pid) != sizeof daemon_pid) fail("the daemon");
    printf("{\"pid\":%d,\"daemon\":%d}\n", getpid(), daemon_pid);
    return 0;
}
