/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
 *
 * The kernel side in one object; capture/ loads those programs that the chosen backend wants and no others.
 */
#include "lib/maps.h"

#include <bpf/bpf_endian.h>

#include "probes/inherited.h"
#include "probes/name.h"
#include "probes/network.h"
#include "probes/process.h"
#include "probes/request.h"
#include "probes/security.h"
#include "probes/symbol.h"
#include "probes/syscall.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
