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

static __always_inline void peer__tell_from(__u32 run, __u32 process, struct flow_key *key, const char *given, __u32 given_size,
                                            struct unix_sock *far)
{
    key->run = run;
    key->process = process;
    if (far) {
        const __u64 bound = (__u64)BPF_CORE_READ(far, addr);
        __builtin_memcpy(key->address, &bound, 8);
    }
    const __u64 one = 1;
    if (bpf_map_update_elem(&flows, key, &one, BPF_NOEXIST) && bpf_map_lookup_elem(&flows, key)) {
        struct run_counters *c = counters__of(run);
        if (c) {
            c->kinds[FST_CONNECT].seen++;
            c->kinds[FST_CONNECT].folded++;
        }
        return;
    }
    struct scratch *s = record__begin(run, process, FST_CONNECT, sizeof(struct fst_connect));
    if (!s) return;
    struct fst_connect *r = (void *)s->bytes;
    r->family = key->family;
    r->protocol = key->protocol;
    r->port = key->port;
    __u32 end = sizeof(*r);
    if (key->family == AF_UNIX) {
        if (given) {
            __builtin_memcpy(s->bytes + end, given, UNIX_PATH_MAX);
            r->path_size = given_size;
            end = offset__bounded(end + given_size);
        }
        if (far) end = peer__append_bound(s, r, far, end);
    } else {
        __builtin_memcpy(r->address, key->address, 16);
    }
    if (!record__end(s, end)) bpf_map_delete_elem(&flows, key);
}

/* `far`: struct unix_sock *, or 0; a function of its own to the verifier, hence the plain number. */
__noinline int peer__tell(__u32 run, __u32 process, struct peer *peer, __u64 far)
{
    if (!peer) return 0;
    struct flow_key key = peer->key; /* Linux 6.1 takes no key for a map through a function's argument */
    peer__tell_from(run, process, &key, peer->path, peer->path_size, (void *)far);
    return 0;
}

/* A socket that was connected by somebody else, before it came to the process. */
__noinline int peer__tell_of_file(__u64 file, __u64 run_process)
{
    struct sock *sk = sock__of_file((void *)file);
    if (!sk || BPF_CORE_READ(sk, __sk_common.skc_family) != AF_UNIX) return 0;
    struct unix_sock *far = sock__named_peer(sk);
    struct flow_key key = {.family = AF_UNIX};
    if (far) peer__tell_from(run_process >> 32, run_process, &key, NULL, 0, far);
    return 0;
}

#endif
