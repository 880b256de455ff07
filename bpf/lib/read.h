/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * Reading kernel structures on the path of every open. Kernels from 6.2 on let a program say what an address is, and
 * then load from it like from any memory, a fault giving 0; older ones need a helper call for each field, which costs
 * several times as much. Which of the two is a constant when the program is loaded; the other is dead code then.
 *
 *   struct inode *inode = KERNEL(struct inode, address);
 *   o->size = GET(inode, i_size);
 *
 * A pointer that GET gives back may be read from in turn. Functions that other functions call with plain addresses
 * begin with KERNEL.
 */
#ifndef FSTRACKER_BPF_READ_H
#define FSTRACKER_BPF_READ_H

#include "lib/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

enum special_kfunc_type { KF_bpf_rdonly_cast }; /* the kernel's own list; whether it has the name is all that is asked */

extern void *bpf_rdonly_cast(const void *address, __u32 type) __ksym __weak;

#define READS_DIRECTLY bpf_core_enum_value_exists(enum special_kfunc_type, KF_bpf_rdonly_cast)

#define KERNEL(type, address)                                                            \
    ({                                                                                   \
        type *as_given = (void *)(address);                                              \
        if (READS_DIRECTLY) as_given = bpf_rdonly_cast(as_given, bpf_core_type_id_kernel(type)); \
        as_given;                                                                        \
    })

#define GET(pointer, field)                                                \
    ({                                                                     \
        typeof((pointer)->field) field_read;                               \
        if (READS_DIRECTLY)                                                \
            field_read = (pointer)->field;                                 \
        else                                                               \
            bpf_core_read(&field_read, sizeof(field_read), &(pointer)->field); \
        field_read;                                                        \
    })

#endif
