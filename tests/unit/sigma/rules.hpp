// SPDX-License-Identifier: Apache-2.0
// Rules of a few lines, and records to judge by them.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>

#include "core/sigma/rule_set.hpp"

namespace fstracker::sigma::testing {

// A rule of process_creation around the lines of its detection, which are written without indentation.
inline std::string rule_of(const std::string& detection) {
    std::string text = "title: T\nid: rule-1\nlogsource:\n  category: process_creation\n  product: linux\ndetection:\n";
    std::size_t at = 0;
    while (at < detection.size()) {
        const auto end = std::min(detection.find('\n', at), detection.size());
        text += "  " + detection.substr(at, end - at) + '\n';
        at = end + 1;
    }
    return text;
}

// "selection" with one line, such as "CommandLine|contains: x".
inline std::string rule_on(const std::string& line) {
    return rule_of("selection:\n  " + line + "\ncondition: selection");
}

using Values = std::initializer_list<std::pair<Field, Value>>;

inline Record record_of(Values values) {
    Record record;
    for (const auto& [field, value] : values) record.add(field, value);
    return record;
}

inline Record command(const Value& line) { return record_of({{Field::kCommandLine, line}}); }

// Whether the only rule of the set fits; by the index and without it, which must agree.
inline bool fits(const RuleSet& set, const Record& record) {
    const bool indexed = !set.matching(record).empty();
    const bool alone = matches(set.rules().at(0), record);
    if (indexed != alone) throw std::logic_error("the index leaves out a rule that fits");
    return indexed;
}

inline std::string faults_of(const RuleSet& set) {
    std::string text;
    for (const auto& fault : set.faults()) text += to_text(fault) + '\n';
    return text;
}

}  // namespace fstracker::sigma::testing
