/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Whose act is it? For a task in no run the answer costs one look at the task's own storage pointer.
 */
#ifndef FSTRACKER_BPF_SCOPE_H
#define FSTRACKER_BPF_SCOPE_H

#include "lib/maps.h"

static __always_inline struct run *run__active(__u32 number)
{
    __u32 key = number;
    struct run *run = bpf_map_lookup_elem(&runs, &key);
    return run && run->active ? run : NULL;
}

/* The task's membership in a run that is being recorded, or NULL. */
static __always_inline struct member *member__of(struct task_struct *task)
{
    struct member *member = bpf_task_storage_get(&members, (void *)task, 0, 0);
    return member && run__active(member->run) ? member : NULL;
}

static __always_inline struct run_counters *counters__of(__u32 run)
{
    return bpf_map_lookup_elem(&counters, &run);
}

#endif
