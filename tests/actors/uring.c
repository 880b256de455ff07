// SPDX-License-Identifier: Apache-2.0
// uring [plain|poll|defer] OPERATION ARG… [OPERATION ARG…]…
// Does each operation through an io_uring, in this one process, and prints the truth about it. `poll`: the kernel's thread
// takes the requests; `defer`: completions wait until they are asked for. `uring` alone lists the operations.
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "operations.h"
#include "sockets.h"

#define ENTRIES 16
#define SLOTS 4
#define OP_FTRUNCATE 55 // Linux 6.9

static struct {
    int fd;
    unsigned flags;
    unsigned *sq_tail, *sq_flags, *sq_mask, *sq_array;
    unsigned *cq_head, *cq_tail, *cq_mask;
    struct io_uring_sqe *sqes;
    struct io_uring_cqe *cqes;
    unsigned waiting; // requests that were put and not submitted
} ring;
static unsigned char sqe_flags; // of every request
static char hash[HASH_TEXT_SIZE];

static void set_up(unsigned flags) {
    struct io_uring_params p = {.flags = flags, .sq_thread_idle = 1000};
    ring.fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &p);
    if (ring.fd < 0) fail("io_uring_setup");
    ring.flags = flags;
    char *sq = mmap(NULL, p.sq_off.array + p.sq_entries * 4, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQ_RING);
    char *cq = mmap(NULL, p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe), PROT_READ | PROT_WRITE, MAP_SHARED,
                    ring.fd, IORING_OFF_CQ_RING);
    ring.sqes = mmap(NULL, p.sq_entries * sizeof *ring.sqes, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd, IORING_OFF_SQES);
    if (sq == MAP_FAILED || cq == MAP_FAILED || ring.sqes == MAP_FAILED) fail("mmap");
    ring.sq_tail = (unsigned *)(sq + p.sq_off.tail);
    ring.sq_flags = (unsigned *)(sq + p.sq_off.flags);
    ring.sq_mask = (unsigned *)(sq + p.sq_off.ring_mask);
    ring.sq_array = (unsigned *)(sq + p.sq_off.array);
    ring.cq_head = (unsigned *)(cq + p.cq_off.head);
    ring.cq_tail = (unsigned *)(cq + p.cq_off.tail);
    ring.cq_mask = (unsigned *)(cq + p.cq_off.ring_mask);
    ring.cqes = (struct io_uring_cqe *)(cq + p.cq_off.cqes);
    const int none[SLOTS] = {-1, -1, -1, -1};
    if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, none, SLOTS)) fail("io_uring_register");
}

static struct io_uring_sqe *put(unsigned char opcode, int fd, const void *address, unsigned length, uint64_t offset) {
    const unsigned index = (*ring.sq_tail + ring.waiting) & *ring.sq_mask;
    struct io_uring_sqe *sqe = &ring.sqes[index];
    memset(sqe, 0, sizeof *sqe);
    sqe->opcode = opcode;
    sqe->flags = sqe_flags;
    sqe->fd = fd;
    sqe->addr = (uintptr_t)address;
    sqe->len = length;
    sqe->off = offset;
    sqe->user_data = ring.waiting;
    ring.sq_array[index] = index;
    ring.waiting++;
    return sqe;
}

// All at once: the kernel's thread may be looking, and a chain that it finds the beginning of ends there.
static void publish(void) { __atomic_store_n(ring.sq_tail, *ring.sq_tail + ring.waiting, __ATOMIC_RELEASE); }

