/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Where data may have gone: connections as the kernel's socket has them, and the address of a datagram that was sent
 * without connecting. Each peer once per process.
 */
#ifndef FSTRACKER_BPF_NETWORK_H
#define FSTRACKER_BPF_NETWORK_H

#include "lib/access.h"

__noinline bool peer__of_user_address(struct peer *peer, __u64 address, __u32 length)
{
    __u8 raw[28] = {};
    if (!peer || length < 2 || bpf_probe_read_user(raw, 2, (void *)address)) return false;
    peer->key.family = raw[0] | raw[1] << 8;
    if (peer->key.family == AF_INET && length >= 16) {
        if (bpf_probe_read_user(raw, 16, (void *)address)) return false;
        peer->key.port = raw[2] << 8 | raw[3];
        __builtin_memcpy(peer->key.address, raw + 4, 4);
        return true;
    }
    if (peer->key.family == AF_INET6 && length >= 24) {
        if (bpf_probe_read_user(raw, 24, (void *)address)) return false;
        peer->key.port = raw[2] << 8 | raw[3];
        __builtin_memcpy(peer->key.address, raw + 8, 16);
        return true;
    }
    if (peer->key.family == AF_UNIX && length > 2) {
        __u32 size = length - 2;
        if (size > UNIX_PATH_MAX) size = UNIX_PATH_MAX;
        if (bpf_probe_read_user(peer->path, size & 127, (void *)(address + 2))) return false;
        peer->path_size = size;
        /* Folding needs a key: the path's own bytes, mixed. */
        __u64 mix = 14695981039346656037ull;
        for (int i = 0; i < (int)sizeof(peer->path); i += 8) mix = (mix ^ *(__u64 *)(peer->path + i)) * 1099511628211ull;
        __builtin_memcpy(peer->key.address + 8, &mix, 8);
        return true;
    }
    return false;
}

static __always_inline struct sock *sock__of_descriptor(struct task_struct *task, __u32 descriptor)
{
    return sock__of_file(file__of_descriptor(task, descriptor));
}

/* False where the socket has no peer that the network knows: another family, or disconnected again. */
static __always_inline bool peer__of_sock(struct peer *peer, struct sock *sk)
{
    peer->key.family = BPF_CORE_READ(sk, __sk_common.skc_family);
    peer->key.protocol = BPF_CORE_READ(sk, sk_protocol);
    if (peer->key.family == AF_INET) {
        __u32 to = BPF_CORE_READ(sk, __sk_common.skc_daddr);
        __builtin_memcpy(peer->key.address, &to, 4);
        peer->key.port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
        return to != 0;
    }
    if (peer->key.family == AF_INET6) {
        struct in6_addr to = BPF_CORE_READ(sk, __sk_common.skc_v6_daddr);
        __builtin_memcpy(peer->key.address, &to, 16);
        peer->key.port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
        return true;
    }
    return false;
}

/* A unix socket that was connected, by the name in `peer`: what user space says that it was. */
static __always_inline void peer__tell_local(__u32 run, __u32 process, struct peer *peer, struct sock *sk)
{
    struct unix_sock *far = sock__named_peer(sk);
    if (peer->key.family != AF_UNIX) { /* overwritten since */
        __builtin_memset(&peer->key, 0, sizeof(peer->key));
        peer->path_size = 0;
        peer->key.family = AF_UNIX;
    }
    if (far || peer->path_size)
        peer__tell(run, process, (__u64)far);
    else
        kind__unreadable(run, FST_CONNECT);
}

/* A connect(2) that was taken: the peer as the socket has it. */
__noinline int connect__tell(__u32 descriptor, __u64 address, __u32 length)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct member *member = member__of(task);
    if (!member) return 0;
    struct sock *sk = sock__of_descriptor(task, descriptor);
    if (!sk) {
        kind__unreadable(member->run, FST_CONNECT);
        return 0;
    }
    struct peer *peer = peer__begin(member->run);
    if (!peer) return 0;
    if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_UNIX) {
        peer__of_user_address(peer, address, length);
        peer__tell_local(member->run, member->process, peer, sk);
    } else if (peer__of_sock(peer, sk)) {
        peer__tell(member->run, member->process, 0);
    }
    peer__end();
    return 0;
}

/* A datagram with an address of its own. */
__noinline int datagram__tell(__u32 descriptor, __u64 address, __u32 length)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct member *member = member__of(task);
    if (!member || !address) return 0;
    struct sock *sk = sock__of_descriptor(task, descriptor);
    if (!sk) return 0;
    struct peer *peer = peer__begin(member->run);
    if (!peer) return 0;
    if (peer__of_user_address(peer, address, length)) {
        if (peer->key.family != AF_UNIX) peer->key.protocol = BPF_CORE_READ(sk, sk_protocol);
        peer__tell(member->run, member->process, 0);
    }
    peer__end();
    return 0;
}

#endif
