// SPDX-License-Identifier: Apache-2.0
// What rules say of themselves. A run directory names rules by id; the texts are of the rules that are at hand when the
// report is made, and a report is whole without any.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/judge/verdict.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::report {

struct RuleText {
    std::string title;  // the id, where nothing is known of a rule
    std::string description;
    std::optional<judge::Level> level;
    std::vector<std::string> innocent;
    std::vector<std::string> tags;
};

using RuleTexts = std::map<std::string, RuleText, std::less<>>;  // by id

// Of these rules, and of the conditions that every run is held to.
RuleTexts rule_texts(const sigma::RuleSet& rules);

RuleText text_of(const RuleTexts& rules, const std::string& id);

// The rule that an incident is told under: of the highest level, of those the first; empty where it has none.
std::string leading_rule(const judge::Incident& incident, const RuleTexts& rules);

// The built-in conditions that an incomplete run does not fulfil.
bool is_about_completeness(std::string_view rule);

}  // namespace fstracker::report
