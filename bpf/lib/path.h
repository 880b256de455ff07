/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * A path from its dentries, leaf to root, as the acting task sees it: the walk crosses mounts upwards and ends at the
 * task's root. Never from a string that user space handed in.
 */
#ifndef FSTRACKER_BPF_PATH_H
#define FSTRACKER_BPF_PATH_H

#include "lib/emit.h"

static long walk__step(__u32 index, void *unused)
{
    struct scratch *s = scratch__here();
    if (!s) return 1;
    struct walk *w = &s->walk;
    struct dentry *dentry = KERNEL(struct dentry, w->dentry);
    struct vfsmount *vfsmount = KERNEL(struct vfsmount, w->mount);
    if (w->dentry == w->root_dentry && w->mount == w->root_mount) return 1;

    const __u64 parent = (__u64)GET(dentry, d_parent);
    if (w->dentry == (__u64)GET(vfsmount, mnt_root)) {
        struct mount *mount = (void *)w->mount - bpf_core_field_offset(struct mount, mnt);
        struct mount *above = BPF_CORE_READ(mount, mnt_parent);
        if (above == mount) {
            w->flags |= FST_PATH_DETACHED;
            return 1;
        }
        w->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
        w->mount = (__u64)above + bpf_core_field_offset(struct mount, mnt);
        return 0;
    }
    if (w->dentry == parent && !w->first) { /* cut off from its mount */
        w->flags |= FST_PATH_DETACHED;
        return 1;
    }

    __u32 length = GET(dentry, d_name.len) & 0xff, offset = w->offset;
    if (offset + length + 1 > w->limit || offset >= FST_RECORD_MAX) {
        w->flags |= FST_PATH_TRUNCATED;
        return 1;
    }
    if (length && bpf_probe_read_kernel(s->bytes + offset, length, GET(dentry, d_name.name))) {
        w->flags |= FST_STRING_UNREADABLE;
        return 1;
    }
    offset += length;
    if (offset >= FST_RECORD_MAX) return 1;
    s->bytes[offset] = 0;
    w->offset = offset + 1;
    w->first = 0;
    if (w->dentry == parent) return 1; /* a name of its own, like a memfd's */
    w->dentry = parent;
    return 0;
}

/* Appends a path (struct dentry *, struct vfsmount *) to this CPU's record at `offset`; returns the offset behind it and
 * leaves FST_PATH_… in walk.flags. A function of its own to the verifier, hence the plain numbers. */
__noinline __u32 path__append_at(__u64 dentry, __u64 mount, __u32 offset)
{
    struct scratch *s = scratch__here();
    if (!s) return offset;
    struct task_struct *task = KERNEL(struct task_struct, bpf_get_current_task());
    struct fs_struct *fs = GET(task, fs);
    s->walk.dentry = dentry;
    s->walk.mount = mount;
    s->walk.root_dentry = (__u64)GET(fs, root.dentry);
    s->walk.root_mount = (__u64)GET(fs, root.mnt);
    s->walk.offset = offset;
    s->walk.limit = offset + FST_PATH_MAX;
    s->walk.flags = 0;
    s->walk.first = 1;
    bpf_loop(FST_COMPONENTS_MAX * 2, walk__step, NULL, 0);
    return s->walk.offset;
}

static __always_inline __u32 path__append(struct scratch *s, struct dentry *dentry, struct vfsmount *mount, __u32 offset,
                                          __u32 *flags)
{
    __u32 end = path__append_at((__u64)dentry, (__u64)mount, offset);
    *flags |= s->walk.flags;
    return offset__bounded(end);
}

static __always_inline __u32 path__append_file(struct scratch *s, struct file *file, __u32 offset, __u32 *flags)
{
    return path__append(s, BPF_CORE_READ(file, f_path.dentry), BPF_CORE_READ(file, f_path.mnt), offset, flags);
}

#endif
