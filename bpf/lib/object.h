/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * What a file is: identity, stamp and mode from its inode.
 */
#ifndef FSTRACKER_BPF_OBJECT_H
#define FSTRACKER_BPF_OBJECT_H

#include "lib/maps.h"
#include "lib/read.h"

/* Functions of their own, so that the compiler cannot move a field's offset in front of the question whether this kernel
 * has the field: an offset that cannot be resolved must not be reached. */
static __noinline __s64 inode__ctime(struct inode *address)
{
    struct inode *inode = KERNEL(struct inode, address);
    struct timespec64 t = {};
    if (bpf_core_field_exists(inode->i_ctime_sec))
        return GET(inode, i_ctime_sec) * 1000000000ll + (GET(inode, i_ctime_nsec) & CTIME_NANOSECONDS);
    if (bpf_core_field_exists(inode->__i_ctime))
        t = BPF_CORE_READ(inode, __i_ctime);
    else
        t = BPF_CORE_READ(inode, i_ctime);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static __noinline __s64 inode__mtime(struct inode *address)
{
    struct inode *inode = KERNEL(struct inode, address);
    struct timespec64 t = {};
    if (bpf_core_field_exists(inode->i_mtime_sec))
        return GET(inode, i_mtime_sec) * 1000000000ll + GET(inode, i_mtime_nsec);
    if (bpf_core_field_exists(inode->__i_mtime))
        t = BPF_CORE_READ(inode, __i_mtime);
    else
        t = BPF_CORE_READ(inode, i_mtime);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

/* A function of its own for the stack that its reads take. */
static __noinline void object__fill(struct fst_object *o, struct inode *address)
{
    struct inode *inode = KERNEL(struct inode, address);
    struct super_block *sb = GET(inode, i_sb);
    o->inode = GET(inode, i_ino);
    o->device = GET(sb, s_dev);
    o->generation = GET(inode, i_generation);
    o->size = GET(inode, i_size);
    o->mtime = inode__mtime(address);
    o->ctime = inode__ctime(address);
    o->mode = GET(inode, i_mode);
    o->writers = GET(inode, i_writecount.counter);
    o->rdev = GET(inode, i_rdev);
    o->links = GET(inode, i_nlink);
    o->magic = GET(sb, s_magic);
}

/* Pipes, sockets, anonymous inodes and their like are no files; a memfd is. */
static __always_inline bool inode__is_file(struct inode *address)
{
    struct inode *inode = KERNEL(struct inode, address);
    __u32 type = GET(inode, i_mode) & S_IFMT;
    if (type == S_IFDIR || type == S_IFLNK || type == S_IFSOCK) return false;
    struct super_block *sb = GET(inode, i_sb);
    if (!(GET(sb, s_flags) & SB_NOUSER)) return type != 0;
    __u64 magic = GET(sb, s_magic);
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

static __always_inline void file__visible(struct file *address, struct visible *v)
{
    struct file *file = KERNEL(struct file, address);
    v->dentry = BPF_CORE_READ(address, f_path.dentry); /* plain addresses: they are compared, mixed and handed on */
    v->mount = BPF_CORE_READ(address, f_path.mnt);
    v->inode = GET(file, f_inode);
    if (!(GET(file, f_mode) & FMODE_NOACCOUNT)) return;
    struct path path = {};
    if (backing__path(address, &path)) {
        v->dentry = path.dentry;
        v->mount = path.mnt;
    }
    struct dentry *dentry = v->dentry; /* not through v: its fields are ours and not the kernel's */
    struct inode *inode = BPF_CORE_READ(dentry, d_inode);
    if (inode) v->inode = inode;
}

/* The file behind a descriptor of the current task, or NULL. */
static __always_inline struct file *file__of_descriptor(struct task_struct *address, __u32 descriptor)
{
    struct task_struct *task = KERNEL(struct task_struct, address);
    struct files_struct *files = GET(task, files);
    struct fdtable *table = GET(files, fdt);
    if (descriptor >= GET(table, max_fds)) return NULL;
    struct file **slots = GET(table, fd), *file = NULL;
    bpf_probe_read_kernel(&file, sizeof(file), slots + descriptor);
    return file;
}

#endif
