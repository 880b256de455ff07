// SPDX-License-Identifier: Apache-2.0
// The process that a descriptor stands for, which somebody sent.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::control {

struct ProcessOwner {
    pid_t pid = 0;  // in this process's PID namespace
    std::uint32_t real = 0, effective = 0, saved = 0;
};

// kInvalid for what is no pidfd of a process that lives and is seen from here. The answer is of that very process: its
// pid was not given to another meanwhile. A later look at the same pid needs the pidfd again.
Result<ProcessOwner> owner_of(const base::Fd& pidfd);

}  // namespace fstracker::control
