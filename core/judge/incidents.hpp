// SPDX-License-Identifier: Apache-2.0
// What rules found, put together as a person settles it: one incident for each program and family of rules.
#pragma once

#include <string>
#include <vector>

#include "core/judge/verdict.hpp"
#include "core/judge/watch.hpp"

namespace fstracker::judge {

// The most serious first, then by fingerprint. Pure.
std::vector<Incident> incidents_of(const run::Record& record, const std::vector<Hit>& hits,
                                   const baseline::PathNames& names);

// The family that the rule names, else its tactic, else what kind of event it is about.
std::string family_of(const sigma::Rule& rule, sigma::Source source);

// A digest over the parts, each with its length, in hex: no two lists of parts have the same.
std::string fingerprint_of(const std::vector<std::string>& parts);
// "F-" and the fingerprint's first digits.
std::string incident_id(const std::string& fingerprint);

}  // namespace fstracker::judge
