// SPDX-License-Identifier: Apache-2.0
#include "core/judge/hearing.hpp"

#include <algorithm>
#include <utility>

#include "core/sigma/mentions.hpp"

namespace fstracker::judge {

namespace {

constexpr std::size_t kMostHits = 10'000;
constexpr std::size_t kMostSeen = 1'000'000;  // records that a correlation may rest on

}  // namespace

bool asks_the_baseline(const sigma::Rule& rule) {
    return sigma::mentions(rule, sigma::Field::kBaseline) || sigma::mentions(rule, sigma::Field::kSurprise);
}

bool rests_on_the_baseline(const sigma::RuleSet& rules, const sigma::Rule& rule) {
    return sigma::rests_on(rules, rule, sigma::Field::kBaseline) ||
           sigma::rests_on(rules, rule, sigma::Field::kSurprise);
}

Hearing::Hearing(const sigma::RuleSet& rules, const ProcessStory& story) : story_(story), matcher_(rules) {
    for (const sigma::Rule& rule : rules.rules()) {
        if (rule.correlation && !correlator_) correlator_.emplace(rules);
        if (asks_the_baseline(rule)) asking_.insert(&rule);
    }
}

bool Hearing::waits_for(sigma::Source source) const {
    return std::any_of(asking_.begin(), asking_.end(),
                       [source](const sigma::Rule* rule) { return sigma::covers(rule->logsource, source); });
}

void Hearing::hear(sigma::Record& record, event::ProcessId process, std::string_view object, const Detail& detail,
                   Hearers hearers) {
    const bool has_happened = record.source < sigma::Source::kArtifact;
    const bool alone = hearers == Hearers::kThoseThatAskTheBaseline;
    const bool to_correlate = correlator_ && !alone && seen_.size() < kMostSeen;
    if (to_correlate) record.tag = seen_.size();
    for (const sigma::Rule* rule : matcher_.matching(record)) {
        const bool asks = !asking_.empty() && asking_.contains(rule);
        if (alone ? !asks : has_happened && asks) continue;
        keep(*rule, record.source, process, object, detail ? detail(*rule) : std::string());
    }
    if (!correlator_ || alone || matcher_.matching_for_correlations().empty()) return;
    if (!to_correlate) return skip();
    seen_.push_back({record.source, process, std::string(object)});
    keep(correlator_->feed(record, matcher_));
}

void Hearing::close() {
    if (correlator_) keep(correlator_->finish());
}

void Hearing::keep(const sigma::Rule& rule, sigma::Source source, event::ProcessId process, std::string_view object,
                   std::string detail) {
    const auto key = std::make_tuple(process, rule.id, std::string(object));
    auto found = hits_.find(key);
    if (found == hits_.end()) {
        if (hits_.size() >= kMostHits) return skip();
        Hit hit{&rule, source, process, std::string(object), {}, {}, std::move(detail), 0};
        if (const Actor* actor = story_.find(process)) {
            hit.image = actor->image;
            if (const Actor* parent = story_.find(actor->maker)) hit.parent = parent->image;
        }
        found = hits_.emplace(key, std::move(hit)).first;
        if (listener_) listener_(found->second);
    }
    ++found->second.times;
}

void Hearing::keep(const std::vector<sigma::CorrelationHit>& hits) {
    for (const sigma::CorrelationHit& hit : hits) {
        if (hit.rule == nullptr || !hit.rule->reported || hit.records.empty()) continue;
        for (const std::uint64_t tag : hit.records)
            if (tag < seen_.size()) keep(*hit.rule, seen_[tag].source, seen_[tag].process, seen_[tag].object, {});
    }
}

std::vector<Hit> Hearing::hits() const {
    std::vector<Hit> hits;
    hits.reserve(hits_.size());
    for (const auto& [key, hit] : hits_) hits.push_back(hit);
    return hits;
}

}  // namespace fstracker::judge