// Submits what was put and waits for `completions`, in any order; results by the order of putting.
static void go(unsigned completions, int *results) {
    unsigned enter = IORING_ENTER_GETEVENTS;
    publish();
    if (__atomic_load_n(ring.sq_flags, __ATOMIC_ACQUIRE) & IORING_SQ_NEED_WAKEUP) enter |= IORING_ENTER_SQ_WAKEUP;
    if (syscall(SYS_io_uring_enter, ring.fd, ring.waiting, completions, enter, NULL, 0) < 0) fail("io_uring_enter");
    ring.waiting = 0;
    for (unsigned i = 0; i < completions; i++) {
        const unsigned head = *ring.cq_head;
        while (__atomic_load_n(ring.cq_tail, __ATOMIC_ACQUIRE) == head) {
            if (syscall(SYS_io_uring_enter, ring.fd, 0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_SQ_WAKEUP, NULL, 0) < 0)
                fail("io_uring_enter");
        }
        const struct io_uring_cqe *cqe = &ring.cqes[head & *ring.cq_mask];
        results[cqe->user_data] = cqe->res;
        __atomic_store_n(ring.cq_head, head + 1, __ATOMIC_RELEASE);
    }
}

static int one(const char *what) {
    int result = -1;
    go(1, &result);
    if (result < 0) {
        errno = -result;
        fail(what);
    }
    return result;
}

static struct io_uring_sqe *put_open(const char *path, int flags) {
    struct io_uring_sqe *sqe = put(IORING_OP_OPENAT, AT_FDCWD, path, 0644, 0);
    sqe->open_flags = (unsigned)flags;
    return sqe;
}

// Reads through the ring, and hashes.
static void hash_all(int fd, unsigned char flags) {
    static char bytes[65536];
    struct sha256 sum;
    sha256_begin(&sum);
    for (uint64_t at = 0;;) {
        put(IORING_OP_READ, fd, bytes, sizeof bytes, at)->flags |= flags;
        const int got = one("read");
        if (got == 0) break;
        sha256_add(&sum, bytes, (size_t)got);
        at += (uint64_t)got;
    }
    sha256_end(&sum, hash);
}

static void do_read(char **a) {
    put_open(a[0], O_RDONLY | O_CLOEXEC);
    const int fd = one(a[0]);
    hash_all(fd, 0);
    say("read", name_of(fd), "read", hash);
    close(fd);
}
static void do_read2(char **a) {
    const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_NO_MAGICLINKS};
    put(IORING_OP_OPENAT2, AT_FDCWD, a[0], sizeof how, (uintptr_t)&how);
    const int fd = one(a[0]);
    hash_all(fd, 0);
    say("read2", name_of(fd), "read", hash);
    close(fd);
}
static void write_to(const char *operation, int flags, char **a, const char *access) {
    put_open(a[0], flags | O_CLOEXEC);
    const int fd = one(a[0]);
    put(IORING_OP_WRITE, fd, a[1], (unsigned)strlen(a[1]), 0);
    one("write");
    say(operation, name_of(fd), access, NULL);
    close(fd);
}
static void do_create(char **a) { write_to("create", O_WRONLY | O_CREAT | O_EXCL, a, "create write"); }
static void do_rewrite(char **a) { write_to("rewrite", O_WRONLY | O_TRUNC, a, "write truncate"); }

