// SPDX-License-Identifier: Apache-2.0
// compat: 32-bit system calls out of a 64-bit program. Pointers must lie below 4 GiB, so names are copied there.
// Exits with 77 where the kernel has no such calls.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/mman.h>

#include "operations.h"

enum { kRead = 3, kWrite = 4, kOpen = 5, kCreat = 8, kUnlink = 10, kGetPid = 20, kRename = 38, kMmap2 = 192, kRecvmsg = 372 };

static char *low;

static long call32(long number, long b, long c, long d, long e, long f) {
    long result = number;
    __asm__ volatile("int $0x80"
                     : "+a"(result)
                     : "b"(b), "c"(c), "d"(d), "S"(e), "D"(f)
                     : "memory", "r8", "r9", "r10", "r11");
    if ((int)result < 0 && (int)result > -4096) {
        errno = -(int)result;
        return -1;
    }
    return result;
}

static long lowered(int slot, const char *text) {
    snprintf(low + 4096 * slot, 4096, "%s", text);
    return (long)(low + 4096 * slot);
}

static void none(int number) {
    (void)number;
    _exit(77);
}

static void do_open(char **a) { say_read("open32", (int)call32(kOpen, lowered(0, a[0]), O_RDONLY, 0, 0, 0), "read"); }

static void do_creat(char **a) {
    const int fd = (int)call32(kCreat, lowered(0, a[0]), 0644, 0, 0, 0);
    if (fd < 0) fail(a[0]);
    write_all(fd, a[1], strlen(a[1]));
    say("creat32", name_of(fd), "create write truncate", NULL);
    close(fd);
}

static void do_rename(char **a) {
    if (call32(kRename, lowered(0, a[0]), lowered(1, a[1]), 0, 0, 0)) fail(a[1]);
    say("rename32", a[0], "rename", NULL);
    say("rename32", a[1], "rename", NULL);
}

static void do_unlink(char **a) {
    if (call32(kUnlink, lowered(0, a[0]), 0, 0, 0, 0)) fail(a[0]);
    say("unlink32", a[0], "unlink", NULL);
}

// The file is opened by a 64-bit call; what maps it is not.
static void do_map_execute(char **a) {
    const int fd = open(a[0], O_RDONLY | O_CLOEXEC);
    if (fd < 0) fail(a[0]);
    if (call32(kMmap2, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd) == -1) fail("mmap2");
    say("map_execute32", name_of(fd), "read load", NULL);
    close(fd);
}

// Its arguments are laid out for 32 bits; that there is no such socket comes before that.
static void do_message(char **a) {
    (void)a;
    call32(kRecvmsg, -1, (long)low, 0, 0, 0);
    printf("{\"pid\":%d,\"operation\":\"message32\",\"path\":\"\",\"access\":\"\"}\n", getpid());
}

int main(int argc, char **argv) {
    static const struct operation operations[] = {
        {"open", 1, do_open},
        {"creat", 2, do_creat},
        {"rename", 2, do_rename},
        {"unlink", 1, do_unlink},
        {"map_execute", 1, do_map_execute},
        {"message", 0, do_message},
    };
    low = mmap(NULL, 2 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    if (low == MAP_FAILED) fail("mmap");
    signal(SIGSEGV, none);
    if (call32(kGetPid, 0, 0, 0, 0, 0) != getpid()) none(0);
    signal(SIGSEGV, SIG_DFL);
    return do_operations(operations, sizeof operations / sizeof *operations, argc, argv);
}
