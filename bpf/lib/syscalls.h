/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * System call numbers of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl), those that matter.
 */
#ifndef FSTRACKER_BPF_SYSCALLS_H
#define FSTRACKER_BPF_SYSCALLS_H

#include <stdbool.h>

enum {
    NR_open = 2, NR_mmap = 9, NR_mprotect = 10, NR_connect = 42, NR_sendto = 44, NR_sendmsg = 46, NR_recvmsg = 47,
    NR_truncate = 76, NR_rename = 82, NR_mkdir = 83, NR_rmdir = 84, NR_creat = 85, NR_link = 86, NR_unlink = 87,
    NR_symlink = 88, NR_ptrace = 101, NR_mknod = 133, NR_openat = 257, NR_mkdirat = 258, NR_mknodat = 259,
    NR_unlinkat = 263, NR_renameat = 264, NR_linkat = 265, NR_symlinkat = 266, NR_recvmmsg = 299, NR_fanotify_init = 300,
    NR_open_by_handle_at = 304, NR_sendmmsg = 307, NR_process_vm_readv = 310, NR_process_vm_writev = 311,
    NR_renameat2 = 316, NR_seccomp = 317, NR_memfd_create = 319, NR_pkey_mprotect = 329, NR_io_uring_setup = 425,
    NR_openat2 = 437, NR_pidfd_getfd = 438
};

static __always_inline bool syscall__changes_names(long nr)
{
    switch (nr) {
    case NR_truncate: case NR_rename: case NR_mkdir: case NR_rmdir: case NR_link: case NR_unlink: case NR_symlink:
    case NR_mknod: case NR_mkdirat: case NR_mknodat: case NR_unlinkat: case NR_renameat: case NR_linkat:
    case NR_symlinkat: case NR_renameat2:
        return true;
    }
    return false;
}

#endif
