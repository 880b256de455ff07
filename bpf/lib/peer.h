/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Who is at the other end of a socket, told once per process. Of a unix socket it is the kernel's word that counts: a step
 * may come to a server by a link, a relative name or a descriptor, and the name it gives may have changed since.
 */
#ifndef FSTRACKER_BPF_PEER_H
#define FSTRACKER_BPF_PEER_H

#include "lib/path.h"

static __always_inline struct sock *sock__of_file(struct file *file)
{
    if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK) return NULL;
    struct socket *socket = BPF_CORE_READ(file, private_data);
    return BPF_CORE_READ(socket, sk);
}

/* The far end (struct unix_sock *) of a unix socket that is connected to one with a name, else NULL. */
static __always_inline struct unix_sock *sock__named_peer(struct sock *sk)
{
    struct unix_sock *near = (void *)sk, *far = (void *)BPF_CORE_READ(near, peer);
    return far && BPF_CORE_READ(far, addr) ? far : NULL;
}

/* The name that was bound and where its socket lies, at `end` of the record; returns the offset behind them. */
static __always_inline __u32 peer__append_bound(struct scratch *s, struct fst_connect *r, struct unix_sock *far, __u32 end)
{
    struct unix_address *address = BPF_CORE_READ(far, addr);
    const __u32 length = BPF_CORE_READ(address, len), size = length - sizeof(address->name->sun_family);
    const void *name = (void *)address + bpf_core_field_offset(struct unix_address, name) + sizeof(address->name->sun_family);
    if (size && size <= UNIX_PATH_MAX && !bpf_probe_read_kernel(s->bytes + end, size & 127, name)) {
        r->bound_size = size;
        end = offset__bounded(end + size);
    }
    struct dentry *dentry = BPF_CORE_READ(far, path.dentry);
    if (!dentry) return end; /* abstract, or closed by now */
    __u32 flags = 0;
    const __u32 after = path__append(s, dentry, BPF_CORE_READ(far, path.mnt), end, &flags);
    if (!BPF_CORE_READ(dentry, d_inode, i_nlink)) flags |= FST_PATH_DELETED;
    r->header.flags |= flags;
    r->place_size = after - end;
    return after;
}

/* The peer that is looked at on this CPU, empty yet: it is not on the stack, which is too short for it. NULL where one is
 * being looked at already. */
static __always_inline struct peer *peer__begin(__u32 run)
{
    struct scratch *s = scratch__here();
    if (!s || s->peer_busy) {
        kind__unreadable(run, FST_CONNECT);
        return NULL;
    }
    s->peer_busy = 1;
    __builtin_memset(&s->peer, 0, sizeof(s->peer));
    return &s->peer;
}

static __always_inline void peer__end(void)
{
    struct scratch *s = scratch__here();
    if (s) s->peer_busy = 0;
}

/* Tells of the peer that is looked at. `far_address`: struct unix_sock *, or 0; a function of its own to the verifier, hence
 * the plain number. */
__noinline int peer__tell(__u32 run, __u32 process, __u64 far_address)
{
    struct unix_sock *far = (void *)far_address;
    struct scratch *s = scratch__here();
    if (!s) return 0;
    struct peer *peer = &s->peer;
    peer->key.run = run;
    peer->key.process = process;
    if (far) {
        const __u64 bound = (__u64)BPF_CORE_READ(far, addr);
        __builtin_memcpy(peer->key.address, &bound, 8);
    }
    const __u64 one = 1;
    if (bpf_map_update_elem(&flows, &peer->key, &one, BPF_NOEXIST) && bpf_map_lookup_elem(&flows, &peer->key)) {
        struct run_counters *c = counters__of(run);
        if (c) {
            c->kinds[FST_CONNECT].seen++;
            c->kinds[FST_CONNECT].folded++;
        }
        return 0;
    }
    if (!record__begin(run, process, FST_CONNECT, sizeof(struct fst_connect))) return 0;
    struct fst_connect *r = (void *)s->bytes;
    r->family = peer->key.family;
    r->protocol = peer->key.protocol;
    r->port = peer->key.port;
    __u32 end = sizeof(*r);
    if (peer->key.family == AF_UNIX) {
        __builtin_memcpy(s->bytes + end, peer->path, UNIX_PATH_MAX);
        r->path_size = peer->path_size;
        end = offset__bounded(end + peer->path_size);
        if (far) end = peer__append_bound(s, r, far, end);
    } else {
        __builtin_memcpy(r->address, peer->key.address, 16);
    }
    if (!record__end(s, end)) bpf_map_delete_elem(&flows, &peer->key);
    return 0;
}

/* What was connected by somebody else, before it came to the process; nothing where the file is no such socket. */
__noinline int peer__tell_of_file(__u64 file, __u64 run_process)
{
    struct sock *sk = sock__of_file((void *)file);
    if (!sk || BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX) return 0;
    struct unix_sock *far = sock__named_peer(sk);
    struct peer *peer = far ? peer__begin(run_process >> 32) : NULL;
    if (!peer) return 0;
    peer->key.family = AF_UNIX;
    peer__tell(run_process >> 32, run_process, (__u64)far);
    peer__end();
    return 0;
}

#endif
