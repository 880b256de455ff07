/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The few kernel types that the programs look into, by field name only: libbpf relocates every access to the running
 * kernel's layout (CO-RE), so neither a kernel's headers nor its BTF is needed to build. A field that was renamed between
 * kernels is here under each name, and bpf_core_field_exists says which this kernel has. Each relocated type is one search
 * through all of the kernel's types at every start, about a millisecond: what never moves is not relocated.
 */
#ifndef FSTRACKER_BPF_KERNEL_H
#define FSTRACKER_BPF_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

#define RELOCATED __attribute__((preserve_access_index))

typedef __s64 time64_t;
typedef struct {
    int counter;
} atomic_t;

struct qstr {
    union {
        struct {
            __u32 hash;
            __u32 len;
        };
    };
    const unsigned char *name;
} RELOCATED;

struct super_block {
    __u32 s_dev;
    unsigned long s_flags;
    unsigned long s_magic;
} RELOCATED;

struct timespec64 { /* the same everywhere */
    time64_t tv_sec;
    long tv_nsec;
};

struct inode {
    unsigned short i_mode;
    struct super_block *i_sb;
    unsigned long i_ino;
    unsigned int i_nlink;
    __u32 i_rdev;
    __s64 i_size;
    time64_t i_mtime_sec; /* 6.11 and later */
    time64_t i_ctime_sec;
    __u32 i_mtime_nsec;
    __u32 i_ctime_nsec;
    struct timespec64 __i_mtime; /* 6.7 to 6.10 */
    struct timespec64 __i_ctime; /* 6.6 to 6.10 */
    struct timespec64 i_mtime; /* before those */
    struct timespec64 i_ctime;
    __u32 i_generation;
    atomic_t i_writecount;
} RELOCATED;

struct dentry {
    struct dentry *d_parent;
    struct qstr d_name;
    struct inode *d_inode;
} RELOCATED;

struct vfsmount {
    struct dentry *mnt_root;
    struct super_block *mnt_sb;
} RELOCATED;

struct mount {
    struct mount *mnt_parent;
    struct dentry *mnt_mountpoint;
    struct vfsmount mnt;
} RELOCATED;

struct path {
    struct vfsmount *mnt;
    struct dentry *dentry;
} RELOCATED;

struct callback_head { /* the same everywhere */
    struct callback_head *next;
    void (*func)(struct callback_head *head);
};

struct file {
    unsigned int f_mode;
    unsigned int f_flags;
    struct inode *f_inode;
    struct path f_path;
    void *private_data;
    struct callback_head f_task_work; /* 6.9 and later */
    struct callback_head f_rcuhead;   /* before */
} RELOCATED;

struct backing_file { /* overlayfs, 6.5 and later: the lower file, with the path that user space knows */
    struct file file;
    struct path user_path;
} RELOCATED;

struct fdtable {
    unsigned int max_fds;
    struct file **fd;
} RELOCATED;

struct files_struct {
    struct fdtable *fdt;
} RELOCATED;

struct fs_struct {
    struct path root;
    struct path pwd;
} RELOCATED;

struct mm_struct {
    unsigned long arg_start;
    unsigned long arg_end;
    unsigned long saved_auxv[28];
} RELOCATED;

struct vm_area_struct {
    unsigned long vm_start;
    unsigned long vm_flags;
    struct file *vm_file;
} RELOCATED;

typedef struct {
    __u32 val;
} kuid_t;
typedef struct {
    __u32 val;
} kgid_t;

struct cred {
    kuid_t uid;
    kgid_t gid;
} RELOCATED;

struct task_io_accounting {
    __u64 rchar;
    __u64 wchar;
} RELOCATED;

struct signal_struct {
    atomic_t live;
    int group_exit_code;
    unsigned int flags;
    unsigned long maxrss;
    struct task_io_accounting ioac;
    unsigned long long sum_sched_runtime;
} RELOCATED;

struct sched_entity {
    __u64 sum_exec_runtime;
} RELOCATED;

struct thread_info {
    __u32 status;
} RELOCATED;

struct task_struct {
    struct thread_info thread_info;
    unsigned int flags;
    void *worker_private;
    int exit_code;
    int pid;
    int tgid;
    unsigned int in_execve : 1;
    struct task_struct *group_leader;
    struct mm_struct *mm;
    struct fs_struct *fs;
    struct files_struct *files;
    const struct cred *cred;
    struct signal_struct *signal;
    struct sched_entity se;
    struct task_io_accounting ioac;
    struct callback_head *task_works;
    char comm[16];
} RELOCATED;

struct linux_binprm {
    struct file *executable;
    struct file *file;
    int argc;
    const char *filename;
    const char *interp;
} RELOCATED;

struct in6_addr {
    union {
        __u8 u6_addr8[16];
    } in6_u;
} RELOCATED;

struct sock_common {
    unsigned short skc_family;
    __u32 skc_daddr;
    __u16 skc_dport;
    struct in6_addr skc_v6_daddr;
} RELOCATED;

struct sock {
    struct sock_common __sk_common;
    __u16 sk_type;
    __u16 sk_protocol;
} RELOCATED;

struct socket {
    struct sock *sk;
} RELOCATED;

struct sockaddr_un { /* the same everywhere */
    unsigned short sun_family;
    char sun_path[108];
};

struct unix_address {
    int len; /* of the name, its family included */
    struct sockaddr_un name[0];
} RELOCATED;

struct unix_sock { /* begins with its struct sock */
    struct unix_address *addr; /* what it is bound to; that of a connection's far end is the listener's */
    struct path path;          /* its place in the file system, likewise */
    struct sock *peer;
} RELOCATED;

struct pt_regs { /* x86-64 */
    unsigned long r15, r14, r13, r12, bp, bx;
    unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
    unsigned long orig_ax;
    unsigned long ip;
};

struct bpf_iter_meta {
    void *seq;
};

struct bpf_iter__task_file {
    struct bpf_iter_meta *meta;
    struct task_struct *task;
    __u32 fd;
    struct file *file;
};

#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000

#define FMODE_READ 0x1u
#define FMODE_WRITE 0x2u
#define FMODE_PATH 0x4000u
#define FMODE_CREATED 0x100000u
#define FMODE_NOACCOUNT 0x20000000u /* the kernel's own: overlayfs opened it below a file that user space has */

#define O_ACCMODE 3u
#define O_TRUNC 01000u
#define O_TMPFILE_BIT 020000000u

#define SB_NOUSER (1ul << 31) /* a kernel-internal mount: pipes, sockets, anonymous inodes; memfd's tmpfs too */
#define TMPFS_MAGIC 0x01021994ul
#define HUGETLBFS_MAGIC 0x958458f6ul

#define TS_COMPAT 0x2u
#define SIGNAL_GROUP_EXIT 0x4u
#define CTIME_NANOSECONDS 0x3fffffffu /* 6.13 and later keep a flag above them */

#define AT_BASE 7

#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10

#define EINPROGRESS 115

#endif
