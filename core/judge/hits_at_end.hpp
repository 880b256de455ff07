// SPDX-License-Identifier: Apache-2.0
// What rules say of what is known only when the command has ended: what the run's files turned out to be, what differs
// from the baseline in sum, what is not as the step before left it, what the record lacks. docs/rules.md names the
// fields of each.
#pragma once

#include <cstdint>
#include <vector>

#include "core/baseline/differences.hpp"
#include "core/judge/lineage.hpp"
#include "core/judge/standings.hpp"
#include "core/judge/watch.hpp"

namespace fstracker::judge {

// All of it outlives the call.
struct Ending {
    const run::Record& record;
    const baseline::PathNames& names;
    const Standings& standings;
    const std::vector<baseline::Difference>& differences;  // from a baseline that speaks
    const std::vector<LineageFinding>& lineage;
};

struct HitsAtEnd {
    std::vector<Hit> hits;
    std::uint64_t not_kept = 0;
};

// `watch` has seen the whole run. Files are told for each program that used them.
HitsAtEnd hits_at_end(const Watch& watch, const Ending& ending);

}  // namespace fstracker::judge
