// SPDX-License-Identifier: Apache-2.0
// What a run is judged by: the project's rules, roles, baseline and suppressions, and what the steps before it left.
// All of it is read and digested before the command starts.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/artifact/declared_roles.hpp"
#include "core/base/result.hpp"
#include "core/judge/verdict.hpp"
#include "core/project/past_runs.hpp"
#include "core/project/project.hpp"
#include "core/project/rules.hpp"

namespace fstracker::project {

// The run that is to be judged.
struct Asked {
    std::string pipeline, step;
    std::string here;          // the command's directory, absolute
    std::string today;         // YYYY-MM-DD, in UTC
    std::string baseline;      // the file, absolute; empty: the step's usual one, where it is there
    std::string baseline_key;  // the file with the public key that it must be signed with; empty: none
    // Runs whose outputs the step consumes. Absent: the newest of each step that the project's inputs_from names.
    std::optional<std::vector<std::string>> after;
};

struct LoadedCriteria {
    judge::Criteria criteria;
    std::unique_ptr<baseline::Baseline> baseline;  // what criteria refer to
    std::map<std::string, std::string> digests;    // path -> sha256 hex of what counted
    // What does not count, for a person: suppressions that have expired; steps of inputs_from that have no run yet.
    std::vector<std::string> expired, missing;
    std::vector<std::string> inputs_from;  // ids of the runs that were taken as those of inputs_from
};
// With `runs` null the steps before this one are not asked: whoever records the run does.
Result<LoadedCriteria> load_criteria(Files& files, const Project& project, const Asked& asked, const PastRuns* runs);

struct Judging {
    LoadedRules rules;
    artifact::DeclaredRoles roles;
    LoadedCriteria criteria;
    std::map<std::string, std::string> configuration;  // path -> sha256 hex of all that the judgement rests on
};
// All of it, the rules first.
Result<Judging> load_judging(Files& files, const Project& project, const RuleSources& sources, const Asked& asked,
                             const PastRuns* runs);

}  // namespace fstracker::project
