// SPDX-License-Identifier: Apache-2.0
// Runs as teachers of a baseline: whether one may teach, and what a run looks like to a baseline.
#pragma once

#include <optional>
#include <string>

#include "cli/criteria.hpp"
#include "core/baseline/differences.hpp"
#include "core/judge/surprises.hpp"

namespace fstracker::cli {

struct Teacher {
    run::Record record;
    judge::Judgement judgement;
    std::string trace;  // sha256 of its trace.sigstore.json, hex
    baseline::Facts facts;
};

// An error says why the run may not teach: its evidence does not verify, it is incomplete, it has a finding of high or
// above that nobody settled.
Result<Teacher> teacher(const std::string& run, const Project& project);

// What the baseline would say of the run now.
std::vector<judge::Surprise> surprises_of(const Teacher& teacher, const baseline::Baseline& baseline,
                                          const Project& project);
std::vector<baseline::Difference> differences_of(const Teacher& teacher, const baseline::Baseline& baseline,
                                                 const Project& project);

// A run's record without the question whether it may teach; its evidence verifies.
Result<Teacher> verified_run(const std::string& run, const Project& project);

}  // namespace fstracker::cli
