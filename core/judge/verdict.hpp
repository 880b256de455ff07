// SPDX-License-Identifier: Apache-2.0
// What a run's record amounts to: completeness, what the run entered that could not be seen, and what rules found.
// Baselines join here: judge() is the one seam through which findings reach evidence and reports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/run/record.hpp"
#include "core/sigma/rule.hpp"

namespace fstracker::judge {

enum class Verdict { kClean, kReview, kAlert, kIncomplete };
using sigma::Level;

std::string to_text(Verdict verdict);  // "CLEAN", …
using sigma::to_text;                  // of a level

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
    bool operator==(const Incident&) const = default;
};

struct Judgement {
    Verdict verdict = Verdict::kIncomplete;
    std::vector<std::string> reasons;  // one sentence each, the weightiest first
    std::vector<Incident> incidents;
    std::vector<std::string> passed_rules, warned_rules, failed_rules;  // by id
    bool operator==(const Judgement&) const = default;
};

// Whether something of high or critical is among the incidents.
bool is_alarming(const Judgement& judgement);

class Watch;  // watch.hpp

// Pure: the same record and hits give the same judgement. `watch` has seen every event of the run; without one no rule
// has been asked.
Judgement judge(const run::Record& record, const Watch* watch = nullptr);

}  // namespace fstracker::judge
