/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The tracepoint backend: what a system call has done, read on its way back. The object comes from the descriptor table
 * or the mapping, never from the string that user space gave; arguments in registers are as they were at entry.
 *
 *   sys_exit -> number of interest? -> member? -> opened | mapped | named | connected | received | blind
 *                                   -> not a member, opened for writing? -> was it an object of a run?
 */
#ifndef FSTRACKER_BPF_SYSCALL_H
#define FSTRACKER_BPF_SYSCALL_H

#include "lib/compat.h"
#include "probes/name.h"
#include "probes/network.h"
#include "probes/process.h"

#define PROT_EXEC 4u
#define MAP_ANONYMOUS 0x20u
#define UNLINKAT_REMOVEDIR 0x200u
#define RENAME_EXCHANGE 2u
#define SCM_FDS_MAX 16

/* A process has got an object open. */
static __always_inline void opened__tell(const struct actor *actor, struct file *file, __s32 descriptor, __u32 more)
{
    struct file *of_kernel = KERNEL(struct file, file);
    if (GET(of_kernel, f_mode) & FMODE_PATH) return;
    __u32 access = file__access(file) | more;
    if (!(access & FST_WRITE)) access &= ~FST_TRUNCATE;
    access__tell((__u64)file, (__u64)actor->run << 32 | actor->process, access, descriptor);
    if (access & FST_WRITE) writer__tell((__u64)file, actor->run);
}

/* The current task has got a descriptor of an object. A function of its own to the verifier: it is called in many places. */
__noinline int opened(__s32 descriptor, __u32 more)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct member *member = member__of(task);
    if (!member) return 0;
    struct file *file = file__of_descriptor(task, descriptor);
    if (!file) {
        kind__unreadable(member->run, FST_ACCESS);
        blind__tell(member, FST_BLIND_DESCRIPTOR_RACE, 0);
        return 0;
    }
    if (more & FST_RECEIVE) peer__tell_of_file((__u64)file, (__u64)member->run << 32 | member->process);
    opened__tell((void *)member, file, descriptor, more);
    return 0;
}

/* A task of no run (or of a run that is over). */
static __always_inline void opened_outside(struct task_struct *task, __s32 descriptor)
{
    struct file *file = file__of_descriptor(task, descriptor);
    if (file && BPF_CORE_READ(file, f_mode) & FMODE_WRITE) writer__tell((__u64)file, 0);
}

__noinline int mapping_became_executable(__u64 address)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct member *member = member__of(task);
    if (!member) return 0;
    struct found_file found = {};
    if (bpf_find_vma((void *)task, address, vma__take_file, &found, 0))
        blind__tell(member, FST_BLIND_MPROTECT, 0);
    else if (found.file)
        access__of_member(member, found.file, FST_LOAD, -1);
    return 0;
}

__noinline int mapped(__u32 descriptor, __u64 address)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct member *member = member__of(task);
    if (!member) return 0;
    struct file *file = file__of_descriptor(task, descriptor);
    if (file)
        access__of_member(member, file, FST_LOAD, descriptor);
    else
        mapping_became_executable(address);
    return 0;
}

struct user_message {
    unsigned long name;
    __u32 name_length;
    __u32 pad;
    unsigned long vector, vector_length;
    unsigned long control, control_length;
};

struct control_header {
    unsigned long length;
    __s32 level, type;
};

static __always_inline void received__list(__u64 descriptors, __u32 count)
{
    for (__u32 i = 0; i < SCM_FDS_MAX && i < count; i++) {
        __s32 descriptor = -1;
        if (bpf_probe_read_user(&descriptor, 4, (void *)(descriptors + 4 * i)) || descriptor < 0) break;
        opened(descriptor, FST_RECEIVE);
    }
}

