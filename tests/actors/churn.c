// SPDX-License-Identifier: Apache-2.0
// churn DIR SECONDS   the same work over and over: opens of 200 files and lines for a log by one process, executions,
//                     connections, datagrams and passed descriptors by another; then says how much of it there was
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>

#include "truth.h"

enum { FILES = 200, PAUSE_MICROSECONDS = 5000 };

static volatile sig_atomic_t over;

static void end(int signal) {
    (void)signal;
    over = 1;
}

static long open_files(const char *directory) {
    char path[4096];
    char text[64];
    long opens = 0;
    while (!over) {
        snprintf(path, sizeof path, "%s/%03ld", directory, opens % FILES);
        const int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0) fail(path);
        if (read(fd, text, sizeof text) <= 0) fail("read");
        close(fd);
        if (++opens % 100000 == 0) {
            snprintf(path, sizeof path, "%s/log", directory);
            const int log = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
            if (log < 0) fail(path);
            write_all(log, text, (size_t)snprintf(text, sizeof text, "%ld\n", opens));
            close(log);
        }
    }
    return opens;
}

static void execute(void) {
    static char *const words[] = {"true", NULL};
    pid_t child;
    int status;
    if (posix_spawn(&child, "/bin/true", NULL, NULL, words, environ)) fail("/bin/true");
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
}

static void talk(const struct sockaddr_in *tcp, const struct sockaddr_in *udp, int listening) {
    const int out = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (out < 0 || connect(out, (const struct sockaddr *)tcp, sizeof *tcp)) fail("connect");
    const int in = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
    if (in < 0) fail("accept");
    close(in);
    close(out);
    const int datagrams = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (datagrams < 0 || sendto(datagrams, "x", 1, 0, (const struct sockaddr *)udp, sizeof *udp) != 1) fail("sendto");
    close(datagrams);
}

static void pass(int descriptor) {
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    char byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) fail("socketpair");
    control.header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control.header), &descriptor, sizeof descriptor);
    if (sendmsg(pair[0], &message, 0) != 1 || recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) != 1) fail("passing a descriptor");
    int passed;
    memcpy(&passed, CMSG_DATA(&control.header), sizeof passed);
    close(passed);
    close(pair[0]);
    close(pair[1]);
}

static int bound(int type, struct sockaddr_in *address) {
    socklen_t size = sizeof *address;
    const int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)address, sizeof *address) || getsockname(fd, (struct sockaddr *)address, &size)) fail("bind");
    return fd;
}

int main(int argc, char **argv) {
    char path[4096];
    if (argc != 3) {
        fprintf(stderr, "usage: churn DIR SECONDS\n");
        return 2;
    }
    for (int i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "%s/%03d", argv[1], i);
        const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0) fail(path);
        write_all(fd, path, strlen(path));
        close(fd);
    }
    signal(SIGTERM, end);
    int counted[2];
    if (pipe2(counted, O_CLOEXEC)) fail("pipe");
    const pid_t files = fork();
    if (files < 0) fail("fork");
    long opens = 0;
    if (files == 0) {
        opens = open_files(argv[1]);
        write_all(counted[1], (const char *)&opens, sizeof opens);
        return 0;
    }
    struct sockaddr_in tcp, udp;
    const int listening = bound(SOCK_STREAM, &tcp);
    bound(SOCK_DGRAM, &udp);
    if (listen(listening, 8)) fail("listen");
    const int shared = open(path, O_RDONLY | O_CLOEXEC);
    const time_t until = time(NULL) + atol(argv[2]);
    long rounds = 0;
    for (; time(NULL) < until; rounds++) {
        execute();
        talk(&tcp, &udp, listening);
        pass(shared);
        usleep(PAUSE_MICROSECONDS);
    }
    kill(files, SIGTERM);
    if (read(counted[0], &opens, sizeof opens) != sizeof opens) fail("counting");
    while (waitpid(files, NULL, 0) < 0 && errno == EINTR) {
    }
    printf("{\"opens\":%ld,\"rounds\":%ld}\n", opens, rounds);
    return 0;
}
