// SPDX-License-Identifier: Apache-2.0
// What differs from a step's baseline, as incidents a person can settle, and as lists of what is new, changed and gone.
#pragma once

#include <string>
#include <vector>

#include "core/baseline/differences.hpp"
#include "core/judge/verdict.hpp"

namespace fstracker::judge {

// What of a baseline an incident is about, so that a person can let it in.
struct Surprise {
    Incident incident;
    std::vector<baseline::Difference> differences;
};

// One for each program and family, small things together. Nothing while a baseline is learning. `criteria` say
// what steps before this one left.
std::vector<Surprise> surprises_in(const run::Record& record, const baseline::Baseline& baseline,
                                   const baseline::Facts& facts, const std::vector<baseline::Difference>& differences,
                                   const Criteria& criteria);

// At most some hundreds of paths of each kind.
Changes changes_in(const std::vector<baseline::Difference>& differences);

}  // namespace fstracker::judge
