/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Whose act is it? For a task in no run the answer costs one look into a table.
 */
#ifndef FSTRACKER_BPF_SCOPE_H
#define FSTRACKER_BPF_SCOPE_H

#include "lib/maps.h"

static __always_inline struct run *run__active(__u32 number)
{
    __u32 place = FST_PLACE(number);
    struct run *run = bpf_map_lookup_elem(&runs, &place);
    return run && run->active && run->number == number ? run : NULL;
}

static __always_inline struct host *host__get(void)
{
    __u32 only = 0;
    return bpf_map_lookup_elem(&hosts, &only);
}

/* The task's membership in a run that is being recorded, or NULL. Not inline, so that the key is on no caller's stack. */
static __noinline struct member *member__of(struct task_struct *task)
{
    __u64 key = (__u64)task;
    struct member *member = bpf_map_lookup_elem(&members, &key);
    return member && member->tgid == (__u32)task->tgid && run__active(member->run) ? member : NULL;
}

static const struct member nobody;

/* NULL where the table is full. In no run as yet. */
static __always_inline struct member *member__make(struct task_struct *task)
{
    __u64 key = (__u64)task;
    if (bpf_map_update_elem(&members, &key, &nobody, BPF_ANY)) return NULL;
    struct member *member = bpf_map_lookup_elem(&members, &key);
    if (member) member->tgid = task->tgid;
    return member;
}

static __always_inline void member__forget(struct task_struct *task)
{
    __u64 key = (__u64)task;
    bpf_map_delete_elem(&members, &key);
}

static __always_inline struct run_counters *counters__of(__u32 run)
{
    __u32 place = FST_PLACE(run);
    return bpf_map_lookup_elem(&counters, &place);
}

#endif
