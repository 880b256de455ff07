// SPDX-License-Identifier: Apache-2.0
// Differences from a baseline in words a reviewer understands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/baseline/differences.hpp"

namespace fstracker::judge {

// "fstracker-baseline-new-program".
std::string rule_of(baseline::Kind kind);
bool is_baseline_rule(const std::string& id);  // whether rule_of() gave it

// "python train.py" of "/usr/bin/python{version} $WORK/train.py"; "the command" of nobody.
std::string short_program(const std::string& program, const baseline::Facts& facts);

// One sentence with its full stop.
std::string title_of(const baseline::Difference& difference, const baseline::Facts& facts);

// Why that is unusual: how often the step did it, and how often it brought something new of the kind. `also`: titles of
// what else is in the incident.
std::string why_of(const baseline::Difference& difference, const baseline::Baseline& baseline, double bits,
                   const std::vector<std::string>& also);

// Of differences that package_of() puts together.
std::string title_of_packages(const std::vector<const baseline::Difference*>& differences,
                              const baseline::Facts& facts);
std::string why_of_packages(const std::vector<const baseline::Difference*>& differences,
                            const baseline::Baseline& baseline);

std::vector<std::string> innocent_reasons(const baseline::Difference& difference);

}  // namespace fstracker::judge
