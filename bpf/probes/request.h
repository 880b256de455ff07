/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * What is done through io_uring. A request is noted when it is submitted, with the names it was given, and told of when its
 * completion is posted, with the object that it was of. It may have been carried out by the submitting task, by the ring's
 * poller or by a worker: all of them are threads of the process, and members.
 *
 *   io_uring_submit_req   of interest? -> member? -> noted | told at once that it cannot be followed
 *   io_uring_complete     noted? -> opened | named | connected
 *
 * A file is had from the descriptor table, or from the ring's own table. Either may have been changed by the requests that
 * follow in the same submission: so each submission looks whether the open before it is done.
 */
#ifndef FSTRACKER_BPF_REQUEST_H
#define FSTRACKER_BPF_REQUEST_H

#include "lib/uring.h"
#include "probes/name.h"
#include "probes/network.h"
#include "probes/process.h"
#include "probes/syscall.h"

#define SOCK_DGRAM 2
#define SOCK_RAW 3

/* Members' open_request that are set. */
__u32 open_requests = 0;

static __always_inline bool request__opens(__u32 opcode)
{
    return opcode == OP_OPENAT || opcode == OP_OPENAT2;
}

static __always_inline bool request__is_followed(__u32 opcode)
{
    switch (opcode) {
    case OP_OPENAT: case OP_OPENAT2: return !objects_from_hooks;
    case OP_CONNECT: case OP_RENAMEAT: case OP_UNLINKAT: case OP_MKDIRAT: case OP_SYMLINKAT: case OP_LINKAT: return true;
    }
    return false;
}

static __always_inline bool request__carries(__u32 opcode)
{
    switch (opcode) {
    case OP_SENDMSG: case OP_RECVMSG: case OP_SEND: case OP_SEND_ZC: case OP_SENDMSG_ZC: return true;
    }
    return false;
}

/* False where it was longer than there is room for. */
static __always_inline bool request__keep_name(char *to, struct filename *from)
{
    const char *name = NULL;
    bpf_probe_read_kernel(&name, sizeof(name), from);
    const long length = bpf_probe_read_kernel_str(to, FST_REQUEST_NAME_MAX, name);
    return length > 0 && length < FST_REQUEST_NAME_MAX;
}

static __always_inline bool request__keep_names(struct request *r, struct io_kiocb *req, __u32 opcode)
{
    if (opcode == OP_UNLINKAT || opcode == OP_MKDIRAT) {
        struct io_unlink one = {};
        bpf_probe_read_kernel(&one, sizeof(one), req);
        r->directory = one.dfd;
        r->operation = FST_NAME_MKDIR;
        if (opcode == OP_UNLINKAT)
            r->operation = one.flags & UNLINKAT_REMOVEDIR ? FST_NAME_RMDIR : FST_NAME_UNLINK;
        return request__keep_name(r->name, one.filename);
    }
    struct io_rename two = {};
    bpf_probe_read_kernel(&two, sizeof(two), req);
    if (opcode == OP_SYMLINKAT) {
        r->operation = FST_NAME_SYMLINK;
        r->directory = two.new_dfd;
        return request__keep_name(r->name, two.newpath);
    }
    r->operation = FST_NAME_LINK;
    if (opcode == OP_RENAMEAT) r->operation = two.flags & RENAME_EXCHANGE ? FST_NAME_EXCHANGE : FST_NAME_RENAME;
    r->directory = two.old_dfd;
    r->second_directory = two.new_dfd;
    return request__keep_name(r->name, two.oldpath) &&
           request__keep_name(r->second_name, two.newpath);
}

/* The slot that a request for an open names; false where it names none. */
static __always_inline bool slot__of_request(struct slot_key *key, struct io_kiocb *req)
{
    struct io_open *open = (void *)req;
    key->slot = BPF_CORE_READ(open, file_slot);
    key->ring = (__u64)BPF_CORE_READ(req, ctx);
    return key->slot && key->slot != SLOT_TO_BE_FOUND;
}

