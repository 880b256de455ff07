// SPDX-License-Identifier: Apache-2.0
#include "core/report/rule_texts.hpp"

namespace fstracker::report {
namespace {

constexpr const char* kComplete = "fstracker-complete";
constexpr const char* kLedger = "fstracker-ledger-balance";

const RuleTexts& built_in() {
    static const RuleTexts kTexts = {
        {kComplete,
         {"The record is complete",
          "Nothing that the recorder knows of is missing from the record, and it was finished.",
          judge::Level::kMedium,
          {},
          {}}},
        {kLedger,
         {"The ledger balances",
          "Every event that was seen was delivered, folded or lost, and none was lost.",
          judge::Level::kMedium,
          {},
          {}}},
        {"fstracker-entered-blind-spot",
         {"No blind spot was entered",
          "The run is not known to have used a mechanism that this recorder cannot see through.",
          judge::Level::kMedium,
          {},
          {}}},
    };
    return kTexts;
}

}  // namespace

RuleTexts rule_texts(const sigma::RuleSet& rules) {
    RuleTexts texts = built_in();
    for (const auto& rule : rules.rules())
        texts.try_emplace(rule.id, RuleText{rule.title, rule.description, rule.level, rule.falsepositives, rule.tags});
    return texts;
}

RuleText text_of(const RuleTexts& rules, const std::string& id) {
    const auto found = rules.find(id);
    return found == rules.end() ? RuleText{id, {}, {}, {}, {}} : found->second;
}

std::string leading_rule(const judge::Incident& incident, const RuleTexts& rules) {
    std::string leading;
    int highest = -1;
    for (const auto& id : incident.rules) {
        const auto found = rules.find(id);
        const int level = found == rules.end() || !found->second.level ? 0 : static_cast<int>(*found->second.level);
        if (level <= highest) continue;
        highest = level;
        leading = id;
    }
    return leading;
}

bool is_about_completeness(std::string_view rule) { return rule == kComplete || rule == kLedger; }

}  // namespace fstracker::report
