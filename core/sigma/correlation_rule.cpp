// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/correlation_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace fstracker::sigma {
namespace {

constexpr std::size_t kMostReferences = 1'000;

std::optional<Correlation::Type> read_type(const Node& node, Complaints& complaints) {
    using Type = Correlation::Type;
    constexpr std::array<std::pair<std::string_view, Type>, 6> kTypes = {{{"event_count", Type::kEventCount},
                                                                          {"value_count", Type::kValueCount},
                                                                          {"temporal", Type::kTemporal},
                                                                          {"temporal_ordered", Type::kTemporalOrdered},
                                                                          {"value_sum", Type::kValueSum},
                                                                          {"value_avg", Type::kValueAverage}}};
    const auto* type = node.find("type");
    if (type == nullptr || !type->is(Node::Kind::kScalar)) {
        complaints.error(type == nullptr ? node : *type, "a correlation needs a type");
        return std::nullopt;
    }
    for (const auto& [name, value] : kTypes)
        if (type->text == name) return value;
    complaints.error(*type, type->text == "value_percentile"
                                ? "correlations of type value_percentile are not supported"
                                : fmt::format("there is no correlation type {}", type->text));
    return std::nullopt;
}

std::int64_t read_timespan(const Node& node, Complaints& complaints) {
    const auto* span = node.find("timespan");
    if (span == nullptr || !span->is(Node::Kind::kScalar)) {
        complaints.error(span == nullptr ? node : *span, "a correlation needs a timespan");
        return 0;
    }
    constexpr std::int64_t kSecond = 1'000'000'000;
    constexpr std::int64_t kLongest = 1'000'000'000;  // seconds
    constexpr std::array<std::pair<char, std::int64_t>, 4> kUnits = {{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}}};
    std::int64_t number = 0;
    const char* const end = span->text.data() + span->text.size();
    const auto read = std::from_chars(span->text.data(), end, number);
    for (const auto& [letter, seconds] : kUnits) {
        const bool fits = read.ec == std::errc() && read.ptr + 1 == end && *read.ptr == letter;
        if (fits && number > 0 && number <= kLongest / seconds) return number * seconds * kSecond;
    }
    complaints.error(*span, fmt::format("{} is no timespan; write a number and s, m, h or d", span->text));
    return 0;
}

void read_bounds(const Node& node, Correlation& correlation, Complaints& complaints) {
    using Order = Bound::Order;
    constexpr std::array<std::pair<std::string_view, Order>, 6> kOrders = {{{"eq", Order::kEqual},
                                                                            {"neq", Order::kNotEqual},
                                                                            {"lt", Order::kLess},
                                                                            {"lte", Order::kLessOrEqual},
                                                                            {"gt", Order::kGreater},
                                                                            {"gte", Order::kGreaterOrEqual}}};
    const auto* condition = node.find("condition");
    if (condition == nullptr) return;
    if (!condition->is(Node::Kind::kMap)) return complaints.error(*condition, "a correlation's condition is a mapping");
    if (const auto* key = odd_key(*condition)) return complaints.error(*key, "a key of the condition is there twice");
    for (std::size_t i = 0; i < condition->keys.size(); ++i) {
        const auto& key = condition->keys[i].text;
        const auto& value = condition->children[i];
        if (key == "field") {
            correlation.fields = read_texts(*condition, "field", complaints);
            for (const auto& field : correlation.fields)
                if (!find_field(field)) complaints.warning(value, fmt::format("no event has a field {}", field));
            continue;
        }
        const auto* order =
            std::find_if(kOrders.begin(), kOrders.end(), [&key](const auto& known) { return known.first == key; });
        double limit = 0;
        const char* const end = value.text.data() + value.text.size();
        const auto read = std::from_chars(value.text.data(), end, limit);
        if (order == kOrders.end())
            complaints.error(condition->keys[i], fmt::format("a correlation's condition has no {}", key));
        else if (!value.is(Node::Kind::kScalar) || read.ec != std::errc() || read.ptr != end)
            complaints.error(value, fmt::format("{} takes a number", key));
        else
            correlation.bounds.push_back({order->second, limit});
    }
}

void read_aliases(const Node& node, Correlation& correlation, Complaints& complaints) {
    const auto* aliases = node.find("aliases");
    if (aliases == nullptr) return;
    const auto wrong = [&] { complaints.error(*aliases, "aliases map a name to a field for each rule"); };
    if (!aliases->is(Node::Kind::kMap) || odd_key(*aliases) != nullptr) return wrong();
    for (std::size_t i = 0; i < aliases->keys.size(); ++i) {
        const auto& fields = aliases->children[i];
        if (!fields.is(Node::Kind::kMap) || odd_key(fields) != nullptr) return wrong();
        auto& alias = correlation.aliases[aliases->keys[i].text];
        for (std::size_t j = 0; j < fields.keys.size(); ++j) {
            if (!fields.children[j].is(Node::Kind::kScalar)) return wrong();
            const auto& rule = fields.keys[j].text;
            if (std::find(correlation.rules.begin(), correlation.rules.end(), rule) == correlation.rules.end())
                complaints.error(fields.keys[j],
                                 fmt::format("an alias is about {}, which the correlation has not", rule));
            alias[rule] = fields.children[j].text;
        }
    }
}

