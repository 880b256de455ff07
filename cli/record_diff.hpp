// SPDX-License-Identifier: Apache-2.0
// Two records, compared by what was touched: paths, contents, programs, peers. Order, times and pids do not count.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/run/record.hpp"

namespace fstracker::cli {

struct FileDifference {
    std::string path;
    std::string role;
    std::set<event::Sha256> first;  // the contents that each run had under this path
    std::set<event::Sha256> second;
};

struct RecordDiff {
    std::vector<FileDifference> only_first, only_second, changed;
    std::vector<std::string> programs_only_first, programs_only_second;
    std::vector<std::string> peers_only_first, peers_only_second;

    [[nodiscard]] bool same() const;
};

// Files that are no regular files are left out.
RecordDiff compare(const run::Record& first, const run::Record& second);

}  // namespace fstracker::cli
