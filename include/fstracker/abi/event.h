/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only OR BSD-2-Clause
 *
 * The wire between the kernel side (bpf/) and user space (core/event decodes it). Plain C, shared by both compilers.
 *
 * A record is a header, the fixed part of its kind, and then `tail` bytes: strings one after the other, whose lengths
 * stand in the fixed part in the order they follow. Little endian as the host; records never leave the machine in this
 * form (the event log is JSON). Natural alignment, every pad byte explicit and zero. Offsets are asserted below for
 * both compilers: change a struct and FST_ABI_VERSION changes with it.
 *
 * Paths are sent from the leaf to the root: "train.py\0src\0home\0" is /home/src/train.py. A path that did not fit has
 * FST_PATH_TRUNCATED and is its tail; one whose walk ended outside the task's root has FST_PATH_DETACHED.
 *
 * To add a kind: a number and a struct here, a probe in bpf/probes/, a case in core/event/decode.cpp, an actor with a
 * live test, golden bytes, and a line in docs/events.md.
 */
#ifndef FSTRACKER_ABI_EVENT_H
#define FSTRACKER_ABI_EVENT_H

#ifndef __BPF__
#include <stdint.h>
typedef uint8_t fst_u8;
typedef uint16_t fst_u16;
typedef uint32_t fst_u32;
typedef uint64_t fst_u64;
typedef int32_t fst_s32;
typedef int64_t fst_s64;
#else
typedef unsigned char fst_u8;
typedef unsigned short fst_u16;
typedef unsigned int fst_u32;
typedef unsigned long long fst_u64;
typedef int fst_s32;
typedef long long fst_s64;
#endif

