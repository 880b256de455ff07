/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * What a file is: identity, stamp and mode from its inode.
 */
#ifndef FSTRACKER_BPF_OBJECT_H
#define FSTRACKER_BPF_OBJECT_H

#include "lib/maps.h"

/* Functions of their own, so that the compiler cannot move a field's offset in front of the question whether this kernel
 * has the field: an offset that cannot be resolved must not be reached. */
static __noinline __s64 inode__ctime(struct inode *inode)
{
    struct timespec64 t = {};
    if (bpf_core_field_exists(inode->i_ctime_sec))
        return BPF_CORE_READ(inode, i_ctime_sec) * 1000000000ll + (BPF_CORE_READ(inode, i_ctime_nsec) & CTIME_NANOSECONDS);
    struct inode___before_6_11 *newer = (void *)inode;
    struct inode___before_6_6 *older = (void *)inode;
    if (bpf_core_field_exists(newer->__i_ctime))
        t = BPF_CORE_READ(newer, __i_ctime);
    else
        t = BPF_CORE_READ(older, i_ctime);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static __noinline __s64 inode__mtime(struct inode *inode)
{
    struct timespec64 t = {};
    if (bpf_core_field_exists(inode->i_mtime_sec))
        return BPF_CORE_READ(inode, i_mtime_sec) * 1000000000ll + BPF_CORE_READ(inode, i_mtime_nsec);
    struct inode___before_6_11 *newer = (void *)inode;
    struct inode___before_6_7 *older = (void *)inode;
    if (bpf_core_field_exists(newer->__i_mtime))
        t = BPF_CORE_READ(newer, __i_mtime);
    else
        t = BPF_CORE_READ(older, i_mtime);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static __always_inline void object__fill(struct fst_object *o, struct inode *inode)
{
    struct super_block *sb = BPF_CORE_READ(inode, i_sb);
    o->inode = BPF_CORE_READ(inode, i_ino);
    o->device = BPF_CORE_READ(sb, s_dev);
    o->generation = BPF_CORE_READ(inode, i_generation);
    o->size = BPF_CORE_READ(inode, i_size);
    o->mtime = inode__mtime(inode);
    o->ctime = inode__ctime(inode);
    o->mode = BPF_CORE_READ(inode, i_mode);
    o->writers = BPF_CORE_READ(inode, i_writecount.counter);
    o->rdev = BPF_CORE_READ(inode, i_rdev);
    o->links = BPF_CORE_READ(inode, i_nlink);
    o->magic = BPF_CORE_READ(sb, s_magic);
}

/* Pipes, sockets, anonymous inodes and their like are no files; a memfd is. */
static __always_inline bool inode__is_file(struct inode *inode)
{
    __u32 type = BPF_CORE_READ(inode, i_mode) & S_IFMT;
    if (type == S_IFDIR || type == S_IFLNK || type == S_IFSOCK) return false;
    struct super_block *sb = BPF_CORE_READ(inode, i_sb);
    if (!(BPF_CORE_READ(sb, s_flags) & SB_NOUSER)) return type != 0;
    __u64 magic = BPF_CORE_READ(sb, s_magic);
    return type == S_IFREG && (magic == TMPFS_MAGIC || magic == HUGETLBFS_MAGIC);
}

/* A file as user space knows it. Below a mapping of an overlayfs file lies the file of a lower layer: its inode is
 * another, and the name leads back to the one that was opened. */
struct visible {
    struct dentry *dentry;
    struct vfsmount *mount;
    struct inode *inode;
};

/* A function of its own for the reason told at inode__ctime. */
static __noinline int backing__path(struct file *file, struct path *path)
{
    struct backing_file *backing = (void *)file;
    if (!bpf_core_field_exists(backing->user_path)) return 0;
    return bpf_core_read(path, sizeof(*path), &backing->user_path) == 0;
}

static __always_inline void file__visible(struct file *file, struct visible *v)
{
    v->dentry = BPF_CORE_READ(file, f_path.dentry);
    v->mount = BPF_CORE_READ(file, f_path.mnt);
    v->inode = BPF_CORE_READ(file, f_inode);
    __u32 mode = BPF_CORE_READ(file, f_mode);
    if (!(mode & FMODE_NOACCOUNT)) return;
    struct path path = {};
    if (backing__path(file, &path)) {
        v->dentry = path.dentry;
        v->mount = path.mnt;
    }
    struct dentry *dentry = v->dentry; /* not through v: its fields are ours and not the kernel's */
    struct inode *inode = BPF_CORE_READ(dentry, d_inode);
    if (inode) v->inode = inode;
}

/* The file behind a descriptor of the current task, or NULL. */
static __always_inline struct file *file__of_descriptor(struct task_struct *task, __u32 descriptor)
{
    struct fdtable *table = BPF_CORE_READ(task, files, fdt);
    if (descriptor >= BPF_CORE_READ(table, max_fds)) return NULL;
    struct file **slots = BPF_CORE_READ(table, fd), *file = NULL;
    bpf_probe_read_kernel(&file, sizeof(file), slots + descriptor);
    return file;
}

#endif
