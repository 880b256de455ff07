// SPDX-License-Identifier: Apache-2.0
// What every format tells of a run, put together once: incidents with what the record knows of their processes and
// files, and what the baseline had to say. What a judgement has to say is taken from it here and nowhere else.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/judge/verdict.hpp"
#include "core/run/record.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::report {

struct FindingFile {
    std::string path;                       // bytes, as the incident has it
    const run::FileEntry* entry = nullptr;  // its last line of the access table; null where it has none
    std::optional<event::Sha256> was;       // its content when the baseline was learned, where that is another
};

struct Finding {
    const judge::Incident* incident = nullptr;
    // Each process with its ancestors, the oldest first. A fork appears as the program that it is, and only at the end.
    std::vector<std::vector<const run::Process*>> chains;
    std::vector<FindingFile> files;
    std::vector<std::string> mitigations;  // of ATLAS, by id
    std::string settled;                   // "until DATE: REASON", "for good: REASON"; empty: nobody has settled it
    std::string baseline_state;            // as SARIF says it: "new", "unchanged"; empty where no baseline said so
    std::string accept;                    // the command that makes it known to the baseline; empty where there is none
    std::string suppress;                  // what to put under `suppress:` in .fstracker.yaml
};

struct BaselineTold {
    std::string file;
    std::string digest;  // "sha256:HEX"
    std::uint64_t runs = 0;
    std::string maturity = "none";
};

// Against the baseline, in words of one line each.
struct Changes {
    std::string role;
    std::vector<std::string> added, changed, gone;
};
inline constexpr std::array<std::string_view, 4> kChangingRoles = {"data", "model", "library", "executable"};

struct Story {
    const run::Record* record = nullptr;
    judge::Verdict verdict = judge::Verdict::kIncomplete;
    bool judged = false;    // there is a verdict
    bool complete = false;  // and the record says that it is whole
    std::vector<std::string> reasons;
    std::vector<Finding> findings;  // the most serious first
    std::vector<std::string> passed_rules, warned_rules, failed_rules;
    BaselineTold baseline;
    std::vector<Changes> changes;  // one for each of kChangingRoles
    std::vector<std::shared_ptr<const run::Process>>
        forks;  // that findings name, with the program and arguments of whom they are forks of
};

// Points into `run`.
Story story_of(const verify::RunDocuments& run);

// The date, in UTC, that many days after a point in time: YYYY-MM-DD.
std::string date_after(std::int64_t unix_nanoseconds, std::int64_t days);

}  // namespace fstracker::report
