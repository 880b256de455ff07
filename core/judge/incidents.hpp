// SPDX-License-Identifier: Apache-2.0
// What rules found, put together as a person settles it: one incident for each program and family of rules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/judge/verdict.hpp"
#include "core/judge/watch.hpp"

namespace fstracker::judge {

// The most serious first, then by fingerprint. Pure.
std::vector<Incident> incidents_of(const run::Record& record, const std::vector<Hit>& hits);

// A path with what differs from run to run or from person to person replaced: the step's directory and the home as
// $WORK and $HOME, numbers in /proc and temporary names as '#' and '*'.
std::string masked(const std::string& path, const std::string& work);

// Every run of digits as one '#': pids, descriptors and counts differ from run to run, and the thing is the same.
std::string without_numbers(std::string_view text);

// A digest over the parts, each with its length, in hex: no two lists of parts have the same.
std::string fingerprint_of(const std::vector<std::string>& parts);
// "F-" and the fingerprint's first digits.
std::string incident_id(const std::string& fingerprint);

}  // namespace fstracker::judge
