// SPDX-License-Identifier: Apache-2.0
// What needs no learning: content that is not what the step before left there, and content that changed while the run
// read it.
#pragma once

#include <vector>

#include "core/judge/verdict.hpp"

namespace fstracker::judge {

std::vector<Incident> lineage_incidents(const run::Record& record, const Inputs& inputs,
                                        const baseline::PathNames& names);

// The step wrote, renamed or removed what it is judged by: project file, baseline, rules. What is in `told` already is
// not told again.
std::vector<Incident> tampering_incidents(const run::Record& record, const baseline::PathNames& names,
                                          const std::vector<Incident>& told);

}  // namespace fstracker::judge