void check_together(const Node& node, const Correlation& correlation, Complaints& complaints) {
    using Type = Correlation::Type;
    const bool temporal = correlation.type == Type::kTemporal || correlation.type == Type::kTemporalOrdered;
    const bool of_values = !temporal && correlation.type != Type::kEventCount;
    if (!temporal && correlation.bounds.empty()) complaints.error(node, "this type of correlation needs a condition");
    if (of_values && correlation.fields.empty()) complaints.error(node, "its condition needs a field");
    if (!of_values && !correlation.fields.empty()) complaints.error(node, "its condition takes no field");
    if (of_values && correlation.type != Type::kValueCount && correlation.fields.size() > 1)
        complaints.error(node, "its condition takes one field");
    if (correlation.type == Type::kTemporalOrdered && !correlation.bounds.empty())
        complaints.error(node,
                         "temporal_ordered is not supported with a condition: all its rules must follow each other");
}

}  // namespace

bool Bound::admits(double value) const {
    switch (order) {
        case Order::kEqual: return value == limit;
        case Order::kNotEqual: return value != limit;
        case Order::kLess: return value < limit;
        case Order::kLessOrEqual: return value <= limit;
        case Order::kGreater: return value > limit;
        case Order::kGreaterOrEqual: return value >= limit;
    }
    return false;
}

bool Correlation::admits(double value) const {
    return std::all_of(bounds.begin(), bounds.end(), [value](const Bound& bound) { return bound.admits(value); });
}

bool Correlation::grows() const {
    return type != Type::kValueAverage && std::all_of(bounds.begin(), bounds.end(), [](const Bound& bound) {
               return bound.order == Bound::Order::kGreater || bound.order == Bound::Order::kGreaterOrEqual;
           });
}

std::optional<Rule> read_correlation_rule(const Node& document, Complaints& complaints) {
    const auto before = complaints.errors();
    Rule rule = read_common(document, complaints);
    const auto& node = *document.find("correlation");
    if (!node.is(Node::Kind::kMap) || odd_key(node) != nullptr) {
        complaints.error(node, "correlation must be a mapping of distinct keys");
        return std::nullopt;
    }
    Correlation correlation;
    const auto type = read_type(node, complaints);
    if (type) correlation.type = *type;
    correlation.rules = read_texts(node, "rules", complaints);
    const std::set<std::string_view> distinct(correlation.rules.begin(), correlation.rules.end());
    if (correlation.rules.empty() || correlation.rules.size() > kMostReferences)
        complaints.error(node, "a correlation needs rules that it is about, 1000 at most");
    if (distinct.size() != correlation.rules.size()) complaints.error(node, "a correlation names a rule twice");
    correlation.timespan = read_timespan(node, complaints);
    correlation.group_by = read_texts(node, "group-by", complaints);
    read_aliases(node, correlation, complaints);
    for (const auto& field : correlation.group_by)
        if (!correlation.aliases.contains(field) && !find_field(field))
            complaints.warning(*node.find("group-by"), fmt::format("no event has a field {}: this never fires", field));
    read_bounds(node, correlation, complaints);
    if (complaints.errors() == before) check_together(node, correlation, complaints);
    for (const auto* place : {&node, &document})
        if (const auto* generate = place->find("generate")) correlation.generate = generate->text == "true";
    if (complaints.errors() != before) return std::nullopt;
    rule.correlation = std::make_shared<const Correlation>(std::move(correlation));
    return rule;
}

std::optional<Filter> read_filter(const Node& document, Complaints& complaints) {
    const auto before = complaints.errors();
    const Rule common = read_common(document, complaints);
    Filter filter;
    filter.file = common.file;
    filter.line = common.line;
    filter.logsource = read_log_source(document, complaints);
    const auto& node = *document.find("filter");
    auto expression = read_detection(node, {"rules"}, complaints);
    filter.rules = read_texts(node, "rules", complaints);
    if (filter.rules.empty()) complaints.error(node, "a filter needs rules that it is about, or any");
    if (filter.rules == std::vector<std::string>{"any"}) filter.rules.clear();
    if (!expression || complaints.errors() != before) return std::nullopt;
    filter.expression = std::move(*expression);
    filter.expression.selection = filter.expression.selection.empty() ? "filter" : filter.expression.selection;
    return filter;
}

bool applies(const Filter& filter, const Rule& rule) {
    const auto agrees = [](const std::string& wanted, const std::string& given) {
        return wanted.empty() || wanted == given;
    };
    const auto& wanted = filter.logsource;
    if (!rule.detection || !agrees(wanted.category, rule.logsource.category) ||
        !agrees(wanted.product, rule.logsource.product) || !agrees(wanted.service, rule.logsource.service))
        return false;
    return filter.rules.empty() || std::any_of(filter.rules.begin(), filter.rules.end(), [&rule](const auto& name) {
               return name == rule.id || (!name.empty() && name == rule.name);
           });
}

}  // namespace fstracker::sigma