/* False where it cannot be followed. */
static __noinline bool request__note(struct io_kiocb *req, struct member *member, __u32 opcode)
{
    struct scratch *s = scratch__here();
    if (!s || s->busy) return false;
    s->busy = 1;
    struct request *r = (void *)s->bytes;
    __builtin_memset(r, 0, __builtin_offsetof(struct request, name));
    r->name[0] = r->second_name[0] = 0;
    r->run = member->run;
    r->process = member->process;
    bool whole = true;
    if (opcode == OP_CONNECT) {
        struct io_connect connect = {};
        bpf_probe_read_kernel(&connect, sizeof(connect), req);
        peer__of_user_address(&r->peer, (__u64)connect.addr, connect.addr_len);
    } else if (!request__opens(opcode)) {
        whole = request__keep_names(r, req, opcode);
    }
    const __u64 key = (__u64)req;
    struct slot_key slot = {};
    if (request__opens(opcode) && slot__of_request(&slot, req)) whole = bpf_map_update_elem(&slots, &slot, &key, BPF_NOEXIST) == 0;
    if (bpf_map_update_elem(&requests, &key, r, BPF_NOEXIST)) { /* no room, or the end of the one before was not seen */
        whole = false;
        bpf_map_update_elem(&requests, &key, r, BPF_ANY);
    }
    s->busy = 0;
    return whole;
}

static __always_inline struct file *request__file(struct io_kiocb *req, __s32 result, bool of_this_process, __s32 *descriptor)
{
    struct io_open *open = (void *)req;
    const __u32 slot = BPF_CORE_READ(open, file_slot);
    if (slot) return file__of_slot(BPF_CORE_READ(req, ctx), slot == SLOT_TO_BE_FOUND ? (__u32)result : slot - 1);
    *descriptor = result;
    return of_this_process ? file__of_descriptor(bpf_get_current_task_btf(), result) : NULL;
}

/* A request for an open (struct io_kiocb *) has been carried out. */
__noinline int request__settle_open(__u64 address)
{
    struct io_kiocb *req = (void *)address;
    struct io_open *open = (void *)req;
    const __s32 result = BPF_CORE_READ(req, cqe.res);
    struct member *member = member__of(bpf_get_current_task_btf());
    struct request *request = bpf_map_lookup_elem(&requests, &address);
    __s32 descriptor = -1;
    if (!request) { /* has been looked at already, or is of no run */
        struct file *file = result < 0 || member ? NULL : request__file(req, result, true, &descriptor);
        if (file && BPF_CORE_READ(file, f_mode) & FMODE_WRITE) writer__tell((__u64)file, 0);
        return 0;
    }
    if (result >= 0 && run__active(request->run)) {
        struct file *file = request__file(req, result, member && member->process == request->process, &descriptor);
        if (file)
            opened__tell((void *)request, file, descriptor, BPF_CORE_READ(open, how.flags) & O_TRUNC ? FST_TRUNCATE : 0);
        else
            blind__tell_of(request->run, request->process, FST_BLIND_DESCRIPTOR_RACE, 0);
    }
    struct slot_key key = {};
    if (slot__of_request(&key, req)) bpf_map_delete_elem(&slots, &key);
    bpf_map_delete_elem(&requests, &address);
    return 0;
}

static __always_inline __u32 request__append_name(struct scratch *s, __s32 directory, const char *name, __u32 at,
                                                  __u16 *base_size, __u16 *name_size, __u32 *flags)
{
    __u32 end = at;
    if (name[0] != '/') end = name__append_base(s, bpf_get_current_task_btf(), directory, at, base_size, flags);
    end = offset__bounded(end);
    const long length = bpf_probe_read_kernel_str(s->bytes + end, FST_REQUEST_NAME_MAX, name);
    if (length <= 0) {
        *flags |= FST_STRING_UNREADABLE;
        return end;
    }
    *name_size = (length - 1) & (FST_REQUEST_NAME_MAX * 2 - 1); /* without the terminator */
    return end + *name_size;
}