__noinline int received(__u64 message)
{
    struct member *member = member__of(bpf_get_current_task_btf());
    struct user_message m = {};
    if (!member || bpf_probe_read_user(&m, sizeof(m), (void *)message) || m.control_length < 20) return 0;
    unsigned long at = m.control, stop = m.control + m.control_length;
    for (int i = 0; i < 2; i++) { /* descriptors, and credentials before or behind them */
        struct control_header h = {};
        if (at + sizeof(h) > stop || bpf_probe_read_user(&h, sizeof(h), (void *)at) || h.length < sizeof(h)) return 0;
        if (h.level == 1 && h.type == 1) { /* SOL_SOCKET, SCM_RIGHTS */
            __u32 count = (h.length - sizeof(h)) / 4;
            received__list(at + sizeof(h), count);
            if (count > SCM_FDS_MAX) blind__tell(member, FST_BLIND_RECEIVED, 0);
        }
        at += (h.length + 7) & ~7ul;
    }
    return 0;
}

static __noinline int sent(__u32 descriptor, __u64 message)
{
    struct user_message m = {};
    if (!bpf_probe_read_user(&m, sizeof(m), (void *)message) && m.name) datagram__tell(descriptor, m.name, m.name_length);
    return 0;
}

/* What the call has opened or mapped, on the tracepoint backend. */
static __always_inline void object__of_call(long nr, long result, unsigned long a, unsigned long b, unsigned long c,
                                            unsigned long d, unsigned long e)
{
    switch (nr) {
    case NR_open: opened(result, b & O_TRUNC ? FST_TRUNCATE : 0); break;
    case NR_openat: case NR_open_by_handle_at: opened(result, c & O_TRUNC ? FST_TRUNCATE : 0); break;
    case NR_creat: opened(result, FST_TRUNCATE); break;
    case NR_openat2: {
        __u64 flags = 0;
        bpf_probe_read_user(&flags, sizeof(flags), (void *)c);
        opened(result, flags & O_TRUNC ? FST_TRUNCATE : 0);
        break;
    }
    case NR_pidfd_getfd: opened(result, FST_RECEIVE); break;
    case NR_mmap:
        if (c & PROT_EXEC && !(d & MAP_ANONYMOUS)) mapped(e, result);
        break;
    case NR_mprotect: case NR_pkey_mprotect:
        if (c & PROT_EXEC) mapping_became_executable(a);
        break;
    case NR_recvmsg: case NR_recvmmsg: received(b); break;
    }
}

#define AT_CWD (-100)

