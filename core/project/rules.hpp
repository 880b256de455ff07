// SPDX-License-Identifier: Apache-2.0
// The rules that a run is judged by.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/project/files.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::project {

struct LoadedRules {
    sigma::RuleSet rules;
    // Path -> SHA-256 in hex: of a file its own, of a folder that of the list of its rule files as sha256sum(1) writes
    // it.
    std::map<std::string, std::string> digests;
};

struct RuleSources {
    std::string shipped;            // with this program: a file or folder of the disk; empty: none
    std::vector<std::string> more;  // beside the project's own: files and folders of the project's files
};

// Those that were shipped, those of the project at `root` (rules_folder), as far as they are there, and more. An error
// names the first rule that cannot be loaded: a run that leaves out a rule silently is judged by less than a person
// believes.
Result<LoadedRules> load_rules(Files& files, const std::string& root, const RuleSources& sources);

// Whether a file of this name is loaded because it lies in the project's own folder of rules.
bool is_own_rule(const std::string& root, const std::string& path);

}  // namespace fstracker::project
