/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The gated child becomes a member of the run that is `joining`, and the descriptors that it holds are told; one of them is the gate's.
 * User space reads the iterator to its end, for that task alone, and gets a byte when the child has joined.
 */
#ifndef FSTRACKER_BPF_INHERITED_H
#define FSTRACKER_BPF_INHERITED_H

#include "lib/access.h"

SEC("iter/task_file")
int inherited__descriptor(struct bpf_iter__task_file *ctx)
{
    struct task_struct *task = ctx->task;
    struct file *file = NULL; /* a plain address, as access__tell takes it */
    bpf_probe_read_kernel(&file, sizeof(file), &ctx->file);
    if (!task || !file) return 0;
    struct member *member = member__of(task);
    if (!member) {
        struct host *host = host__get();
        member = host ? member__make(task) : NULL;
        if (!member) return 0;
        member->run = host->joining;
        bpf_seq_write(ctx->meta->seq, "j", 1);
    }
    __u32 access = BPF_CORE_READ(file, f_mode);
    if (access & FMODE_PATH) return 0;
    const __u64 heir = (__u64)member->run << 32 | (member->process + 1); /* what the command's execution is going to be */
    peer__tell_of_file((__u64)file, heir);
    access__tell((__u64)file, heir, (access & (FST_READ | FST_WRITE)) | FST_INHERIT, ctx->fd);
    return 0;
}

#endif
