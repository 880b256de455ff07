/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Names: rename, link, unlink, mkdir and their like leave no descriptor. Their inodes are learnt where the kernel moves
 * the change time (6.13 and later have the tracepoints), in the acting task and during that very call; the names are the
 * arguments, and user space believes them only where they lead to one of those inodes.
 */
#ifndef FSTRACKER_BPF_NAME_H
#define FSTRACKER_BPF_NAME_H

#include "lib/access.h"
#include "lib/compat.h"
#include "lib/uring.h"

static __noinline void request__touched(__u64 address, struct inode *inode)
{
    struct request *request = bpf_map_lookup_elem(&requests, &address);
    if (!request || !request->operation) return;
    __u32 slot = request->touched_count++;
    if (slot < FST_TOUCHED_MAX) object__fill(&request->touched[slot & (FST_TOUCHED_MAX - 1)], inode);
}

static __always_inline int touched__note(struct inode *inode)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct member *member = member__of(task);
    if (!member) return 0;
    if (task->flags & PF_IO_WORKER) { /* io_uring leaves names to its workers */
        if (requests_are_seen) request__touched(request__of_worker(task), inode);
        return 0;
    }
    struct pt_regs *regs = (void *)bpf_task_pt_regs((void *)task);
    if (!syscall__changes_names(task__call(task, regs))) return 0;
    __u32 slot = member->touched_count++;
    if (slot >= FST_TOUCHED_MAX) return 0;
    struct fst_object *object = &member->touched[slot & (FST_TOUCHED_MAX - 1)];
    object__fill(object, inode);
    if ((object->mode & S_IFMT) == S_IFREG) { /* from here on outside writers are told */
        struct object_key key = {.inode = object->inode, .device = object->device, .generation = object->generation};
        objects__note(member->run, &key);
    }
    return 0;
}

SEC("tp_btf/ctime_ns_xchg")
int BPF_PROG(touched__changed, struct inode *inode)
{
    return touched__note(inode);
}

SEC("tp_btf/ctime_xchg_skip")
int BPF_PROG(touched__same_tick, struct inode *inode)
{
    return touched__note(inode);
}

SEC("tp_btf/inode_set_ctime_to_ts")
int BPF_PROG(touched__set, struct inode *inode)
{
    return touched__note(inode);
}

/* Appends the directory that a relative name is meant from. */
static __always_inline __u32 name__append_base(struct scratch *s, struct task_struct *task, __s32 directory, __u32 at,
                                               __u16 *base_size, __u32 *flags)
{
    __u32 end = at;
    struct dentry *dentry = NULL;
    struct vfsmount *mount = NULL;
    if (directory == -100) { /* AT_FDCWD */
        dentry = BPF_CORE_READ(task, fs, pwd.dentry);
        mount = BPF_CORE_READ(task, fs, pwd.mnt);
    } else {
        struct file *file = file__of_descriptor(task, directory);
        if (file) {
            dentry = BPF_CORE_READ(file, f_path.dentry);
            mount = BPF_CORE_READ(file, f_path.mnt);
        }
    }
    if (dentry) end = path__append(s, dentry, mount, at, flags);
    *base_size = end - at;
    return end;
}

/* Appends the base directory of a relative name, and the name. */
static __always_inline __u32 name__append(struct scratch *s, struct task_struct *task, __s32 directory, unsigned long string,
                                          __u32 at, __u16 *base_size, __u16 *name_size, __u32 *flags)
{
    __u8 first = 0;
    bpf_probe_read_user(&first, 1, (void *)string);
    __u32 end = at;
    if (first != '/') end = name__append_base(s, task, directory, at, base_size, flags);
    end = offset__bounded(end);
    long length = bpf_probe_read_user_str(s->bytes + end, FST_NAME_ARG_MAX, (void *)string);
    if (length <= 0) {
        *flags |= FST_STRING_UNREADABLE;
        return end;
    }
    *name_size = (length - 1) & (FST_NAME_ARG_MAX * 2 - 1); /* without the terminator */
    return end + *name_size;
}

struct name_call {
    __u32 operation;
    __s32 directory;
    __s32 second_directory;
    __u32 pad;
    unsigned long name;
    unsigned long second_name; /* 0: none */
};

static __always_inline void name__fill(struct fst_name *r, __u32 operation, const struct fst_object *touched, __u32 count)
{
    r->operation = operation;
    r->touched_count = count;
    __builtin_memcpy(r->touched, touched, sizeof(r->touched));
    if (count < FST_TOUCHED_MAX)
        for (__u32 i = 0; i < FST_TOUCHED_MAX; i++)
            if (i >= count) __builtin_memset(&r->touched[i], 0, sizeof(r->touched[i]));
}

/* A function of its own to the verifier, as are all that sys_exit calls in more than one place or that are long. */
__noinline int name__tell(struct name_call *call)
{
    struct task_struct *task = bpf_get_current_task_btf();
    struct member *member = member__of(task);
    if (!member || !call) return 0;
    struct scratch *s = record__begin(member->run, member->process, FST_NAME, sizeof(struct fst_name));
    if (s) {
        struct fst_name *r = (void *)s->bytes;
        name__fill(r, call->operation, member->touched, member->touched_count);
        __u32 flags = 0;
        __u32 end = name__append(s, task, call->directory, call->name, sizeof(*r), &r->base_size, &r->name_size, &flags);
        if (call->second_name)
            end = name__append(s, task, call->second_directory, call->second_name, end, &r->second_base_size,
                               &r->second_name_size, &flags);
        r->header.flags = flags;
        record__end(s, end);
    }
    return 0;
}

#endif
