/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Everything that outlives one program run. Sizes marked "set" are replaced by user space before loading.
 */
#ifndef FSTRACKER_BPF_MAPS_H
#define FSTRACKER_BPF_MAPS_H

#include "fstracker/abi/event.h"
#include "lib/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/* A run's number is unique for as long as these maps live; its lowest bits are its place in the arrays below, which another run
 * takes when it has ended. Place 0 is nobody's. */
#define FST_RUNS 64
#define FST_PLACE(number) ((number) & (FST_RUNS - 1))

/* Set by user space before loading. */
const volatile bool objects_from_hooks = false; /* fentry and lsm: sys_exit leaves opens and mappings to them */
const volatile bool requests_are_seen = false; /* the programs of probes/request.h are loaded */

/* Address of ____fput, or 0 where it could not be learnt; probes/symbol.h. */
__u64 deferred_fput = 0;

struct actor { /* a member and a request begin with it */
    __u32 run;
    __u32 process;
};

#define FST_MEMBERS (1 << 16) /* threads of all runs at once */

/* What makes a task a member; inherited at fork, before the child runs. By the address of its task_struct, from its making
 * until that memory is free for another. It is not kept with the task itself (BPF_MAP_TYPE_TASK_STORAGE): in kernels before
 * "bpf,fork: wipe ->bpf_storage before bailouts that access it" a fork that fails frees its caller's storage, and Linux 6.1
 * does not find it while another operation on any task's is under way on the same processor. */
struct member {
    __u32 run;
    __u32 process;
    __u32 touched_count;
    __u32 tgid; /* where an entry was left behind, a later task at its address is told apart */
    struct fst_object touched[FST_TOUCHED_MAX];
    __u64 open_request; /* the last io_uring request for an open that this task submitted, until it has been looked at */
};

_Static_assert(__builtin_offsetof(struct member, run) == __builtin_offsetof(struct actor, run) &&
                   __builtin_offsetof(struct member, process) == __builtin_offsetof(struct actor, process),
               "a member is an actor");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, FST_MEMBERS);
    __type(key, __u64);
    __type(value, struct member);
} members SEC(".maps");

struct run {
    __u32 active;       /* user space: 1 while it records */
    __u32 next_process; /* the last process entry given out */
    __u64 entered;      /* blind spots told already, a bit each */
    __u32 number;       /* of the run that has this place */
    __u32 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, FST_RUNS);
    __type(key, __u32);
    __type(value, struct run);
} runs SEC(".maps");

/* What user space says of the machine and of all runs. */
struct host {
    __s64 wall_clock_offset; /* CLOCK_REALTIME - CLOCK_BOOTTIME, nanoseconds */
    __u64 recording;         /* places of runs that record, a bit each */
    __u32 joining;           /* the run whose first member is about to be made (probes/inherited.h) */
    __u32 pad;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct host);
} hosts SEC(".maps");

struct run_counters {
    __u64 sequence;
    __u64 pad;
    struct fst_counters kinds[FST_KINDS];
};

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, FST_RUNS);
    __type(key, __u32);
    __type(value, struct run_counters);
} counters SEC(".maps");

/* What grows with what a run does is the run's own, by place: no step's storm costs another run a record, and when the run has
 * ended it is gone as a whole. User space makes these maps; the ones here are only their pattern. */
struct own_ring {
    __uint(type, BPF_MAP_TYPE_RINGBUF);
    __uint(max_entries, 4096);
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, FST_RUNS);
    __type(key, __u32);
    __array(values, struct own_ring);
} rings SEC(".maps");

/* Entries leave when user space has harvested them (their process ended): never by eviction. */
struct own_folds {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(struct fst_fold_key));
    __uint(value_size, sizeof(struct fst_fold));
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, FST_RUNS);
    __type(key, __u32);
    __array(values, struct own_folds);
} folds SEC(".maps");

struct object_key {
    __u64 inode;
    __u32 device;
    __u32 generation;
};

/* What a run has touched: whoever else opens it for writing is told of. In parts: where one is nearly full user space adds the
 * next. Most runs never need a second one, and a large table costs each of them milliseconds at its start. */
struct own_objects {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, 1);
    __uint(key_size, sizeof(struct object_key));
    __uint(value_size, sizeof(__u32));
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
    __uint(max_entries, FST_RUNS * FST_OBJECT_PARTS);
    __type(key, __u32);
    __array(values, struct own_objects);
} objects SEC(".maps");

#define FST_REQUESTS 4096
#define FST_REQUEST_NAME_MAX 1024
#define UNIX_PATH_MAX 108

struct flow_key {
    __u32 run;
    __u32 process;
    __u16 family;
    __u16 protocol;
    __u16 port;
    __u16 pad;
    __u8 address[16]; /* of a unix socket: who is at the other end, and a hash of the name that was given */
};

struct {
    __uint(type, BPF_MAP_TYPE_LRU_HASH);
    __uint(max_entries, 4096);
    __type(key, struct flow_key);
    __type(value, __u64);
} flows SEC(".maps");

struct peer {
    struct flow_key key; /* 32 bytes */
    __u32 path_size;
    __u32 pad;
    char path[UNIX_PATH_MAX + 4]; /* whole words */
};

/* A request to an io_uring, from its submission until what it did is known. */
struct request {
    __u32 run;
    __u32 process;
    __u32 operation; /* enum fst_name_operation, or 0 */
    __s32 directory;
    __s32 second_directory;
    __u32 touched_count;
    struct fst_object touched[FST_TOUCHED_MAX];
    struct peer peer; /* a unix socket that is connected to */
    char name[FST_REQUEST_NAME_MAX];
    char second_name[FST_REQUEST_NAME_MAX];
};

/* By the request's address. What is left when a run has ended was not followed to its end. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, FST_REQUESTS);
    __type(key, __u64);
    __type(value, struct request);
} requests SEC(".maps");

struct slot_key {
    __u64 ring;
    __u64 slot;
};

/* The slots that a request is to fill: a second one for the same slot would hide what the first has opened. */
struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __uint(max_entries, FST_REQUESTS);
    __type(key, struct slot_key);
    __type(value, __u64);
} slots SEC(".maps");

/* Where a record is put together. One a CPU: programs run with preemption off, and `busy` catches one that is
 * interrupted by another. The tail has room for the longest record, and a component's or argument's overrun. */
#define FST_TAIL_MAX (FST_PATH_MAX * 3 + FST_NAME_ARG_MAX + FST_ARGV_MAX)
#define FST_RECORD_MAX 49152u
struct walk { /* of lib/path.h; here and not on the stack, where the verifier would follow every value it can take */
    __u64 dentry;
    __u64 mount;
    __u64 root_dentry;
    __u64 root_mount;
    __u32 offset; /* in bytes[], next free */
    __u32 limit;
    __u32 flags;
    __u32 first;
};

struct scratch {
    __u32 busy;
    __u32 peer_busy;
    struct walk walk;
    struct peer peer; /* of lib/peer.h */
    __u8 bytes[FST_RECORD_MAX];
    __u8 overrun[FST_ARGV_MAX];
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1); /* set: one a possible CPU; a per-CPU map holds no value of this size */
    __type(key, __u32);
    __type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *scratch__here(void)
{
    __u32 cpu = bpf_get_smp_processor_id();
    return bpf_map_lookup_elem(&scratches, &cpu);
}

#endif
