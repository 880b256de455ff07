// SPDX-License-Identifier: Apache-2.0
// Runs that are over, as far as they bear upon a new one: what they left, from evidence that verifies.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/judge/verdict.hpp"
#include "core/sign/key.hpp"
#include "core/store/run_store.hpp"

namespace fstracker::project {

// A value: what asks later keeps a copy.
struct PastRuns {
    std::string store_root;
    // What their evidence has to verify with.
    std::function<Result<sign::PublicKey>()> key;
    // Whose runs alone count, and of these only what lies in the store itself: of others one does not even learn that
    // they are there. Absent: all.
    std::optional<std::uint32_t> uid;
    // RUN of a person to its directory. Absent: run ids of the store.
    std::function<Result<std::string>(const std::string&)> resolve;
};

Result<std::string> directory_of(const PastRuns& runs, const std::string& run);

// Newest first, of those that count.
Result<std::vector<store::RunEntry>> list_runs(const PastRuns& runs);
// The first complete one of the step; null where there is none. Borrowed from the list.
const store::RunEntry* first_complete(const std::vector<store::RunEntry>& runs, const std::string& pipeline,
                                      const std::string& step);

// Adds what the run left behind, by the path that this run will see it under: `here`, the command's directory, may be
// another than that run's.
Status take_outputs(const PastRuns& runs, const std::string& directory, const std::map<std::string, std::string>& roots,
                    const std::string& here, judge::Inputs& inputs);

}  // namespace fstracker::project
