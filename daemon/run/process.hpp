// SPDX-License-Identifier: Apache-2.0
// Processes of the host, told apart for sure: by a pidfd, or by number and time of start.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::daemon {

struct ProcessFacts {
    std::uint32_t pid = 0;
    std::uint64_t started = 0;               // clock ticks since boot
    std::uint32_t uid = 0, gid = 0;          // real
    bool one_user = false;                   // real, effective, saved and file-system uid are the same
    std::string here;                        // its current directory; empty where that cannot be read
};

// Of the process that a pidfd means; kInvalid when it is no pidfd, kNotFound when the process has ended. What is said
// was read while it lived.
Result<ProcessFacts> facts_of(int pidfd);

// A pidfd; none where that process has ended, even if the number is another's now.
base::Fd open_process(std::uint32_t pid, std::uint64_t started);

}  // namespace fstracker::daemon
