// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/index.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace fstracker::sigma {
namespace {

using Needle = std::pair<Field, std::string>;
// Whatever fulfils the expression has one of these. Nothing: no such list is known.
using Needles = std::optional<std::vector<Needle>>;

constexpr std::size_t kMostNeedles = 2'000;

// How many rules of a log source name a needle.
using Shares = std::map<Needle, std::size_t>;

// How many candidates a list is likely to make: a needle that many rules have makes all of them candidates at once, and
// a short one is found everywhere.
std::size_t cost_of(const std::vector<Needle>& needles, const Shares& shares) {
    std::size_t worst = 0;
    for (const auto& needle : needles) {
        const auto found = shares.find(needle);
        const std::size_t rules = found == shares.end() ? 1 : found->second;
        const std::size_t length = std::min<std::size_t>(needle.second.size(), 8);
        worst = std::max(worst, rules * 16 + (8 - length) * (8 - length));
    }
    return worst;
}

void keep_better(Needles& best, Needles other, const Shares& shares) {
    if (!other) return;
    if (best) {
        const auto a = cost_of(*best, shares);
        const auto b = cost_of(*other, shares);
        if (a < b || (a == b && best->size() <= other->size())) return;
    }
    best = std::move(other);
}

void join(Needles& all, const Needles& more) {
    if (!all) return;
    if (!more || all->size() + more->size() > kMostNeedles) {
        all.reset();
        return;
    }
    all->insert(all->end(), more->begin(), more->end());
}

Needles needles_of(const Test& test, std::size_t begin, std::size_t end) {
    Needles all = std::vector<Needle>();
    for (std::size_t i = begin; i < end && all; ++i) {
        const auto* text = std::get_if<Text>(&test.values[i]);
        if (text == nullptr || text->pattern.needle().empty()) return std::nullopt;
        join(all, std::vector<Needle>{{*test.known, text->pattern.needle()}});
    }
    return all;
}

Needles needles_of(const Test& test, const Shares& shares) {
    if (test.negated || !test.known) return std::nullopt;
    if (!test.all) return needles_of(test, 0, test.values.size());
    Needles best;
    std::size_t begin = 0;
    for (const std::size_t count : test.groups) {
        keep_better(best, needles_of(test, begin, begin + count), shares);
        begin += count;
    }
    return best;
}

Needles needles_of(const Expression& expression, const Shares& shares) {
    Needles needles;
    switch (expression.kind) {
        case Expression::Kind::kTest: return needles_of(expression.test, shares);
        case Expression::Kind::kNot: return std::nullopt;
        case Expression::Kind::kAnd:
            for (const auto& part : expression.parts) keep_better(needles, needles_of(part, shares), shares);
            return needles;
        case Expression::Kind::kOr:
            needles.emplace();
            for (const auto& part : expression.parts) join(needles, needles_of(part, shares));
            return needles;
    }
    return needles;
}

void collect(const Expression& expression, std::set<Needle>& needles) {
    for (const auto& part : expression.parts) collect(part, needles);
    const auto& test = expression.test;
    if (!test.known) return;
    for (const auto& value : test.values) {
        const auto* text = std::get_if<Text>(&value);
        if (text != nullptr) needles.emplace(*test.known, text->pattern.needle());
    }
}

}  // namespace

Index::Index(const std::vector<Rule>& rules) {
    for (std::size_t i = 0; i < kSources; ++i) buckets_[i] = make_bucket(rules, static_cast<Source>(i));
}

Index::Bucket Index::make_bucket(const std::vector<Rule>& rules, Source source) {
    Bucket bucket;
    std::map<Field, std::vector<std::pair<std::string, Automaton::Number>>> wanted;
    std::map<Field, std::size_t> bytes;
    Shares shares;
    for (const auto& rule : rules) {
        if (!rule.detection || !covers(rule.logsource, source)) continue;
        std::set<Needle> own;
        collect(*rule.detection, own);
        for (const auto& needle : own) ++shares[needle];
    }
    for (std::size_t i = 0; i < rules.size(); ++i) {
        const auto& rule = rules[i];
        if (!rule.detection || !covers(rule.logsource, source)) continue;
        const auto number = static_cast<Automaton::Number>(bucket.rules.size());
        bucket.rules.push_back(static_cast<std::uint32_t>(i));
        bucket.always.resize(number / 64 + 1, 0);
        auto needles = needles_of(*rule.detection, shares);
        std::map<Field, std::size_t> more = bytes;
        if (needles)
            for (const auto& [field, needle] : *needles) more[field] += needle.size();
        const bool fits = std::all_of(more.begin(), more.end(),
                                      [](const auto& entry) { return entry.second <= Automaton::kMostBytes; });
        if (!needles || !fits) {
            bucket.always[number / 64] |= std::uint64_t{1} << number % 64;
            continue;
        }
        bytes = std::move(more);
        for (auto& [field, needle] : *needles) wanted[field].emplace_back(std::move(needle), number);
    }
    for (const auto& [field, needles] : wanted) bucket.automata.emplace_back(field, Automaton(needles));
    return bucket;
}

void Index::narrow(Subject& subject, const Bucket& bucket, Bits& scratch) {
    scratch.assign(bucket.always.begin(), bucket.always.end());
    for (const auto& [field, automaton] : bucket.automata)
        for (auto i = subject.first(field); i != Subject::kNone; i = subject.next(i))
            automaton.scan(subject.text_of(i), [&scratch](Automaton::Number number) {
                scratch[number / 64] |= std::uint64_t{1} << number % 64;
            });
}

}  // namespace fstracker::sigma
