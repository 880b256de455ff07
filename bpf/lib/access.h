/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * An access to an object, from whichever hook: folded when it has been sent already, else told, and the object is noted
 * so that a writer from outside is seen.
 */
#ifndef FSTRACKER_BPF_ACCESS_H
#define FSTRACKER_BPF_ACCESS_H

#include "lib/object.h"
#include "lib/peer.h"

/* A content changed this shortly before could change again without its time moving: such an access is not folded.
 * Coarse times move with the timer tick, at most 10 ms. */
#define YOUNG 12000000ll

static __always_inline void *objects__part(__u32 run, __u32 part)
{
    __u32 index = FST_PLACE(run) * FST_OBJECT_PARTS + part;
    return bpf_map_lookup_elem(&objects, &index);
}

/* False when there is no room: nobody will be told of outside writers of this object. */
static __noinline bool objects__note(__u32 run, const struct object_key *key)
{
    const __u32 here = 1;
    for (__u32 i = 0; i < FST_OBJECT_PARTS; i++) {
        void *part = objects__part(run, i);
        if (!part) return false;
        if (bpf_map_lookup_elem(part, key) || !bpf_map_update_elem(part, key, &here, BPF_ANY)) return true;
    }
    return false;
}

static __noinline bool objects__has(__u32 run, const struct object_key *key)
{
    for (__u32 i = 0; i < FST_OBJECT_PARTS; i++) {
        void *part = objects__part(run, i);
        if (!part) return false;
        if (bpf_map_lookup_elem(part, key)) return true;
    }
    return false;
}

/* FST_READ | FST_WRITE | FST_CREATE as the file is open. */
static __always_inline __u32 file__access(struct file *address)
{
    struct file *file = KERNEL(struct file, address);
    __u32 mode = GET(file, f_mode);
    __u32 access = mode & (FMODE_READ | FMODE_WRITE); /* the same bits */
    if (mode & FMODE_CREATED) access |= FST_CREATE;
    if (GET(file, f_flags) & O_TMPFILE_BIT) access |= FST_CREATE;
    return access;
}

/* Tells one name of an object from another: the dentry's hash, which is salted with its directory, and the mount. */
static __always_inline __u32 name__hash(const struct visible *v)
{
    struct dentry *dentry = KERNEL(struct dentry, v->dentry);
    return GET(dentry, d_name.hash) ^ (__u32)((__u64)v->mount >> 6);
}

/* `file`: struct file *; a function of its own to the verifier, hence the plain number. */
__noinline int access__tell(__u64 file_address, __u64 run_process, __u32 access, __s32 descriptor)
{
    struct file *file = (void *)file_address;
    __u32 run = run_process >> 32, process = run_process;
    struct visible v = {};
    file__visible(file, &v);
    struct inode *inode = KERNEL(struct inode, v.inode);
    if (!inode__is_file(inode)) return 0;

    struct super_block *sb = GET(inode, i_sb);
    struct fst_fold_key key = {
        .inode = GET(inode, i_ino),
        .device = GET(sb, s_dev),
        .generation = GET(inode, i_generation),
        .run = run,
        .process = process,
        .access = access,
        .name = name__hash(&v),
    };
    __s64 ctime = inode__ctime(inode);
    __u64 size = GET(inode, i_size);
    __u64 now = bpf_ktime_get_boot_ns();
    __u32 place = FST_PLACE(run);
    void *own_folds = bpf_map_lookup_elem(&folds, &place);
    if (!own_folds) return 0; /* the run has ended */
    struct fst_fold *fold = bpf_map_lookup_elem(own_folds, &key);
    if (fold && fold->ctime == ctime && fold->size == size) {
        struct run_counters *c = counters__of(run);
        if (c) {
            c->kinds[FST_ACCESS].seen++;
            c->kinds[FST_ACCESS].folded++;
        }
        __sync_fetch_and_add(&fold->count, 1);
        fold->last = now;
        return 0;
    }

    struct scratch *s = record__begin(run, process, FST_ACCESS, sizeof(struct fst_access));
    if (!s) return 0;
    struct fst_access *r = (void *)s->bytes;
    object__fill(&r->object, inode);
    r->access = access;
    r->descriptor = descriptor;
    r->name = key.name;
    __u32 flags = 0;
    __u32 end = path__append(s, v.dentry, v.mount, sizeof(*r), &flags);
    if (r->object.links == 0) flags |= FST_PATH_DELETED;
    r->path_size = end - sizeof(*r);
    const struct object_key *object = (const void *)&key; /* begins with it; the stack is short */
    const bool regular = (r->object.mode & S_IFMT) == S_IFREG;
    bool noted = !regular || objects__note(run, object);
    struct host *host = host__get();
    bool young = !host || (__s64)now + host->wall_clock_offset - ctime < YOUNG;
    if (!noted) flags |= FST_UNWATCHED;
    bool foldable = !young;
    if (foldable && !fold) {
        const struct fst_fold fresh = {.last = now, .ctime = ctime, .size = size};
        if (bpf_map_update_elem(own_folds, &key, &fresh, BPF_NOEXIST)) flags |= FST_UNFOLDABLE;
    } else if (foldable) {
        fold->ctime = ctime;
        fold->size = size;
    }
    r->header.flags = flags;
    bool delivered = record__end(s, end);
    if (!delivered && foldable) bpf_map_delete_elem(own_folds, &key); /* what was not sent may not be folded into */
    return 0;
}