static void do_slot(char **a) {
    put_open(a[0], O_RDONLY)->file_index = 2;
    one(a[0]);
    hash_all(1, IOSQE_FIXED_FILE);
    say("slot", a[0], "read", hash);
}
static void do_slot_found(char **a) {
    put_open(a[0], O_RDONLY)->file_index = IORING_FILE_INDEX_ALLOC;
    hash_all(one(a[0]), IOSQE_FIXED_FILE);
    say("slot_found", a[0], "read", hash);
}
// One submission: open, read what fits and close, each after the other.
static void do_linked(char **a) {
    static char bytes[4096];
    int results[3];
    struct io_uring_sqe *sqe = put_open(a[0], O_RDONLY);
    sqe->file_index = 1;
    sqe->flags |= IOSQE_IO_LINK;
    put(IORING_OP_READ, 0, bytes, sizeof bytes, 0)->flags |= IOSQE_IO_HARDLINK | IOSQE_FIXED_FILE;
    put(IORING_OP_CLOSE, 0, NULL, 0, 0)->file_index = 1;
    go(3, results);
    if (results[0] || results[1] < 0 || results[2]) fail("a linked request");
    struct sha256 sum;
    sha256_begin(&sum);
    sha256_add(&sum, bytes, (size_t)results[1]);
    sha256_end(&sum, hash);
    say("linked", a[0], "read", hash);
}
// One submission of two opens into the same slot.
static void do_replaced(char **a) {
    int results[2];
    put_open(a[0], O_RDONLY)->file_index = 1;
    put_open(a[1], O_RDONLY)->file_index = 1;
    go(2, results);
    if (results[0] || results[1]) fail("opening two files into a slot");
    say("replaced", a[0], "read", NULL);
    say("replaced", a[1], "read", NULL);
}
// An open whose completion is not wanted.
static void do_silent(char **a) {
    struct io_uring_sqe *sqe = put_open(a[0], O_RDONLY);
    sqe->file_index = 1;
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS | IOSQE_IO_LINK;
    put(IORING_OP_READ, 0, hash, 1, 0)->flags |= IOSQE_FIXED_FILE;
    int results[2] = {-1, -1};
    go(1, results);
    if (results[1] != 1) fail("reading what was opened silently");
    say("silent", a[0], "read", NULL);
}
// A descriptor that open(2) gave.
static void do_bytes(char **a) {
    const int fd = open(a[0], O_RDWR | O_CLOEXEC);
    if (fd < 0) fail(a[0]);
    hash_all(fd, 0);
    put(IORING_OP_WRITE, fd, a[1], (unsigned)strlen(a[1]), 0);
    one("write");
    say("bytes", name_of(fd), "read write", hash);
    close(fd);
}
static void do_truncate(char **a) {
    const int fd = open(a[0], O_WRONLY | O_CLOEXEC);
    if (fd < 0) fail(a[0]);
    put(OP_FTRUNCATE, fd, NULL, 0, (uint64_t)atol(a[1]));
    one("ftruncate");
    say("truncate", name_of(fd), "write", NULL);
    close(fd);
}

static void rename_with(const char *operation, unsigned flags, char **a) {
    put(IORING_OP_RENAMEAT, AT_FDCWD, a[0], (unsigned)AT_FDCWD, (uintptr_t)a[1])->rename_flags = flags;
    one(operation);
    say(operation, a[1], "rename", NULL);
}
static void do_rename(char **a) { rename_with("rename", 0, a); }
static void do_exchange(char **a) {
    rename_with("exchange", RENAME_EXCHANGE, a);
    say("exchange", a[0], "rename", NULL);
}
static void do_link(char **a) {
    put(IORING_OP_LINKAT, AT_FDCWD, a[0], (unsigned)AT_FDCWD, (uintptr_t)a[1]);
    one("link");
    say("link", a[1], "link", NULL);
}
static void do_symlink(char **a) {
    put(IORING_OP_SYMLINKAT, AT_FDCWD, a[0], 0, (uintptr_t)a[1]);
    one("symlink");
    say("symlink", a[1], "create", NULL);
}
static void do_unlink(char **a) {
    put(IORING_OP_UNLINKAT, AT_FDCWD, a[0], 0, 0);
    one("unlink");
    say("unlink", a[0], "unlink", NULL);
}
static void do_mkdir(char **a) {
    put(IORING_OP_MKDIRAT, AT_FDCWD, a[0], 0755, 0);
    one("mkdir");
    say("mkdir", a[0], "create", NULL);
}
// A name whose memory holds another by the time that the request is carried out.
static void do_rename_reused(char **a) {
    char from[256], to[256];
    snprintf(from, sizeof from, "%s", a[0]);
    snprintf(to, sizeof to, "%s", a[1]);
    put(IORING_OP_RENAMEAT, AT_FDCWD, from, (unsigned)AT_FDCWD, (uintptr_t)to);
    publish();
    if (syscall(SYS_io_uring_enter, ring.fd, 1, 0, 0, NULL, 0) != 1) fail("io_uring_enter");
    ring.waiting = 0;
    memset(from, 'x', sizeof from - 1);
    memset(to, 'x', sizeof to - 1);
    one("rename_reused");
    say("rename_reused", a[1], "rename", NULL);
}
static void do_in(char **a) {
    if (chdir(a[0])) fail(a[0]);
}
static void do_async(char **a) {
    (void)a;
    sqe_flags |= IOSQE_ASYNC;
}