static __noinline void request__tell_named(struct request *request)
{
    struct scratch *s = record__begin(request->run, request->process, FST_NAME, sizeof(struct fst_name));
    if (!s) return;
    struct fst_name *r = (void *)s->bytes;
    name__fill(r, request->operation, request->touched, request->touched_count);
    __u32 flags = 0;
    __u32 end = request__append_name(s, request->directory, request->name, sizeof(*r), &r->base_size, &r->name_size, &flags);
    if (request->second_name[0])
        end = request__append_name(s, request->second_directory, request->second_name, end, &r->second_base_size,
                                   &r->second_name_size, &flags);
    r->header.flags = flags;
    record__end(s, end);
}

static __noinline void request__tell_connected(struct request *request, struct io_kiocb *req)
{
    struct sock *sk = sock__of_file(BPF_CORE_READ(req, file));
    if (!sk) {
        kind__unreadable(request->run, FST_CONNECT);
        return;
    }
    struct peer *peer = peer__begin(request->run);
    if (!peer) return;
    if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX) {
        *peer = request->peer;
        peer__tell_local(request->run, request->process, peer, sk);
    } else if (peer__of_sock(peer, sk)) {
        peer__tell(request->run, request->process, 0);
    }
    peer__end();
}

/* Another of those that are followed has been. */
__noinline int request__settle(__u64 address)
{
    struct io_kiocb *req = (void *)address;
    struct request *request = bpf_map_lookup_elem(&requests, &address);
    if (!request) return 0;
    struct member *member = member__of(bpf_get_current_task_btf());
    if (BPF_CORE_READ(req, cqe.res) >= 0 && run__active(request->run)) {
        if (!request->operation)
            request__tell_connected(request, req);
        else if (member && member->process == request->process) /* whose directories relative names are meant from */
            request__tell_named(request);
        else
            blind__tell_of(request->run, request->process, FST_BLIND_IO_URING_REQUEST, BPF_CORE_READ(req, opcode));
    }
    bpf_map_delete_elem(&requests, &address);
    return 0;
}

/* Datagrams may carry an address, and messages on a local socket descriptors: neither is kept where it could be read. */
static __always_inline bool request__carries_unseen(struct io_kiocb *req, struct task_struct *task, __u32 opcode)
{
    const __u32 descriptor = BPF_CORE_READ(req, cqe.fd);
    struct file *file = BPF_CORE_READ(req, flags) & REQ_FIXED_FILE ? file__of_slot(BPF_CORE_READ(req, ctx), descriptor)
                                                                   : file__of_descriptor(task, descriptor);
    struct sock *sk = sock__of_file(file);
    if (!sk) return true;
    if (opcode == OP_RECVMSG) return !objects_from_hooks && BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX;
    const __u32 type = BPF_CORE_READ(sk, sk_type);
    return type == SOCK_DGRAM || type == SOCK_RAW;
}

SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(request__submitted, struct io_kiocb *req)
{
    const __u32 opcode = req->opcode;
    const bool followed = request__is_followed(opcode);
    if (!followed && !request__carries(opcode) && !open_requests) return 0;
    struct task_struct *task = bpf_get_current_task_btf();
    struct member *member = member__of(task);
    if (!member) return 0;
    if (member->open_request) {
        if (request__has_just_been_done((void *)member->open_request)) request__settle_open(member->open_request);
        member->open_request = 0;
        __sync_fetch_and_sub(&open_requests, 1);
    }
    if (followed) {
        __u64 address = 0;
        bpf_probe_read_kernel(&address, sizeof(address), &ctx[0]);
        if (!request__note((void *)address, member, opcode)) blind__tell(member, FST_BLIND_IO_URING_REQUEST, opcode);
        if (request__opens(opcode)) {
            member->open_request = address;
            __sync_fetch_and_add(&open_requests, 1);
        }
    } else if (request__carries(opcode) && request__carries_unseen(req, task, opcode)) {
        blind__tell(member, FST_BLIND_IO_URING_REQUEST, opcode);
    }
    return 0;
}

SEC("tp_btf/io_uring_complete")
int request__completed(__u64 *context)
{
    struct io_kiocb *req = KERNEL(struct io_kiocb, context[1]);
    const __u32 opcode = context[1] ? GET(req, opcode) : 0;
    if (!request__is_followed(opcode)) return 0;
    return request__opens(opcode) ? request__settle_open(context[1]) : request__settle(context[1]);
}

#endif
