// SPDX-License-Identifier: Apache-2.0
// exec_storm COUNT PROGRAM: forks and executes PROGRAM COUNT times, one after the other.
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    for (long left = atol(argv[1]); left > 0; left--) {
        const pid_t child = fork();
        if (child < 0) return 1;
        if (child == 0) {
            execl(argv[2], argv[2], (char *)NULL);
            _exit(127);
        }
        int status;
        if (waitpid(child, &status, 0) != child || status != 0) return 1;
    }
    return 0;
}