static void connect_to(const char *operation, int family, const void *address, unsigned size, const char *said) {
    const int fd = socket_or_fail(family, SOCK_STREAM);
    put(IORING_OP_CONNECT, fd, address, 0, size);
    one("connect");
    say(operation, said, "connect", NULL);
    close(fd);
}
static void do_tcp(char **a) {
    const struct sockaddr_in address = internet(a);
    connect_to("tcp", AF_INET, &address, sizeof address, a[1]);
}
static void do_unix(char **a) {
    const struct sockaddr_un address = local(a[0]);
    connect_to("unix", AF_UNIX, &address, sizeof address, a[0]);
}
static void do_udp(char **a) {
    struct sockaddr_in address = internet(a);
    struct iovec vector = {.iov_base = "x", .iov_len = 1};
    const struct msghdr message = {.msg_name = &address, .msg_namelen = sizeof address, .msg_iov = &vector, .msg_iovlen = 1};
    const int fd = socket_or_fail(AF_INET, SOCK_DGRAM);
    put(IORING_OP_SENDMSG, fd, &message, 1, 0);
    one("sendmsg");
    say("udp", a[1], "connect", NULL);
    close(fd);
}
// Bytes over a pair of stream sockets, and descriptors with them where `file` is one.
static void pass(const char *operation, int file) {
    int pair[2];
    char byte = 'x', room[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec vector = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair)) fail("socketpair");
    if (file < 0) {
        put(IORING_OP_SEND, pair[0], &byte, 1, 0);
        one("send");
        put(IORING_OP_RECV, pair[1], &byte, 1, 0);
        one("recv");
    } else {
        message.msg_control = room;
        message.msg_controllen = sizeof room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        *header = (struct cmsghdr){.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof file)};
        memcpy(CMSG_DATA(header), &file, sizeof file);
        if (sendmsg(pair[0], &message, 0) != 1) fail("sendmsg");
        close(file);
        put(IORING_OP_RECVMSG, pair[1], &message, 1, 0);
        one("recvmsg");
        memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof file);
        say(operation, name_of(file), "receive", NULL);
        close(file);
    }
    close(pair[0]);
    close(pair[1]);
}
static void do_stream(char **a) {
    (void)a;
    pass("stream", -1);
}
static void do_receive(char **a) {
    const int file = open(a[0], O_RDONLY | O_CLOEXEC);
    if (file < 0) fail(a[0]);
    pass("receive", file);
}

static const struct operation operations[] = {
    {"read", 1, do_read},     {"read2", 1, do_read2},       {"create", 2, do_create},   {"rewrite", 2, do_rewrite},
    {"slot", 1, do_slot},     {"slot_found", 1, do_slot_found}, {"linked", 1, do_linked}, {"replaced", 2, do_replaced},
    {"silent", 1, do_silent}, {"bytes", 2, do_bytes},       {"truncate", 2, do_truncate}, {"rename", 2, do_rename},
    {"exchange", 2, do_exchange}, {"link", 2, do_link},     {"symlink", 2, do_symlink}, {"unlink", 1, do_unlink},
    {"mkdir", 1, do_mkdir},   {"rename_reused", 2, do_rename_reused}, {"in", 1, do_in}, {"async", 0, do_async},
    {"tcp", 2, do_tcp},       {"unix", 1, do_unix},         {"udp", 2, do_udp},         {"stream", 0, do_stream},
    {"receive", 1, do_receive},
};

int main(int argc, char **argv) {
    const size_t count = sizeof operations / sizeof *operations;
    if (argc == 1) return do_operations(operations, count, argc, argv);
    const int poll = strcmp(argv[1], "poll") == 0, defer = strcmp(argv[1], "defer") == 0;
    set_up(poll ? IORING_SETUP_SQPOLL : defer ? IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN : 0);
    const int mode = poll || defer || strcmp(argv[1], "plain") == 0;
    return do_operations(operations, count, argc - mode, argv + mode);
}
