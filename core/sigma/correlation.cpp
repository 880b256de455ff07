// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/correlation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <deque>

#include "core/sigma/correlation_rule.hpp"

namespace fstracker::sigma {
namespace {

constexpr std::size_t kMostEntries = 100'000;  // of one group; the oldest go
constexpr std::size_t kMostTags = 1'000;       // that a hit names; the newest stay
constexpr std::int64_t kNever = INT64_MIN;

using Group = std::vector<std::string>;

// What counts for a correlation: a record that a rule fits, or a correlation that hit.
struct Occurrence {
    std::size_t rule = 0;  // its position in the set
    std::int64_t time = 0;
    std::vector<std::uint64_t> tags;
    const Record* record = nullptr;                                           // of the one
    const std::vector<std::pair<std::string, std::string>>* group = nullptr;  // of the other

    std::optional<std::string> value_of(const std::string& field) const {
        if (group != nullptr) {
            for (const auto& [name, value] : *group)
                if (name == field) return value;
            return std::nullopt;
        }
        const auto known = find_field(field);
        if (!known) return std::nullopt;
        for (const auto& [name, value] : record->values) {
            if (name != *known || value.kind == Value::Kind::kNull) continue;
            if (value.kind == Value::Kind::kInteger) return std::to_string(value.integer);
            if (value.kind == Value::Kind::kReal) return fmt::format("{}", value.real);
            return std::string(value.text);
        }
        return std::nullopt;
    }
};

struct Entry {
    std::int64_t time = 0;
    std::size_t target = 0;
    std::string value;  // of value_count, joined
    double number = 0;  // of value_sum and value_avg
    std::vector<std::uint64_t> tags;
};

struct Chain {  // of temporal_ordered: the one up to some target that began last
    std::int64_t began = kNever;
    std::vector<std::uint64_t> tags;
};

// What one group has had within the timespan.
struct Window {
    std::deque<Entry> entries;
    std::map<std::string, std::size_t> values;
    std::map<std::size_t, std::size_t> targets;
    double sum = 0;
    std::int64_t told = kNever;  // when it last hit
    std::vector<Chain> chains;

    template <typename Key>
    static void take_one(std::map<Key, std::size_t>& counts, const Key& key) {
        const auto found = counts.find(key);
        if (--found->second == 0) counts.erase(found);
    }
    void add(Entry entry) {
        ++values[entry.value];
        ++targets[entry.target];
        sum += entry.number;
        entries.push_back(std::move(entry));
        if (entries.size() > kMostEntries) drop_first();
    }
    void drop_first() {
        take_one(values, entries.front().value);
        take_one(targets, entries.front().target);
        sum -= entries.front().number;
        entries.pop_front();
    }
    void drop_until(std::int64_t time) {
        while (!entries.empty() && entries.front().time < time) drop_first();
    }
};

void keep_newest(std::vector<std::uint64_t>& tags) {
    if (tags.size() > kMostTags) tags.erase(tags.begin(), tags.end() - static_cast<std::ptrdiff_t>(kMostTags));
}

bool holds(const Correlation& correlation, const Window& window) {
    const auto entries = static_cast<double>(window.entries.size());
    switch (correlation.type) {
        case Correlation::Type::kEventCount: return correlation.admits(entries);
        case Correlation::Type::kValueCount: return correlation.admits(static_cast<double>(window.values.size()));
        case Correlation::Type::kValueSum: return correlation.admits(window.sum);
        case Correlation::Type::kValueAverage: return entries > 0 && correlation.admits(window.sum / entries);
        case Correlation::Type::kTemporal:
            return correlation.bounds.empty() ? window.targets.size() == correlation.targets.size()
                                              : correlation.admits(static_cast<double>(window.targets.size()));
        case Correlation::Type::kTemporalOrdered: return false;
    }
    return false;
}

}  // namespace

struct Correlator::State {
    const RuleSet* set = nullptr;
    struct Watch {
        const Rule* rule = nullptr;
        std::size_t position = 0;
        std::map<Group, Window> windows;
    };
    std::vector<Watch> watches;
    std::map<std::size_t, std::vector<std::pair<std::size_t, std::size_t>>> of_rule;  // -> watch, its target
    std::vector<CorrelationHit> hits;

    std::optional<Group> group_of(const Correlation& correlation, std::size_t target,
                                  const Occurrence& occurrence) const {
        Group group;
        for (const auto& field : correlation.group_by) {
            std::string source = field;
            if (const auto alias = correlation.aliases.find(field); alias != correlation.aliases.end()) {
                const auto own = alias->second.find(correlation.rules[target]);
                if (own == alias->second.end()) return std::nullopt;
                // A correlation below has the alias under its own name.
                source = occurrence.group != nullptr && occurrence.value_of(field) ? field : own->second;
            }
            auto value = occurrence.value_of(source);
            if (!value) return std::nullopt;
            group.push_back(std::move(*value));
        }
        return group;
    }

    static std::optional<Entry> entry_of(const Correlation& correlation, std::size_t target,
                                         const Occurrence& occurrence) {
        Entry entry{occurrence.time, target, {}, 0, occurrence.tags};
        for (const auto& field : correlation.fields) {
            const auto value = occurrence.value_of(field);
            if (!value) return std::nullopt;
            entry.value += std::to_string(value->size()) + ':' + *value;
            const char* const end = value->data() + value->size();
            if (correlation.type == Correlation::Type::kValueCount) continue;
            const auto read = std::from_chars(value->data(), end, entry.number);
            if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
            entry.value.clear();
        }
        return entry;
    }

