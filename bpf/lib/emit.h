/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * A record's way out: begin (counted as seen, numbered, scratch taken and its fixed part zeroed), fill, end (delivered,
 * or lost and counted so). Between begin and end nothing may return.
 */
#ifndef FSTRACKER_BPF_EMIT_H
#define FSTRACKER_BPF_EMIT_H

#include "lib/scope.h"

#ifndef barrier_var
#define barrier_var(variable) asm volatile("" : "+r"(variable))
#endif

#define WAKE_AT (256 * 1024) /* bytes waiting; below it the reader's own clock decides */

/* An offset into a record that the verifier can follow. The barrier keeps the compiler from comparing a copy of it. */
static __always_inline __u32 offset__bounded(__u32 offset)
{
    barrier_var(offset);
    if (offset >= FST_RECORD_MAX) offset = FST_RECORD_MAX - 1;
    return offset;
}

static __always_inline void kind__seen(__u32 run, __u32 kind)
{
    struct run_counters *c = counters__of(run);
    if (c && kind < FST_KINDS) c->kinds[kind].seen++;
}

static __always_inline void kind__lost(__u32 run, __u32 kind, __u32 reason)
{
    struct run_counters *c = counters__of(run);
    if (c && kind < FST_KINDS && reason < FST_LOSSES) c->kinds[kind].lost[reason]++;
}

static __always_inline void kind__unreadable(__u32 run, __u32 kind)
{
    struct run_counters *c = counters__of(run);
    if (c && kind < FST_KINDS) c->kinds[kind].unreadable++;
}

/* `fixed` is the size of the kind's struct, a constant. */
static __always_inline struct scratch *record__begin(__u32 run, __u32 process, __u32 kind, __u32 fixed)
{
    struct run_counters *c = counters__of(run);
    if (!c || kind >= FST_KINDS) return NULL;
    c->kinds[kind].seen++;
    c->sequence++;
    struct scratch *s = scratch__here();
    if (!s || s->busy) {
        c->kinds[kind].lost[FST_LOSS_NO_SCRATCH]++;
        return NULL;
    }
    s->busy = 1;
    __builtin_memset(s->bytes, 0, fixed);
    struct fst_header *h = (void *)s->bytes;
    h->kind = kind;
    h->run = run;
    h->process = process;
    h->time = bpf_ktime_get_boot_ns();
    h->sequence = c->sequence;
    h->cpu = bpf_get_smp_processor_id();
    h->tgid = bpf_get_current_pid_tgid() >> 32;
    return s;
}

/* True when it was delivered. */
static __always_inline bool record__end(struct scratch *s, __u32 size)
{
    struct fst_header *h = (void *)s->bytes;
    struct run_counters *c = counters__of(h->run);
    __u32 kind = h->kind;
    bool delivered = false;
    if (c && kind < FST_KINDS) {
        size = offset__bounded(size);
        h->size = size;
        if (h->flags & (FST_PATH_TRUNCATED | FST_ARGV_TRUNCATED)) c->kinds[kind].truncated++;
        if (h->flags & FST_STRING_UNREADABLE) c->kinds[kind].unreadable++;
        __u32 place = FST_PLACE(h->run);
        void *ring = bpf_map_lookup_elem(&rings, &place);
        if (ring) {
            __u64 wake = bpf_ringbuf_query(ring, BPF_RB_AVAIL_DATA) >= WAKE_AT ? BPF_RB_FORCE_WAKEUP : BPF_RB_NO_WAKEUP;
            delivered = bpf_ringbuf_output(ring, s->bytes, size, wake) == 0;
        }
        if (delivered)
            c->kinds[kind].delivered++;
        else
            c->kinds[kind].lost[FST_LOSS_RING_FULL]++;
    }
    s->busy = 0;
    return delivered;
}

#endif
