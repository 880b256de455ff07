// SPDX-License-Identifier: Apache-2.0
// What needs no learning: content that is not what the step before left there, and content that changed while the run
// read it.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/judge/verdict.hpp"

namespace fstracker::judge {

struct LineageFinding {
    enum class Kind { kOtherContent, kAdded, kChangedWithinRun };
    Kind kind = Kind::kOtherContent;
    std::string path;
    std::string role;
    std::set<event::Sha256> digests;  // contents that the run found
    std::set<event::Sha256> was;      // what the step before left; of kOtherContent
    std::vector<event::ProcessId> processes;
    std::string from_step, from_run;  // the step before; empty of kChangedWithinRun
    std::size_t members = 0;          // that it left in the folder; of kAdded
};
std::string_view to_text(LineageFinding::Kind kind);  // "other-content", "added", "changed-within-run"

std::vector<LineageFinding> lineage_findings(const run::Record& record, const Inputs& inputs,
                                             const baseline::PathNames& names);
std::vector<Incident> lineage_incidents(const run::Record& record, const std::vector<LineageFinding>& findings,
                                        const baseline::PathNames& names);

// The step wrote, renamed or removed what it is judged by: project file, baseline, rules. What is in `told` already is
// not told again.
std::vector<Incident> tampering_incidents(const run::Record& record, const baseline::PathNames& names,
                                          const std::vector<Incident>& told);

}  // namespace fstracker::judge
