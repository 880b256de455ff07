// SPDX-License-Identifier: Apache-2.0
// descriptors: files that come without being opened, and bytes that move without being read or written.
#define _GNU_SOURCE
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "operations.h"

static int descriptor_in(struct msghdr *message) {
    int fd = -1;
    struct cmsghdr *header = CMSG_FIRSTHDR(message);
    if (!header || header->cmsg_type != SCM_RIGHTS) fail("no descriptor came");
    memcpy(&fd, CMSG_DATA(header), sizeof fd);
    return fd;
}

static int connected(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) fail(path);
    memcpy(address.sun_path, path, strlen(path));
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr*)&address, sizeof address)) fail(path);
    return fd;
}

union room {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

// SOCKET: where a message with a descriptor waits.
static void do_receive(char **a) {
    char byte;
    union room room;
    struct iovec vector = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &vector, .msg_iovlen = 1, .msg_control = room.bytes, .msg_controllen = sizeof room.bytes};
    if (recvmsg(connected(a[0]), &message, 0) < 0) fail("recvmsg");
    say_read("receive", descriptor_in(&message), "receive read");
}

// SOCKET: where two such messages wait, taken in one call.
static void do_receive_two(char **a) {
    char bytes[2];
    union room rooms[2];
    struct iovec vectors[2] = {{bytes, 1}, {bytes + 1, 1}};
    struct mmsghdr messages[2] = {0};
    for (int i = 0; i < 2; i++) {
        messages[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i],
                                              .msg_iovlen = 1,
                                              .msg_control = rooms[i].bytes,
                                              .msg_controllen = sizeof rooms[i].bytes};
    }
    if (recvmmsg(connected(a[0]), messages, 2, 0, NULL) != 2) fail("recvmmsg");
    for (int i = 0; i < 2; i++) say_read("receive_two", descriptor_in(&messages[i].msg_hdr), "receive read");
}

// PID DESCRIPTOR: of a process elsewhere.
static void do_take(char **a) {
    const int process = (int)syscall(SYS_pidfd_open, atoi(a[0]), 0);
    if (process < 0) fail("pidfd_open");
    say_read("take", (int)syscall(SYS_pidfd_getfd, process, atoi(a[1]), 0), "receive read");
}

// PID ADDRESS: bytes of a process elsewhere.
static void do_peer_memory(char **a) {
    char bytes[16];
    struct iovec here = {bytes, sizeof bytes};
    struct iovec there = {(void*)strtoull(a[1], NULL, 0), sizeof bytes};
    if (process_vm_readv(atoi(a[0]), &here, 1, &there, 1, 0) != sizeof bytes) fail("process_vm_readv");
    printf("{\"pid\":%d,\"operation\":\"peer_memory\",\"path\":\"\",\"access\":\"\"}\n", getpid());
}

static void between(char **a, const char *operation, ssize_t (*move)(int from, int to)) {
    const int from = open(a[0], O_RDONLY | O_CLOEXEC);
    const int to = open(a[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    ssize_t moved;
    if (from < 0 || to < 0) fail(operation);
    while ((moved = move(from, to)) > 0) continue;
    if (moved < 0) fail(operation);
    say(operation, name_of(from), "read", NULL);
    say(operation, name_of(to), "create write", NULL);
    close(from);
    close(to);
}

static ssize_t by_sendfile(int from, int to) { return sendfile(to, from, NULL, 1 << 20); }
static ssize_t by_copy(int from, int to) { return copy_file_range(from, NULL, to, NULL, 1 << 20, 0); }
static ssize_t by_splice(int from, int to) {
    int ends[2];
    if (pipe(ends)) fail("pipe");
    const ssize_t in = splice(from, NULL, ends[1], NULL, 4096, 0);
    const ssize_t out = in > 0 ? splice(ends[0], NULL, to, NULL, (size_t)in, 0) : in;
    close(ends[0]);
    close(ends[1]);
    return out;
}

static void do_sendfile(char **a) { between(a, "sendfile", by_sendfile); }
static void do_copy(char **a) { between(a, "copy", by_copy); }
static void do_splice(char **a) { between(a, "splice", by_splice); }
static void do_inherited(char **a) { say_read("inherited", atoi(a[0]), "inherit read"); }

int main(int argc, char **argv) {
    static const struct operation operations[] = {
        {"receive", 1, do_receive},         {"receive_two", 1, do_receive_two}, {"take", 2, do_take},
        {"peer_memory", 2, do_peer_memory}, {"sendfile", 2, do_sendfile},       {"copy", 2, do_copy},
        {"splice", 2, do_splice},           {"inherited", 1, do_inherited},
    };
    return do_operations(operations, sizeof operations / sizeof *operations, argc, argv);
}
