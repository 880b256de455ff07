/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Processes: fork, execution, exit. The same tracepoints on every backend.
 *
 *   task_newtask         in the parent, before the child runs: the child becomes a member; a thread that the kernel makes
 *                        for the process (io_uring's workers and pollers) does too
 *   sched_process_exec   after the new image is in place and before its first instruction: bprm->file is what runs; for a
 *                        script the file that the kernel took is on its way to a deferred fput, still whole
 *   sched_process_exit   a process has ended when the last of its threads is here
 *   sched_process_free   the last that is heard of a task
 */
#ifndef FSTRACKER_BPF_PROCESS_H
#define FSTRACKER_BPF_PROCESS_H

#include "lib/access.h"

static __always_inline void blind__tell_of(__u32 run_number, __u32 process, __u32 what, __s32 detail)
{
    struct run *run = run__active(run_number);
    if (!run || run->entered & (1ull << what)) return;
    __sync_fetch_and_or(&run->entered, 1ull << what);
    struct scratch *s = record__begin(run_number, process, FST_BLIND, sizeof(struct fst_blind_spot));
    if (!s) return;
    struct fst_blind_spot *r = (void *)s->bytes;
    r->what = what;
    r->detail = detail;
    record__end(s, sizeof(*r));
}

static __always_inline void blind__tell(struct member *member, __u32 what, __s32 detail)
{
    blind__tell_of(member->run, member->process, what, detail);
}

SEC("tp_btf/task_newtask")
int BPF_PROG(process__fork, struct task_struct *child)
{
    struct task_struct *parent = bpf_get_current_task_btf();
    struct member *from = member__of(parent);
    if (!from) return 0;
    struct run *run = run__active(from->run);
    if (!run) return 0;
    const bool thread = child->tgid == parent->tgid;
    struct member *to = member__make(child);
    if (!to) {
        kind__seen(from->run, FST_FORK);
        kind__lost(from->run, FST_FORK, FST_LOSS_MEMBERSHIP);
        blind__tell(from, FST_BLIND_MEMBERSHIP, 0);
        return 0;
    }
    to->run = from->run;
    if (thread) {
        to->process = from->process;
        return 0;
    }
    to->process = __sync_fetch_and_add(&run->next_process, 1) + 1;
    struct scratch *s = record__begin(from->run, to->process, FST_FORK, sizeof(struct fst_fork));
    if (!s) return 0;
    struct fst_fork *r = (void *)s->bytes;
    r->parent = from->process;
    r->child_tgid = child->tgid;
    r->uid = BPF_CORE_READ(child, cred, uid.val);
    record__end(s, sizeof(*r));
    return 0;
}

struct found_file {
    struct file *file;
};

static long vma__take_file(struct task_struct *task, struct vm_area_struct *vma, struct found_file *found)
{
    found->file = BPF_CORE_READ(vma, vm_file);
    return 0;
}

/* The ELF loader that the kernel mapped is where the auxiliary vector says. */
static __always_inline void loader__tell(struct member *member, struct task_struct *task)
{
    unsigned long base = 0;
    for (int i = 0; i < 24; i += 2) {
        unsigned long pair[2];
        struct mm_struct *mm = BPF_CORE_READ(task, mm);
        if (bpf_probe_read_kernel(pair, sizeof(pair), (void *)mm + bpf_core_field_offset(struct mm_struct, saved_auxv) + i * 8) ||
            pair[0] == 0)
            break;
        if (pair[0] == AT_BASE) {
            base = pair[1];
            break;
        }
    }
    if (!base) return;
    struct found_file found = {};
    if (bpf_find_vma((void *)task, base, vma__take_file, &found, 0) || !found.file) {
        kind__unreadable(member->run, FST_ACCESS);
        return;
    }
    access__of_member(member, found.file, FST_LOAD, -1);
}

struct work_walk {
    __u64 work;   /* struct callback_head * */
    __u64 oldest; /* the last one seen that is a deferred fput */
};

static long work__step(__u32 index, struct work_walk *w)
{
    struct callback_head work;
    if (!w->work || bpf_probe_read_kernel(&work, sizeof(work), (void *)w->work)) return 1;
    if ((__u64)work.func == deferred_fput) w->oldest = w->work;
    w->work = (__u64)work.next;
    return 0;
}

/* The script: its last reference was the execution's own, and was dropped before the descriptors that close on
 * execution and the ELF loader were. Such drops wait as task work until the way back to user space, the newest first, and
 * none is older than this system call. So the oldest is the script, still whole. */
static __always_inline struct file *script__file(struct task_struct *task, struct linux_binprm *bprm)
{
    struct file *kept = BPF_CORE_READ(bprm, executable);
    if (kept) return kept;
    if (!deferred_fput) return NULL;
    struct work_walk w = {.work = (__u64)BPF_CORE_READ(task, task_works)};
    bpf_loop(8192, work__step, &w, 0);
    if (!w.oldest) return NULL;
    struct file *file = NULL;
    if (bpf_core_field_exists(file->f_task_work))
        file = (void *)w.oldest - bpf_core_field_offset(struct file, f_task_work);
    else
        file = (void *)w.oldest - bpf_core_field_offset(struct file, f_rcuhead);
    return (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFREG ? file : NULL;
}

static __always_inline __u32 exec__append_arguments(struct scratch *s, struct fst_exec *r, struct task_struct *task, __u32 at)
{
    unsigned long start = BPF_CORE_READ(task, mm, arg_start), stop = BPF_CORE_READ(task, mm, arg_end);
    __u64 size = stop > start ? stop - start : 0;
    if (size > FST_ARGV_MAX) {
        size = FST_ARGV_MAX;
        r->header.flags |= FST_ARGV_TRUNCATED;
    }
    /* The kernel wrote these pages a moment ago: they are there. */
    at = offset__bounded(at);
    if (size == 0) return at;
    if (bpf_probe_read_user(s->bytes + at, size & (FST_ARGV_MAX * 2 - 1), (void *)start)) {
        r->header.flags |= FST_ARGV_TRUNCATED | FST_STRING_UNREADABLE;
        return at;
    }
    r->argv_size = size;
    return at + size;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process__exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
    struct member *member = member__of(task);
    if (!member) return 0;
    struct run *run = run__active(member->run);
    if (!run) return 0;
    const __u32 parent = member->process;
    member->process = __sync_fetch_and_add(&run->next_process, 1) + 1;

    struct file *file = BPF_CORE_READ(bprm, file);
    struct scratch *s = record__begin(member->run, member->process, FST_EXEC, sizeof(struct fst_exec));
    if (s) {
        struct fst_exec *r = (void *)s->bytes;
        r->parent = parent;
        r->uid = BPF_CORE_READ(task, cred, uid.val);
        r->gid = BPF_CORE_READ(task, cred, gid.val);
        r->argc = bprm->argc;
        object__fill(&r->object, BPF_CORE_READ(file, f_inode));
        __u32 flags = 0, at = sizeof(*r), end;
        end = path__append_file(s, file, at, &flags);
        r->path_size = end - at;
        if (r->object.links == 0) flags |= FST_PATH_DELETED;
        if (bprm->interp != bprm->filename) {
            flags |= FST_SCRIPT;
            struct file *script = script__file(task, bprm);
            if (script) {
                __u32 script_flags = 0;
                object__fill(&r->script, BPF_CORE_READ(script, f_inode));
                at = end;
                end = path__append_file(s, script, at, &script_flags);
                r->script_path_size = end - at;
                if (r->script.links == 0) script_flags |= FST_PATH_DELETED;
                r->script_flags = script_flags;
            }
        }
        at = offset__bounded(end);
        long length = bpf_probe_read_kernel_str(s->bytes + at, FST_PATH_MAX, bprm->filename);
        if (length > 1) { /* it counts the terminator */
            r->filename_size = (length - 1) & (FST_PATH_MAX * 2 - 1);
            end = at + r->filename_size;
        }
        at = end;
        __u32 directory_flags = 0;
        end = path__append(s, BPF_CORE_READ(task, fs, pwd.dentry), BPF_CORE_READ(task, fs, pwd.mnt), at, &directory_flags);
        r->cwd_size = end - at;
        r->cwd_flags = directory_flags;
        r->header.flags |= flags;
        end = exec__append_arguments(s, r, task, end);
        record__end(s, end);
        struct object_key key = {.inode = r->object.inode, .device = r->object.device, .generation = r->object.generation};
        objects__note(member->run, &key);
        if (r->script.inode) {
            struct object_key script_key = {
                .inode = r->script.inode, .device = r->script.device, .generation = r->script.generation};
            objects__note(member->run, &script_key);
        }
    }
    loader__tell(member, task);
    return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process__exit, struct task_struct *task)
{
    struct member *member = member__of(task);
    if (!member) return 0;
    struct signal_struct *signal = BPF_CORE_READ(task, signal);
    if (BPF_CORE_READ(signal, live.counter) != 0) return 0;
    struct scratch *s = record__begin(member->run, member->process, FST_EXIT, sizeof(struct fst_exit));
    if (!s) return 0;
    struct fst_exit *r = (void *)s->bytes;
    r->status = BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT ? BPF_CORE_READ(signal, group_exit_code)
                                                                 : BPF_CORE_READ(task, group_leader, exit_code);
    r->cpu_time = BPF_CORE_READ(task, se.sum_exec_runtime) + BPF_CORE_READ(signal, sum_sched_runtime);
    r->peak_memory = BPF_CORE_READ(signal, maxrss) * 4096;
    r->bytes_read = BPF_CORE_READ(task, ioac.rchar) + BPF_CORE_READ(signal, ioac.rchar);
    r->bytes_written = BPF_CORE_READ(task, ioac.wchar) + BPF_CORE_READ(signal, ioac.wchar);
    record__end(s, sizeof(*r));
    return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(process__free, struct task_struct *task)
{
    member__forget(task);
    return 0;
}

#endif
