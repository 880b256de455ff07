// SPDX-License-Identifier: Apache-2.0
// The records that a rule must hit and those that it must miss: beside RULE.yml in RULE.records.ndjson, one JSON object
// a line with "expect" ("hit" or "miss"), "category", and fields by their names; a field may be a list. For a
// correlation "expect" and "records", a list of such without "expect": each has "time", in seconds, else it is one
// second after the one before it; "times" repeats it, with "{i}" in its texts being 0, 1 and so on.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::cli {

struct RecordsOutcome {
    std::size_t hits = 0, misses = 0;   // records that were expected to, and did
    std::vector<std::string> problems;  // "FILE:LINE: …": did the other, or says nothing that can be understood
};

// ".records.ndjson" in place of ".yml" or ".yaml".
std::string records_path(const std::string& rule_file);

// `rule` is one of `set`. kNotFound where there are no records.
Result<RecordsOutcome> try_records(const sigma::RuleSet& set, const sigma::Rule& rule, const std::string& path);

}  // namespace fstracker::cli
