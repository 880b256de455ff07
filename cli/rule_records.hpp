// SPDX-License-Identifier: Apache-2.0
// The records that a rule must hit and those that it must miss: beside RULE.yml in RULE.records.ndjson, one JSON object
// a line with "expect" ("hit" or "miss"), "category", and fields by their names; a field may be a list.
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

// `rule` is the one of its file. kNotFound where there are no records.
Result<RecordsOutcome> try_records(const sigma::Rule& rule, const std::string& path);

}  // namespace fstracker::cli
