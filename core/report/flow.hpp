// SPDX-License-Identifier: Apache-2.0
// What may have flowed from which file through which process into which file or peer.
#pragma once

#include <vector>

#include "core/run/record.hpp"

namespace fstracker::report {

struct FlowEnd {
    const run::FileEntry* file = nullptr;
    // Several processes read and wrote it, and the access table does not say which of them did which.
    bool either = false;
};

struct Flow {
    const run::Process* process = nullptr;
    std::vector<FlowEnd> from, into;
    std::vector<const run::Connection*> peers;
};

// One for each process that wrote a file or had a connection, in the order of the process table. Programs, libraries
// and code are not counted as what flows. Points into `record`.
std::vector<Flow> flows_of(const run::Record& record);

}  // namespace fstracker::report