    void tell(Watch& watch, const Group& group, std::int64_t time, std::vector<std::uint64_t> tags) {
        CorrelationHit hit;
        hit.rule = watch.rule;
        const auto& names = watch.rule->correlation->group_by;
        for (std::size_t i = 0; i < names.size(); ++i) hit.group.emplace_back(names[i], group[i]);
        keep_newest(tags);
        hit.records = std::move(tags);
        Occurrence occurrence;
        occurrence.rule = watch.position;
        occurrence.time = time;
        occurrence.tags = hit.records;
        occurrence.group = &hit.group;
        apply({occurrence});
        if (watch.rule->reported) hits.push_back(std::move(hit));
    }

    static std::vector<std::uint64_t> tags_of(const Window& window) {
        std::vector<std::uint64_t> tags;
        for (const auto& entry : window.entries) tags.insert(tags.end(), entry.tags.begin(), entry.tags.end());
        keep_newest(tags);
        return tags;
    }

    // Of a condition that can cease to hold: decided once its window, which began with its first event, is over.
    void close(Watch& watch, const Group& group, Window& window) {
        if (window.entries.empty()) return;
        const bool hit = holds(*watch.rule->correlation, window);
        const auto time = window.entries.back().time;
        auto tags = tags_of(window);
        window = {};
        if (hit) tell(watch, group, time, std::move(tags));
    }

    void follow(Watch& watch, const Group& group, Window& window, std::size_t target, const Occurrence& occurrence) {
        const auto& correlation = *watch.rule->correlation;
        window.chains.resize(correlation.targets.size());
        auto& chain = window.chains[target];
        if (target == 0) {
            chain = {occurrence.time, occurrence.tags};
        } else {
            chain = window.chains[target - 1];
            if (chain.began == kNever || occurrence.time - chain.began > correlation.timespan) {
                chain = {};
                return;
            }
            chain.tags.insert(chain.tags.end(), occurrence.tags.begin(), occurrence.tags.end());
        }
        if (target + 1 == correlation.targets.size() && may_tell(correlation, window, occurrence.time)) {
            auto tags = chain.tags;
            tell(watch, group, occurrence.time, std::move(tags));
        }
    }

    static bool may_tell(const Correlation& correlation, Window& window, std::int64_t time) {
        if (window.told != kNever && time - window.told <= correlation.timespan) return false;
        window.told = time;
        return true;
    }

    void take(Watch& watch, std::size_t target, const Occurrence& occurrence) {
        const auto& correlation = *watch.rule->correlation;
        const auto group = group_of(correlation, target, occurrence);
        if (!group) return;
        auto& window = watch.windows[*group];
        if (correlation.type == Correlation::Type::kTemporalOrdered)
            return follow(watch, *group, window, target, occurrence);
        auto entry = entry_of(correlation, target, occurrence);
        if (!entry) return;
        if (!correlation.grows()) {
            if (!window.entries.empty() && occurrence.time - window.entries.front().time > correlation.timespan)
                close(watch, *group, window);
            return window.add(std::move(*entry));
        }
        window.drop_until(occurrence.time - correlation.timespan);
        window.add(std::move(*entry));
        if (holds(correlation, window) && may_tell(correlation, window, occurrence.time))
            tell(watch, *group, occurrence.time, tags_of(window));
    }

    // All of one record. Later targets first: one record is not its own predecessor.
    void apply(const std::vector<Occurrence>& occurrences) {
        struct Turn {
            std::size_t watch, target;
            const Occurrence* occurrence;
        };
        std::vector<Turn> turns;
        for (const auto& occurrence : occurrences) {
            const auto found = of_rule.find(occurrence.rule);
            if (found == of_rule.end()) continue;
            for (const auto& [watch, target] : found->second) turns.push_back({watch, target, &occurrence});
        }
        std::sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) {
            return a.watch != b.watch ? a.watch < b.watch : a.target > b.target;
        });
        for (const auto& turn : turns) take(watches[turn.watch], turn.target, *turn.occurrence);
    }
};

Correlator::Correlator(const RuleSet& set) : state_(std::make_unique<State>()) {
    state_->set = &set;
    const auto& rules = set.rules();
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (!rules[i].correlation) continue;
        const auto& targets = rules[i].correlation->targets;
        for (std::size_t j = 0; j < targets.size(); ++j)
            state_->of_rule[targets[j]].emplace_back(state_->watches.size(), j);
        state_->watches.push_back({&rules[i], i, {}});
    }
}
Correlator::~Correlator() = default;
Correlator::Correlator(Correlator&&) noexcept = default;

std::vector<CorrelationHit> Correlator::feed(const Record& record, const Matcher& matcher) {
    if (state_->watches.empty()) return {};
    std::vector<Occurrence> occurrences;
    for (const auto* rule : matcher.matching_for_correlations()) {
        Occurrence occurrence;
        occurrence.rule = static_cast<std::size_t>(rule - state_->set->rules().data());
        occurrence.time = record.time;
        occurrence.tags = {record.tag};
        occurrence.record = &record;
        occurrences.push_back(std::move(occurrence));
    }
    state_->apply(occurrences);
    return std::exchange(state_->hits, {});
}

std::vector<CorrelationHit> Correlator::finish() {
    for (auto& watch : state_->watches) {
        if (watch.rule->correlation->grows()) continue;
        for (auto& [group, window] : watch.windows) state_->close(watch, group, window);
    }
    return std::exchange(state_->hits, {});
}

}  // namespace fstracker::sigma
