/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * 32-bit system calls (int 0x80, also out of 64-bit programs): other numbers, other registers, the same meaning.
 * arch/x86/entry/syscalls/syscall_32.tbl, those that matter.
 */
#ifndef FSTRACKER_BPF_COMPAT_H
#define FSTRACKER_BPF_COMPAT_H

#include "lib/kernel.h"
#include "lib/syscalls.h"

#define NR_unfollowed 0x7fff /* its arguments are laid out otherwise: messages, socketcall, the oldest mmap */

static __always_inline bool task__in_compat_call(struct task_struct *task)
{
    return task->thread_info.status & TS_COMPAT;
}

/* The number that a 64-bit program would have used; 0 (read) for what matters to nobody. */
static __noinline __u32 compat__number(__u32 nr)
{
    switch (nr) {
    case 5: return NR_open;
    case 8: return NR_creat;
    case 9: return NR_link;
    case 10: return NR_unlink;
    case 14: return NR_mknod;
    case 26: return NR_ptrace;
    case 38: return NR_rename;
    case 39: return NR_mkdir;
    case 40: return NR_rmdir;
    case 83: return NR_symlink;
    case 92: case 193: return NR_truncate;
    case 125: return NR_mprotect;
    case 192: return NR_mmap;
    case 295: return NR_openat;
    case 296: return NR_mkdirat;
    case 297: return NR_mknodat;
    case 301: return NR_unlinkat;
    case 302: return NR_renameat;
    case 303: return NR_linkat;
    case 304: return NR_symlinkat;
    case 338: return NR_fanotify_init;
    case 342: return NR_open_by_handle_at;
    case 347: return NR_process_vm_readv;
    case 348: return NR_process_vm_writev;
    case 353: return NR_renameat2;
    case 354: return NR_seccomp;
    case 356: return NR_memfd_create;
    case 362: return NR_connect;
    case 369: return NR_sendto;
    case 380: return NR_pkey_mprotect;
    case 425: case 437: case 438: return nr;
    case 90: case 102: case 337: case 345: case 370: case 372: case 417: return NR_unfollowed;
    }
    return 0;
}

/* The number of the system call that a task is in, as a 64-bit program would have it. */
static __always_inline long task__call(struct task_struct *task, const struct pt_regs *regs)
{
    return task__in_compat_call(task) ? compat__number(regs->orig_ax) : (long)regs->orig_ax;
}

#endif
