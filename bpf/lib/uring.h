/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * io_uring as the kernel has it: a request, the ring's own table of files, and the request that a worker is at.
 */
#ifndef FSTRACKER_BPF_URING_H
#define FSTRACKER_BPF_URING_H

#include "lib/read.h"

/* enum io_uring_op */
enum {
    OP_SENDMSG = 9, OP_RECVMSG = 10, OP_CONNECT = 16, OP_OPENAT = 18, OP_SEND = 26, OP_OPENAT2 = 28, OP_RENAMEAT = 35,
    OP_UNLINKAT = 36, OP_MKDIRAT = 37, OP_SYMLINKAT = 38, OP_LINKAT = 39, OP_SEND_ZC = 47, OP_SENDMSG_ZC = 48
};

#define REQ_FIXED_FILE 1u
#define PF_IO_WORKER 0x10u
#define SLOT_TO_BE_FOUND (~0u) /* IORING_FILE_INDEX_ALLOC: the result is the slot */

struct io_wq_work_node { /* the same everywhere */
    struct io_wq_work_node *next;
};

struct io_wq_work {
    struct io_wq_work_node list;
} RELOCATED;

struct io_wq_work_list {
    struct io_wq_work_node *first;
    struct io_wq_work_node *last;
} RELOCATED;

struct io_cqe {
    __s32 res;
    int fd; /* of a request that has not begun: the descriptor or slot it is for */
} RELOCATED;

struct io_kiocb {
    struct file *file;
    __u8 opcode;
    unsigned int flags; /* more bits in later kernels, above these */
    struct io_cqe cqe;
    struct io_ring_ctx *ctx;
    struct io_wq_work_node comp_list;
    struct io_wq_work work;
} RELOCATED;

struct io_rsrc_node {
    unsigned long file_ptr; /* the low bits are flags */
} RELOCATED;

struct io_rsrc_data {
    unsigned int nr;
    struct io_rsrc_node **nodes;
} RELOCATED;

struct io_file_table {
    struct io_rsrc_data data; /* 6.13 and later */
    unsigned long *files;     /* before: as file_ptr above, one a slot */
} RELOCATED;

struct io_submit_state {
    struct io_wq_work_list compl_reqs; /* done, and their completions not posted yet */
} RELOCATED;

struct io_ring_ctx {
    struct io_file_table file_table;
    unsigned int nr_user_files; /* before 6.13 */
    struct io_submit_state submit_state;
} RELOCATED;

struct io_worker {
    struct io_wq_work *cur_work;
} RELOCATED;

struct filename { /* its beginning, the same everywhere */
    const char *name;
};

/* What a request keeps of its arguments begins where the request does. */
struct open_how {
    __u64 flags;
} RELOCATED;

struct io_open {
    __u32 file_slot; /* one more than the slot, or 0: a descriptor is wanted */
    struct open_how how;
} RELOCATED;

/* The rest are the same in 6.1, 6.12 and 6.18. Were they not, their names could not be read or would lead nowhere: nothing is
 * believed of them that does not show in an object. */
struct io_rename { /* of links, hard and symbolic, too */
    struct file *file;
    int old_dfd;
    int new_dfd;
    struct filename *oldpath;
    struct filename *newpath;
    int flags;
};

struct io_unlink { /* of mkdir too, but for the flags */
    struct file *file;
    int dfd;
    int flags;
    struct filename *filename;
};

struct io_connect {
    struct file *file;
    void *addr;
    int addr_len;
};

/* A function of its own for the reason told at inode__ctime. */
static __noinline struct file *file__of_slot(struct io_ring_ctx *ring, __u32 slot)
{
    unsigned long file = 0;
    if (bpf_core_field_exists(ring->file_table.data)) {
        if (slot >= BPF_CORE_READ(ring, file_table.data.nr)) return NULL;
        struct io_rsrc_node **nodes = BPF_CORE_READ(ring, file_table.data.nodes), *node = NULL;
        bpf_probe_read_kernel(&node, sizeof(node), nodes + slot);
        file = BPF_CORE_READ(node, file_ptr);
    } else {
        if (slot >= BPF_CORE_READ(ring, nr_user_files)) return NULL;
        unsigned long *files = BPF_CORE_READ(ring, file_table.files);
        bpf_probe_read_kernel(&file, sizeof(file), files + slot);
    }
    return (void *)(file & ~7ul);
}

/* Whether the request is the last that its task has done, with the completion still to be posted: true only of a request
 * that was carried out while it was submitted, asked in the same submission. */
static __noinline bool request__has_just_been_done(struct io_kiocb *req)
{
    struct io_ring_ctx *ring = BPF_CORE_READ(req, ctx);
    const __u64 here = (__u64)req + bpf_core_field_offset(struct io_kiocb, comp_list);
    return BPF_CORE_READ(ring, submit_state.compl_reqs.first) && (__u64)BPF_CORE_READ(ring, submit_state.compl_reqs.last) == here;
}

/* The address of the request that an io_uring worker is carrying out. */
static __always_inline __u64 request__of_worker(struct task_struct *task)
{
    struct io_worker *worker = (void *)BPF_CORE_READ(task, worker_private);
    return (__u64)BPF_CORE_READ(worker, cur_work) - bpf_core_field_offset(struct io_kiocb, work);
}

#endif
