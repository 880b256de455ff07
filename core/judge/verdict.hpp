// SPDX-License-Identifier: Apache-2.0
// What a run's record amounts to: completeness, what the run entered that could not be seen, what rules found, what
// differs from the step's baseline and from what the steps before it handed over. judge() is the one seam through which
// findings reach evidence and reports.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/baseline/baseline.hpp"
#include "core/run/record.hpp"
#include "core/sigma/rule.hpp"

namespace fstracker::judge {

enum class Verdict { kClean, kReview, kAlert, kIncomplete };
using sigma::Level;

std::string to_text(Verdict verdict);  // "CLEAN", …
using sigma::to_text;                  // of a level

// Settled by a person: the incident stays listed and asks for nobody.
struct Settled {
    std::string reason;
    std::string until;  // YYYY-MM-DD, the last day; empty: for good
    bool operator==(const Settled&) const = default;
};

// One thing a person has to settle. Field meanings: contract.md, `track report --format json`.
struct Incident {
    std::string id;  // "F-" and 12 hex digits of the fingerprint
    Level level = Level::kMedium;
    std::string family;
    std::vector<std::string> rules;
    std::string title;
    std::string why;
    std::vector<event::ProcessId> processes;
    std::vector<std::string> files;
    std::vector<std::string> atlas, attack;  // techniques by id: "AML.T0055", "T1552.004"
    std::vector<std::string> innocent;
    std::string fingerprint;
    std::map<std::string, event::Sha256> was;  // of `files`: the content that was expected
    std::optional<Settled> suppressed;
    bool operator==(const Incident&) const = default;
};

// Paths of one role, sorted.
struct RoleChanges {
    std::vector<std::string> added, changed, gone;
    bool operator==(const RoleChanges&) const = default;
};
using Changes = std::map<std::string, RoleChanges>;  // by role: "data", "model", "library", "executable"

// The baseline that the run was held against.
struct BaselineUse {
    std::string file;
    std::string digest;  // sha256 of the file, hex
    std::uint64_t runs = 0;
    std::string maturity;  // baseline::to_text
    bool operator==(const BaselineUse&) const = default;
};

struct Judgement {
    Verdict verdict = Verdict::kIncomplete;
    std::vector<std::string> reasons;  // one sentence each, the weightiest first
    std::vector<Incident> incidents;
    std::vector<std::string> passed_rules, warned_rules, failed_rules;  // by id
    std::optional<BaselineUse> baseline;
    Changes changes;  // against the baseline
    bool operator==(const Judgement&) const = default;
};

// Whether something of high or critical is among the incidents that nobody has settled.
bool is_alarming(const Judgement& judgement);

class Watch;  // watch.hpp

// What a step before this one left at a path.
struct Input {
    std::set<event::Sha256> digests;
    std::string step, run;
    bool explains_only = false;  // the step's own, of a run before: it may have been made anew since
};
using Inputs = std::map<std::string, Input>;  // by path

struct Suppression {
    std::string finding;  // an incident's id or its fingerprint
    std::string reason;
    std::string until;  // YYYY-MM-DD
};

// What a run is judged by, beside its record. All of it outlives the call.
struct Criteria {
    const Watch* watch = nullptr;  // has seen every event of the run; without one no rule has been asked
    const baseline::Baseline* baseline = nullptr;
    BaselineUse baseline_use;                  // file and digest; runs and maturity are filled by judge()
    std::map<std::string, std::string> roots;  // a project's own, for named paths
    std::vector<Suppression> suppressions;     // expired ones are left out by the caller
    Inputs inputs;
};

// Pure: the same record and criteria give the same judgement.
Judgement judge(const run::Record& record, const Criteria& criteria = {});

// The incidents' files, programs and paths as criteria name them.
baseline::PathNames path_names(const run::Record& record, const Criteria& criteria);

}  // namespace fstracker::judge
