// SPDX-License-Identifier: Apache-2.0
// The kernel's own identity of an open object, for file systems whose stat() shows another.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace fstracker::digest {

struct InnerIdentity {
    std::uint32_t device = 0;  // s_dev: major << 20 | minor
    std::uint64_t inode = 0;   // i_ino
};

// By the descriptor's entry in fdinfo (Linux 5.14) and the mount table of the process `pid` (0: ours). Any thread.
std::optional<InnerIdentity> inner_identity(int fd, std::uint32_t pid);

// "36 35 98:0 /root /mount …" lines to mount id -> device. Lines of another shape are left out.
std::map<std::uint64_t, std::uint32_t> parse_mountinfo(std::string_view text);

}  // namespace fstracker::digest
