// SPDX-License-Identifier: Apache-2.0
// The rules that a run is judged by, and where they lie.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::cli {

// The rules that came with this program: $FSTRACKER_RULES, else share/fstracker/rules beside the folder it lies in.
// Empty where there is no such folder.
std::string shipped_rules();

// Shipped rules and those of the project at `root` (.fstracker/rules), as far as they are there.
std::vector<std::string> standard_rules(const std::string& root);

struct LoadedRules {
    sigma::RuleSet rules;
    // Path -> SHA-256 in hex: of a file its own, of a folder that of the list of its rule files as sha256sum(1) writes
    // it.
    std::map<std::string, std::string> digests;
};

// The standard rules and `more`. An error names the first rule that
// cannot be loaded: a run that leaves out a rule silently is judged by less than a person believes.
Result<LoadedRules> load_rules(const std::string& root, const std::vector<std::string>& more);

}  // namespace fstracker::cli