SEC("tp_btf/sys_exit")
int BPF_PROG(syscall__exit, struct pt_regs *regs, long result)
{
    /* Most calls end here or at the next line. */
    struct task_struct *task = bpf_get_current_task_btf();
    const bool compat = task__in_compat_call(task);
    const long nr = task__call(task, regs);
    switch (nr) {
    case NR_open: case NR_creat: case NR_openat: case NR_openat2: case NR_open_by_handle_at: case NR_memfd_create:
    case NR_mmap: case NR_mprotect: case NR_pkey_mprotect: case NR_connect: case NR_sendto: case NR_sendmsg:
    case NR_sendmmsg: case NR_recvmsg: case NR_recvmmsg: case NR_ptrace: case NR_process_vm_readv:
    case NR_process_vm_writev: case NR_fanotify_init: case NR_seccomp: case NR_io_uring_setup: case NR_pidfd_getfd:
    case NR_truncate: case NR_rename: case NR_mkdir: case NR_rmdir: case NR_link: case NR_unlink: case NR_symlink:
    case NR_mknod: case NR_mkdirat: case NR_mknodat: case NR_unlinkat: case NR_renameat: case NR_linkat:
    case NR_symlinkat: case NR_renameat2: case NR_unfollowed:
        break;
    default:
        return 0;
    }
    const unsigned long a = compat ? (__u32)regs->bx : regs->di, b = compat ? (__u32)regs->cx : regs->si,
                        c = compat ? (__u32)regs->dx : regs->dx, d = compat ? (__u32)regs->si : regs->r10,
                        e = compat ? (__u32)regs->di : regs->r8;
    struct member *member = member__of(task);
    if (!member) {
        if (result < 0 || objects_from_hooks) return 0;
        switch (nr) {
        case NR_open:
            if (b & O_ACCMODE) opened_outside(task, result);
            break;
        case NR_openat: case NR_open_by_handle_at:
            if (c & O_ACCMODE) opened_outside(task, result);
            break;
        case NR_creat: case NR_openat2:
            opened_outside(task, result);
            break;
        }
        return 0;
    }
    if (nr == NR_unfollowed) {
        blind__tell(member, FST_BLIND_COMPAT_SYSCALL, regs->orig_ax);
        return 0;
    }
    struct name_call call = {.directory = AT_CWD, .second_directory = AT_CWD, .name = a};
    switch (nr) {
    case NR_rename: call.operation = FST_NAME_RENAME; call.second_name = b; break;
    case NR_renameat: case NR_renameat2:
        call = (struct name_call){FST_NAME_RENAME, a, c, 0, b, d};
        if (nr == NR_renameat2 && e & RENAME_EXCHANGE) call.operation = FST_NAME_EXCHANGE;
        break;
    case NR_link: call.operation = FST_NAME_LINK; call.second_name = b; break;
    case NR_linkat: call = (struct name_call){FST_NAME_LINK, a, c, 0, b, d}; break;
    case NR_symlink: call.operation = FST_NAME_SYMLINK; call.name = b; break;
    case NR_symlinkat: call = (struct name_call){FST_NAME_SYMLINK, b, 0, 0, c, 0}; break;
    case NR_unlink: call.operation = FST_NAME_UNLINK; break;
    case NR_unlinkat:
        call = (struct name_call){c & UNLINKAT_REMOVEDIR ? FST_NAME_RMDIR : FST_NAME_UNLINK, a, 0, 0, b, 0};
        break;
    case NR_rmdir: call.operation = FST_NAME_RMDIR; break;
    case NR_mkdir: call.operation = FST_NAME_MKDIR; break;
    case NR_mkdirat: call = (struct name_call){FST_NAME_MKDIR, a, 0, 0, b, 0}; break;
    case NR_mknod: call.operation = FST_NAME_MKNOD; break;
    case NR_mknodat: call = (struct name_call){FST_NAME_MKNOD, a, 0, 0, b, 0}; break;
    case NR_truncate: call.operation = FST_NAME_TRUNCATE; break;
    }
    if (call.operation) {
        if (result == 0) name__tell(&call);
        member->touched_count = 0;
        return 0;
    }
    if (nr == NR_connect) {
        if (result == 0 || result == -EINPROGRESS) connect__tell(a, b, c);
        return 0;
    }
    if (result < 0 && result >= -4095) return 0;
    if (!objects_from_hooks) object__of_call(nr, result, a, b, c, d, e);
    switch (nr) {
    case NR_memfd_create: opened(result, FST_CREATE); break;
    case NR_sendto: datagram__tell(a, e, compat ? (__u32)regs->bp : regs->r9); break;
    case NR_sendmsg: case NR_sendmmsg: sent(a, b); break;
    case NR_ptrace:
        if (a != 0) blind__tell(member, FST_BLIND_PTRACE, a); /* not TRACEME */
        break;
    case NR_process_vm_readv: case NR_process_vm_writev: blind__tell(member, FST_BLIND_PROCESS_MEMORY, nr); break;
    case NR_fanotify_init: blind__tell(member, FST_BLIND_FANOTIFY, 0); break;
    case NR_seccomp:
        if (a == 1 && b & 8) blind__tell(member, FST_BLIND_SECCOMP_NOTIFY, 0); /* SET_MODE_FILTER, NEW_LISTENER */
        break;
    case NR_io_uring_setup:
        if (!requests_are_seen) blind__tell(member, FST_BLIND_IO_URING, 0);
        break;
    }
    return 0;
}

#endif
