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
    judge::Judgement judgement;
    judgement.verdict = judge::Verdict::kAlert;
    judgement.reasons = {"What happened."};
    judgement.incidents = {incident};
    judgement.passed_rules = {"fstracker-complete"};
    judgement.failed_rules = {"a-rule"};
    return judgement;
}

}  // namespace fstracker::evidence::sample
