// SPDX-License-Identifier: Apache-2.0
// The file behind an address of a task.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "capture/ptrace/look.hpp"

namespace fstracker::capture {

// A line of /proc/TID/maps.
struct Mapping {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::uint32_t device = 0;  // as the kernel keeps it
    std::uint64_t inode = 0;   // 0: no file
    std::string path;
};

std::optional<Mapping> mapping_at(pid_t tid, std::uint64_t address);

// The same in the text of such a file. A line of another shape is passed over.
std::optional<Mapping> mapping_in(std::string_view maps, std::uint64_t address);

// What is mapped: had by its name, believed only where that leads to the mapped inode.
std::optional<SeenObject> mapped_object(pid_t tid, const Mapping& mapping, const View& view);

}  // namespace fstracker::capture
