/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The address of a kernel function, asked of the kernel: user space runs this once, before it attaches anything. Reading
 * /proc/kallsyms for it takes 30 ms and more.
 */
#ifndef FSTRACKER_BPF_SYMBOL_H
#define FSTRACKER_BPF_SYMBOL_H

#include "lib/maps.h"

SEC("syscall")
int symbol__find_deferred_fput(void *unused)
{
    const char name[] = "____fput";
    __u64 address = 0;
    long error = bpf_kallsyms_lookup_name(name, sizeof(name), 0, &address);
    if (!error) deferred_fput = address;
    return error;
}

#endif
