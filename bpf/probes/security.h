/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The fentry and lsm backends: objects where the kernel decides over them, so that every road to a file comes by:
 * io_uring, file handles, 32-bit calls, descriptors handed over. Names and connections still come from sys_exit
 * (probes/syscall.h with objects_from_hooks set); the inodes behind a name are noted here on the way.
 *
 *   file_open            opened, unless for an execution, which process__exec tells
 *   mmap_file            mapped executable, unless by an execution
 *   file_mprotect        a mapping becomes executable
 *   file_receive         a descriptor arrives: SCM_RIGHTS, pidfd_getfd, a seccomp listener
 *   inode_{rename,link,unlink,rmdir}, d_instantiate, path_truncate   noted for the name that follows
 *
 * fentry: at the return of security_*, so only what was allowed. lsm: among the kernel's own modules, after those that
 * come earlier in the list have allowed it.
 */
#ifndef FSTRACKER_BPF_SECURITY_H
#define FSTRACKER_BPF_SECURITY_H

#include "probes/name.h"
#include "probes/process.h"

#define F_FOR_EXEC 0x20u /* __FMODE_EXEC in f_flags */

static __always_inline int security__opened(struct file *file)
{
    __u32 flags = BPF_CORE_READ(file, f_flags);
    struct member *member = member__of(bpf_get_current_task_btf());
    if (!member) {
        if (BPF_CORE_READ(file, f_mode) & FMODE_WRITE) writer__tell((__u64)file, 0);
        return 0;
    }
    if (flags & F_FOR_EXEC || BPF_CORE_READ(file, f_mode) & FMODE_NOACCOUNT) return 0; /* below what was opened: overlayfs */
    __u32 access = file__access(file);
    if (flags & O_TRUNC && access & FST_WRITE) access |= FST_TRUNCATE;
    access__of_member(member, file, access, -1);
    if (access & FST_WRITE) writer__tell((__u64)file, member->run);
    return 0;
}

static __always_inline int security__mapped(struct file *file, unsigned long protection)
{
    struct task_struct *task = bpf_get_current_task_btf();
    if (!file || !(protection & 4) || BPF_CORE_READ_BITFIELD_PROBED(task, in_execve)) return 0;
    struct member *member = member__of(task);
    if (member) access__of_member(member, file, FST_LOAD, -1);
    return 0;
}

static __always_inline int security__received(struct file *file)
{
    struct member *member = member__of(bpf_get_current_task_btf());
    if (!member || BPF_CORE_READ(file, f_mode) & FMODE_PATH) return 0;
    peer__tell_of_file((__u64)file, (__u64)member->run << 32 | member->process);
    access__of_member(member, file, (BPF_CORE_READ(file, f_mode) & (FST_READ | FST_WRITE)) | FST_RECEIVE, -1);
    return 0;
}

/* A file pointer out of the context, as the plain address that shared functions take. */
static __always_inline struct file *argument__file(__u64 *context, int index)
{
    struct file *file = NULL;
    bpf_probe_read_kernel(&file, sizeof(file), &context[index]);
    return file;
}

static __always_inline int touched__dentry(struct dentry *dentry)
{
    struct inode *inode = BPF_CORE_READ(dentry, d_inode);
    return inode ? touched__note(inode) : 0;
}

/* Each hook twice: SEC names differ, bodies do not. */
#define HOOK(hook, arguments, body) \
    SEC("fexit/security_" #hook) int BPF_PROG(fentry__##hook, arguments) body \
    SEC("lsm/" #hook) int BPF_PROG(lsm__##hook, arguments) body
#define WITH(...) __VA_ARGS__

HOOK(file_open, struct file *file, {
    return security__opened(argument__file(ctx, 0));
})
HOOK(mmap_file, WITH(struct file *file, unsigned long requested, unsigned long protection), {
    return security__mapped(argument__file(ctx, 0), requested);
})
HOOK(file_mprotect, WITH(struct vm_area_struct *vma, unsigned long requested, unsigned long protection), {
    return security__mapped(BPF_CORE_READ(vma, vm_file), requested);
})
HOOK(file_receive, struct file *file, {
    return security__received(argument__file(ctx, 0));
})
HOOK(inode_rename, WITH(struct inode *old_directory, struct dentry *old_dentry, struct inode *new_directory, struct dentry *new_dentry), {
    touched__dentry(old_dentry);
    return touched__dentry(new_dentry);
})
HOOK(inode_link, struct dentry *old_dentry, {
    return touched__dentry(old_dentry);
})
HOOK(inode_unlink, WITH(struct inode *directory, struct dentry *dentry), {
    return touched__dentry(dentry);
})
HOOK(inode_rmdir, WITH(struct inode *directory, struct dentry *dentry), {
    return touched__dentry(dentry);
})
HOOK(path_truncate, struct path *path, {
    return touched__dentry(BPF_CORE_READ(path, dentry));
})

SEC("fentry/security_d_instantiate")
int BPF_PROG(fentry__d_instantiate, struct dentry *dentry, struct inode *inode)
{
    return inode ? touched__note(inode) : 0;
}

#endif
