// SPDX-License-Identifier: Apache-2.0
// self: prints everything that a process can see of how it was started, one fact a line. Two starts that are alike print
// the same. Pipes and sockets are named by kind alone, since each start has its own.
#define _GNU_SOURCE
#include <dirent.h>
#include <sched.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "truth.h"

static void lines_of(const char *path, const char *const *wanted) {
    char line[4096];
    FILE *file = fopen(path, "re");
    if (!file) fail(path);
    while (fgets(line, sizeof line, file)) {
        for (const char *const *word = wanted; *word; word++) {
            if (!strncmp(line, *word, strlen(*word))) printf("%s: %s", path, line);
        }
    }
    fclose(file);
}

int main(int argc, char **argv) {
    static const char *const status[] = {"Umask", "Uid", "Gid", "Groups", "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm",
                                         "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp", "Threads", "TracerPid",
                                         "Cpus_allowed:", "THP_enabled", "CoreDumping", NULL};
    static const char *const all[] = {"", NULL};
    for (int i = 0; i < argc; i++) printf("argument %d %s\n", i, argv[i]);
    for (char **variable = environ; *variable; variable++) printf("environment %s\n", *variable);
    char cwd[4096];
    printf("directory %s\n", getcwd(cwd, sizeof cwd) ? cwd : "?");

    DIR *directory = opendir("/proc/self/fd");
    if (!directory) fail("/proc/self/fd");
    for (struct dirent *entry; (entry = readdir(directory));) {
        const int fd = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fd == dirfd(directory)) continue;
        char name[4096 + 1];
        snprintf(name, sizeof name, "%s", name_of(fd));
        char *inode = strstr(name, ":[");
        if (inode && name[0] != '/') *inode = 0;
        printf("descriptor %d %s flags %o %o position %ld\n", fd, name, (unsigned)fcntl(fd, F_GETFL),
               (unsigned)fcntl(fd, F_GETFD), (long)lseek(fd, 0, SEEK_CUR));
    }
    closedir(directory);

    for (int resource = 0; resource < RLIM_NLIMITS; resource++) {
        struct rlimit limit;
        if (!getrlimit((__rlimit_resource_t)resource, &limit)) {
            printf("limit %d %llu %llu\n", resource, (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
        }
    }
    lines_of("/proc/self/status", status);
    lines_of("/proc/self/oom_score_adj", all);
    lines_of("/proc/self/coredump_filter", all);
    lines_of("/proc/self/timerslack_ns", all);
    lines_of("/proc/self/cgroup", all);
    for (int number = 1; number < NSIG; number++) {
        struct sigaction action;
        if (!sigaction(number, NULL, &action) && action.sa_handler != SIG_DFL) printf("signal %d is not default\n", number);
    }
    sigset_t pending;
    sigpending(&pending);
    for (int number = 1; number < NSIG; number++) {
        if (sigismember(&pending, number) == 1) printf("signal %d is pending\n", number);
    }
    struct itimerval timer;
    getitimer(ITIMER_REAL, &timer);
    printf("timer %ld %ld\n", (long)timer.it_value.tv_sec, (long)timer.it_value.tv_usec);
    printf("nice %d\n", getpriority(PRIO_PROCESS, 0));
    printf("scheduler %d\n", sched_getscheduler(0));
    printf("personality %x\n", (unsigned)personality(0xffffffff));
    printf("group %d session %d\n", getpgrp(), getsid(0));
    printf("terminal %d %d %d\n", isatty(0), isatty(1), isatty(2));
    printf("foreground %d\n", tcgetpgrp(0) == getpgrp());
    printf("dumpable %d keepcaps %d subreaper ", prctl(PR_GET_DUMPABLE), prctl(PR_GET_KEEPCAPS));
    int subreaper = 0;
    int death = 0;
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    prctl(PR_GET_PDEATHSIG, &death);
    printf("%d death signal %d\n", subreaper, death);

    char line[4096];
    while (fgets(line, sizeof line, stdin)) printf("stdin %s", line);
    return 0;
}
