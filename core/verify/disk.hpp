// SPDX-License-Identifier: Apache-2.0
// What the record names, as it is on this machine's disk now.
#pragma once

#include <string>
#include <vector>

#include "core/run/record.hpp"

namespace fstracker::verify {

// Left out: what the caller handed in open for writing and the run did not open itself. It is the caller's log or
// terminal, and whoever called may go on writing.
struct DiskCheck {
    std::size_t same = 0;
    std::size_t gone = 0;              // not there, or nothing that can be read
    std::vector<std::string> changed;  // one line each: another content than any that the run left under this path
};

DiskCheck check_disk(const std::vector<run::FileEntry>& files);

}  // namespace fstracker::verify
