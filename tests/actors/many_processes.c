// SPDX-License-Identifier: Apache-2.0
// many_processes COUNT: executes itself COUNT times by vfork, one after the other; each child has its number as its
// argument and lives well under a millisecond.
#define _GNU_SOURCE
#include <sys/wait.h>
#include <time.h>

#include "truth.h"

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
    if (argc == 3) _exit(atoi(argv[2]) & 63);  // a child: many_processes child NUMBER
    const int count = argc == 2 ? atoi(argv[1]) : 0;
    char number[16];
    char child_word[] = "child";
    char *arguments[] = {argv[0], child_word, number, NULL};
    const double begin = now();
    for (int i = 0; i < count; i++) {
        snprintf(number, sizeof number, "%d", i);
        const pid_t child = vfork();
        if (child < 0) fail("vfork");
        if (child == 0) {
            execv("/proc/self/exe", arguments);
            _exit(127);
        }
        int status;
        if (waitpid(child, &status, 0) != child) fail("waitpid");
        if (!WIFEXITED(status) || WEXITSTATUS(status) != (i & 63)) {
            errno = ECHILD;
            fail("a child ended otherwise than it should");
        }
    }
    printf("{\"pid\":%d,\"processes\":%d,\"seconds\":%.3f}\n", getpid(), count, now() - begin);
    return 0;
}