static __always_inline void access__of_member(struct member *member, struct file *file, __u32 access, __s32 descriptor)
{
    access__tell((__u64)file, (__u64)member->run << 32 | member->process, access, descriptor);
}

/* The number of the lowest bit that is set, by multiplication with a de Bruijn sequence: BPF has no instruction for it, and
 * a loop over 64 bits costs the verifier dearly. */
static const __u8 kBitOfProduct[64] = {
    0,  1,  2,  53, 3,  7,  54, 27, 4,  38, 41, 8,  34, 55, 48, 28, 62, 5,  39, 46, 44, 42,
    22, 9,  24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
    23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12};

static __always_inline __u32 lowest_bit(__u64 bits)
{
    return kBitOfProduct[((bits & -bits) * 0x022fdd63cc95386dull) >> 58];
}

/* One run is told, where it has touched the object. A function of its own to the verifier, since it is called in a loop. */
__noinline int writer__tell_place(__u64 file_address, __u32 place, __u64 inode, __u64 device_generation)
{
    struct file *file = (void *)file_address;
    struct run *run = bpf_map_lookup_elem(&runs, &place);
    if (!run || !run->active) return 0;
    const __u32 number = run->number;
    const struct object_key key = {.inode = inode, .device = device_generation >> 32, .generation = device_generation};
    if (!objects__has(number, &key)) return 0;
    struct scratch *s = record__begin(number, 0, FST_WRITER, sizeof(struct fst_writer));
    if (!s) return 0;
    struct fst_writer *r = (void *)s->bytes;
    object__fill(&r->object, BPF_CORE_READ(file, f_inode));
    bpf_get_current_comm(r->command, sizeof(r->command));
    __u32 flags = 0;
    __u32 end = path__append_file(s, file, sizeof(*r), &flags);
    r->path_size = end - sizeof(*r);
    r->header.flags = flags;
    record__end(s, end);
    return 0;
}

/* Somebody opened an object for writing: every run that has touched it, other than `own`, is told. */
__noinline int writer__tell(__u64 file_address, __u32 own)
{
    struct host *host = host__get();
    if (!host) return 0;
    __u64 others = host->recording & ~(1ull << FST_PLACE(own));
    if (!others) return 0;
    struct file *file = (void *)file_address;
    struct inode *inode = BPF_CORE_READ(file, f_inode);
    const __u64 device_generation =
        (__u64)BPF_CORE_READ(inode, i_sb, s_dev) << 32 | BPF_CORE_READ(inode, i_generation);
    for (int i = 0; i < FST_RUNS && others; i++) {
        const __u32 place = lowest_bit(others);
        others &= others - 1;
        writer__tell_place(file_address, place, BPF_CORE_READ(inode, i_ino), device_generation);
    }
    return 0;
}

#endif
