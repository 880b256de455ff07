// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/judge/verdict.hpp"
#include "tests/unit/evidence/sample.hpp"

namespace fstracker::evidence::sample {

inline judge::Judgement judgement() {
    judge::Incident incident;
    incident.fingerprint = std::string(64, '1');
    incident.id = "F-" + std::string(12, '1');
    incident.level = judge::Level::kHigh;
    incident.family = "integrity";
    incident.rules = {"a-rule"};
    incident.title = "What happened.";
    incident.why = "Never in 12 runs.";
    incident.processes = {1, 2};
    incident.files = {"/a%20/\xFF"};
    incident.innocent = {"An upgrade."};
    incident.atlas = {"AML.T0055"};
    incident.attack = {"T1552.001", "T1552.004"};
    incident.was["/a%20/\xFF"].fill(7);
    incident.suppressed = judge::Settled{"A new tokenizer.", "2027-02-01"};
    judge::Incident accepted = incident;
    accepted.suppressed->until.clear();
    judge::Judgement judgement;
    judgement.baseline = judge::BaselineUse{"/p/.fstracker/baseline/p/s.yaml", std::string(64, 'a'), 12, "stable"};
    judgement.changes["data"] = {{"/d/new"}, {"/d/\xFE"}, {"/d/gone"}};
    judgement.verdict = judge::Verdict::kAlert;
    judgement.reasons = {"What happened."};
    judgement.incidents = {incident, accepted};
    judgement.passed_rules = {"fstracker-complete"};
    judgement.failed_rules = {"a-rule"};
    return judgement;
}

}  // namespace fstracker::evidence::sample