#ifdef __cplusplus
#define FST_ASSERT(condition) static_assert(condition, #condition)
extern "C" {
#else
#define FST_ASSERT(condition) _Static_assert(condition, #condition)
#endif

#define FST_ABI_VERSION 4

#define FST_PATH_MAX 4096      /* bytes of a path, leaf to root, terminators included */
#define FST_COMPONENTS_MAX 400 /* components walked at most */
#define FST_ARGV_MAX 16384     /* bytes of an argument vector that are sent; more is truncation, counted */
#define FST_NAME_ARG_MAX 4096  /* bytes of a path argument */

enum fst_kind {
    FST_FORK = 1,    /* a process (not a thread) was made by a process of the run */
    FST_EXEC = 2,    /* a program was executed: a new process entry */
    FST_EXIT = 3,    /* the last thread of a process ended */
    FST_ACCESS = 4,  /* an object was opened, mapped, inherited or received */
    FST_NAME = 5,    /* a name was changed: rename, link, unlink, mkdir, … or a truncation by path */
    FST_CONNECT = 6, /* a connection or an unconnected datagram left, or a connected unix socket was handed over */
    FST_WRITER = 7,  /* somebody outside the run opened, for writing, an object that the run has touched */
    FST_BLIND = 8,   /* the run did something that this backend cannot see into: one of enum fst_blind */
    FST_KINDS = 9
};

/* Header flags. */
#define FST_PATH_TRUNCATED 1u
#define FST_PATH_DETACHED 2u   /* the walk did not reach the task's root: a private mount, a lazy unmount, a chroot left */
#define FST_ARGV_TRUNCATED 4u
#define FST_SCRIPT 8u          /* FST_EXEC: the kernel took a script */
#define FST_UNFOLDABLE 16u     /* sent although it may have been sent before (the fold table was full) */
#define FST_PATH_DELETED 32u   /* the name was already unlinked when the record was made */
#define FST_STRING_UNREADABLE 64u
#define FST_UNWATCHED 128u     /* the table of objects is full: a writer of this one from outside will not be noticed */
#define FST_WRITERS_UNSEEN 256u /* this backend never sees who else has the object open for writing */

/* How an object was accessed. READ and WRITE say how it was open. */
#define FST_READ 1u
#define FST_WRITE 2u
#define FST_CREATE 4u
#define FST_TRUNCATE 8u
#define FST_EXECUTE 16u
#define FST_LOAD 32u
#define FST_INHERIT 64u
#define FST_RECEIVE 128u
#define FST_RENAME 256u
#define FST_LINK 512u
#define FST_UNLINK 1024u

enum fst_name_operation {
    FST_NAME_RENAME = 1,
    FST_NAME_LINK = 2,
    FST_NAME_SYMLINK = 3,
    FST_NAME_UNLINK = 4,
    FST_NAME_RMDIR = 5,
    FST_NAME_MKDIR = 6,
    FST_NAME_MKNOD = 7,
    FST_NAME_TRUNCATE = 8,
    FST_NAME_EXCHANGE = 9 /* renameat2 with RENAME_EXCHANGE */
};

enum fst_blind {
    FST_BLIND_IO_URING = 1,
    FST_BLIND_COMPAT_SYSCALL = 2,   /* 32-bit system calls */
    FST_BLIND_RECEIVED = 3,         /* descriptors arrived over a socket that could not be listed */
    FST_BLIND_PTRACE = 4,           /* another process was attached to */
    FST_BLIND_PROCESS_MEMORY = 5,   /* process_vm_readv or writev */
    FST_BLIND_DESCRIPTOR_RACE = 6,  /* the descriptor was gone when the record was made */
    FST_BLIND_FANOTIFY = 7,         /* fanotify hands out descriptors */
    FST_BLIND_SECCOMP_NOTIFY = 8,   /* a seccomp listener can install descriptors */
    FST_BLIND_MEMBERSHIP = 9,       /* a child could not be made a member of the run */
    FST_BLIND_MPROTECT = 10,        /* a mapping became executable and its file could not be found */
    FST_BLIND_CLONE_FROM_OUTSIDE = 11,
    FST_BLIND_PTRACE_REFUSED = 12,  /* another process could not be attached to, since this backend holds it */
    FST_BLIND_IO_URING_REQUEST = 13, /* a request to an io_uring that was not followed; detail: its opcode */
    FST_BLINDS = 14
};

/* Why a record or a part of it was lost. One counter each, per CPU and kind. */
enum fst_loss {
    FST_LOSS_RING_FULL = 0,
    FST_LOSS_NO_SCRATCH = 1, /* a record was being made on this CPU already */
    FST_LOSS_MEMBERSHIP = 2, /* task storage refused */
    FST_LOSSES = 3
};

/* 40 bytes. */
struct fst_header {
    fst_u32 size;     /* of the whole record, header and tail included */
    fst_u16 kind;     /* enum fst_kind */
    fst_u16 flags;
    fst_u32 run;      /* the run that this record belongs to */
    fst_u32 process;  /* the run's process entry that acted; 0: none of the run's */
    fst_u64 time;     /* CLOCK_BOOTTIME, nanoseconds */
    fst_u64 sequence; /* of this CPU and run, from 1 without gaps, lost records included */
    fst_u32 cpu;
    fst_u32 tgid;     /* in the initial pid namespace */
};
FST_ASSERT(sizeof(struct fst_header) == 40);

/* What the kernel knew of an object at that moment. 64 bytes. Times are nanoseconds since the epoch. */
struct fst_object {
    fst_u64 inode;
    fst_u32 device;     /* s_dev as the kernel keeps it: major << 20 | minor */
    fst_u32 generation;
    fst_u64 size;
    fst_s64 mtime;
    fst_s64 ctime;
    fst_u32 mode;       /* type and permission bits */
    fst_s32 writers;    /* i_writecount: descriptors open for writing, this one included; negative: being executed */
    fst_u32 rdev;
    fst_u32 links;
    fst_u64 magic;      /* of the file system (s_magic) */
};
FST_ASSERT(sizeof(struct fst_object) == 64);

struct fst_fork {
    struct fst_header header; /* process: the new entry */
    fst_u32 parent;           /* process entry that forked */
    fst_u32 child_tgid;
    fst_u32 uid;
    fst_u32 pad;
};
FST_ASSERT(sizeof(struct fst_fork) == 56);

/* tail: path, script path, filename as given, working directory, argument vector (NUL-separated) */
struct fst_exec {
    struct fst_header header; /* process: the new entry */
    struct fst_object object; /* the program that runs: for a script, its interpreter */
    struct fst_object script; /* zero when there is none, or when only its name is known */
    fst_u32 parent;           /* entry that executed */
    fst_u32 uid;
    fst_u32 gid;
    fst_u32 argc;
    fst_u16 path_size;
    fst_u16 script_path_size;
    fst_u16 filename_size;
    fst_u16 cwd_size;
    fst_u16 argv_size;
    fst_u16 cwd_flags;        /* FST_PATH_… of the working directory */
    fst_u16 script_flags;
    fst_u16 pad;
};
FST_ASSERT(sizeof(struct fst_exec) == 200);

struct fst_exit {
    struct fst_header header;
    fst_s32 status;        /* as wait(2) gives it: exit code << 8, or signal, | 0x80 for a core dump */
    fst_u32 pad;
    fst_u64 cpu_time;      /* user and system, nanoseconds, all threads */
    fst_u64 peak_memory;   /* bytes */
    fst_u64 bytes_read;    /* by read-like calls, of anything */
    fst_u64 bytes_written;
};
FST_ASSERT(sizeof(struct fst_exit) == 80);

/* tail: path */
struct fst_access {
    struct fst_header header;
    struct fst_object object;
    fst_u32 access;     /* FST_READ | … */
    fst_s32 descriptor; /* in the process, -1: none */
    fst_u16 path_size;
    fst_u16 pad;
    fst_u32 name;       /* as in struct fst_fold_key: which of the object's names this was */
};
FST_ASSERT(sizeof(struct fst_access) == 120);

/* The objects whose change time the acting task moved during the call, directories among them: what the call did, as
 * far as the kernel tells it. tail: base directory of the first name (a path), the first name as given, base of the
 * second, the second as given. A base is empty where the name is absolute. */
#define FST_TOUCHED_MAX 4
struct fst_name {
    struct fst_header header;
    fst_u32 operation;      /* enum fst_name_operation */
    fst_u32 touched_count;  /* may exceed FST_TOUCHED_MAX */
    struct fst_object touched[FST_TOUCHED_MAX];
    fst_u16 base_size;
    fst_u16 name_size;
    fst_u16 second_base_size;
    fst_u16 second_name_size;
};
FST_ASSERT(sizeof(struct fst_name) == 312);

/* tail, of a unix socket alone: the name as the step gave it (a leading NUL: abstract), the name that the peer has bound,
 * and the path of the peer's socket, which the header's FST_PATH_… are about. Each as far as it is known. */
struct fst_connect {
    struct fst_header header;
    fst_u16 family;
    fst_u16 protocol; /* IPPROTO_… */
    fst_u16 port;     /* host order */
    fst_u16 path_size;
    fst_u8 address[16];
    fst_u16 bound_size;
    fst_u16 place_size;
    fst_u32 pad;
};
FST_ASSERT(sizeof(struct fst_connect) == 72);

/* tail: path */
struct fst_writer {
    struct fst_header header; /* process 0; tgid: the writer */
    struct fst_object object;
    char command[16];         /* the writer's comm */
    fst_u16 path_size;
    fst_u16 pad[3];
};
FST_ASSERT(sizeof(struct fst_writer) == 128);

struct fst_blind_spot {
    struct fst_header header;
    fst_u32 what;   /* enum fst_blind */
    fst_s32 detail; /* the system call's number, where one is meant */
};
FST_ASSERT(sizeof(struct fst_blind_spot) == 48);

/* One per CPU and kind; the ledger of the kernel side. */
struct fst_counters {
    fst_u64 seen;
    fst_u64 folded;
    fst_u64 delivered;
    fst_u64 lost[FST_LOSSES];
    fst_u64 truncated;
    fst_u64 unreadable;
};
FST_ASSERT(sizeof(struct fst_counters) == 64);

/* Objects that are watched for writers from outside the run, entries: at first, and in each part that user space adds
 * before they are used up. */
#define FST_OBJECTS (1u << 18)
#define FST_MORE_OBJECTS (1u << 20)
#define FST_OBJECT_PARTS 5

/* What has been sent already: per run, process entry, object, name and kind of access. */
struct fst_fold_key {
    fst_u64 inode;
    fst_u32 device;
    fst_u32 generation;
    fst_u32 run;
    fst_u32 process;
    fst_u32 access;
    fst_u32 name; /* a hash that tells one name of the object from another */
};
FST_ASSERT(sizeof(struct fst_fold_key) == 32);

struct fst_fold {
    fst_u64 count; /* accesses after the one that was sent */
    fst_u64 last;  /* CLOCK_BOOTTIME, nanoseconds */
    fst_s64 ctime; /* of the object when it was sent */
    fst_u64 size;
};
FST_ASSERT(sizeof(struct fst_fold) == 32);

#ifdef __cplusplus
}
#endif
#endif
