// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/rule_set.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/sigma/evaluate.hpp"
#include "core/sigma/index.hpp"

namespace fstracker::sigma {

std::string_view to_text(Level level) {
    switch (level) {
        case Level::kInformational: return "informational";
        case Level::kLow: return "low";
        case Level::kMedium: return "medium";
        case Level::kHigh: return "high";
        case Level::kCritical: return "critical";
    }
    return "";
}

std::string_view to_text(RuleStatus status) {
    switch (status) {
        case RuleStatus::kStable: return "stable";
        case RuleStatus::kTest: return "test";
        case RuleStatus::kExperimental: return "experimental";
        case RuleStatus::kDeprecated: return "deprecated";
        case RuleStatus::kUnsupported: return "unsupported";
    }
    return "";
}

std::string to_text(const Fault& fault) {
    const auto line = fault.line > 0 ? fmt::format("{}:", fault.line) : std::string();
    return fmt::format("{}:{} {}: {}", fault.file, line,
                       fault.severity == Fault::Severity::kError ? "error" : "warning", fault.message);
}

bool RuleSet::has_errors() const {
    return std::any_of(faults_.begin(), faults_.end(),
                       [](const Fault& fault) { return fault.severity == Fault::Severity::kError; });
}

const Rule* RuleSet::find(std::string_view id_or_name) const {
    const auto called = [&](const Rule& rule) {
        return !id_or_name.empty() && (rule.id == id_or_name || rule.name == id_or_name);
    };
    const auto found = std::find_if(rules_.begin(), rules_.end(), called);
    return found == rules_.end() ? nullptr : &*found;
}

std::vector<const Rule*> RuleSet::matching(const Record& record) const {
    Matcher matcher(*this);
    const auto found = matcher.matching(record);
    return {found.begin(), found.end()};
}

bool matches(const Rule& rule, const Record& record) {
    if (!rule.detection || !covers(rule.logsource, record.source)) return false;
    Subject subject;
    subject.set(record);
    return subject.fulfils(*rule.detection);
}

struct Matcher::State {
    const RuleSet* set;
    Subject subject;
    Index::Bits scratch;
    std::vector<const Rule*> all;
    std::vector<const Rule*> reported;
};

Matcher::Matcher(const RuleSet& set) : state_(std::make_unique<State>()) { state_->set = &set; }
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;

std::span<const Rule* const> Matcher::matching(const Record& record) {
    auto& state = *state_;
    state.all.clear();
    state.reported.clear();
    if (!state.set->index_) return {};
    state.subject.set(record);
    state.set->index_->each(state.subject, record.source, state.scratch, [&state](std::uint32_t position) {
        const auto& rule = state.set->rules_[position];
        if (!state.subject.fulfils(*rule.detection)) return;
        state.all.push_back(&rule);
        if (rule.reported) state.reported.push_back(&rule);
    });
    return state.reported;
}

std::span<const Rule* const> Matcher::matching_for_correlations() const { return state_->all; }

}  // namespace fstracker::sigma
