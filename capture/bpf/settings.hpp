// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace fstracker::capture {

struct BpfSettings {
    std::string backend;         // "tracepoint", "fentry" or "lsm"
    std::size_t ring_bytes = 0;  // of a run's ring buffer: a power of two, a multiple of the page; 0: the usual size
    std::string btf;             // the kernel's BTF; empty: /sys/kernel/btf/vmlinux
};

}  // namespace fstracker::capture
