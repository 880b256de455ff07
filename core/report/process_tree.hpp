// SPDX-License-Identifier: Apache-2.0
// The order in which a process table is read: parents before children, each child under its parent.
#pragma once

#include <cstddef>
#include <vector>

#include "core/run/record.hpp"

namespace fstracker::report {

struct TreeLine {
    const run::Process* process = nullptr;
    std::size_t depth = 0;
};

// Every process once, whatever the parents say: one whose parent is not there, or is itself below it, is a root. Points
// into `processes`.
std::vector<TreeLine> process_tree(const std::vector<run::Process>& processes);

// The process and its ancestors, the oldest first; ends where a parent is not there or came already.
std::vector<const run::Process*> process_chain(const std::vector<run::Process>& processes, event::ProcessId id);

}  // namespace fstracker::report
