// SPDX-License-Identifier: Apache-2.0
// A run that has something to tell, and whose names would do harm wherever they were taken for more than names.
#pragma once

#include <string>
#include <vector>

#include "core/judge/verdict.hpp"
#include "core/verify/verify.hpp"
#include "tests/unit/verify/evidence_maker.hpp"

namespace fstracker::testing {

// A newline, quotes, a tag, the end of a CDATA section, a cell's end, code's end, a link, a mention, a placeholder,
// not UTF-8, an escape sequence, a character that turns what follows round, one that XML does not allow.
inline const std::string kHostile =
    "/work/a\n\"'<script>alert(1)</script>]]>|`x`[l](http://evil.example)@me #1 "
    "{0}\\\xFF\x1b[31m\xe2\x80\xae\xef\xbf\xbf.csv";

inline judge::Incident incident(const std::string& path, judge::Level level = judge::Level::kHigh) {
    judge::Incident incident;
    incident.fingerprint = std::string(64, level == judge::Level::kHigh ? 'a' : 'b');
    incident.id = "F-" + incident.fingerprint.substr(0, 12);
    incident.level = level;
    incident.family = "credentials";
    incident.rules = {"rule-one"};
    incident.title = "python3 opened " + path + ".";
    incident.why = "Rule \"One\", high: A secret was read.";
    incident.processes = {1};
    incident.files = {path};
    incident.atlas = {"AML.T0011.000", "AML.T0055"};
    incident.attack = {"T1552.004"};
    incident.innocent = {"A backup"};
    return incident;
}

inline verify::RunDocuments documents(run::Record record, std::vector<judge::Incident> incidents = {}) {
    auto judgement = judge::judge(record);
    for (auto& one : incidents) judgement.incidents.push_back(std::move(one));
    return {{{}, std::move(record), false}, evidence::VerdictStatement{{}, {}, judgement, {}, {}, {}, {}}};
}

inline verify::RunDocuments hostile_run() {
    auto record = EvidenceMaker(kHostile).record();
    record.processes.front().arguments = {"python3", kHostile};
    record.info.step = kHostile;
    record.completeness.blind_spots = {kHostile};
    for (auto& file : record.files) file.output = file.path.bytes == kHostile;
    auto low = incident(kHostile, judge::Level::kLow);
    low.rules = {"rule-two"};
    auto run = documents(std::move(record), {low, incident(kHostile)});
    auto& judgement = run.verdict->judgement;
    judgement.verdict = judge::Verdict::kAlert;
    judgement.reasons = {judgement.incidents.back().title};
    judgement.failed_rules = {"rule-one"};
    judgement.passed_rules.push_back("rule-three");
    return run;
}

}  // namespace fstracker::testing
