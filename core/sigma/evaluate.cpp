// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/evaluate.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace fstracker::sigma {
namespace {

template <typename A, typename B>
bool in_order(Number::Order order, const A& a, const B& b) {
    switch (order) {
        case Number::Order::kEqual: return a == b;
        case Number::Order::kLess: return a < b;
        case Number::Order::kLessOrEqual: return a <= b;
        case Number::Order::kGreater: return a > b;
        case Number::Order::kGreaterOrEqual: return a >= b;
    }
    return false;
}

bool number_holds(const Number& number, const Value& value) {
    const auto whole = [&](std::int64_t given) {
        return number.is_integer ? in_order(number.order, given, number.integer)
                                 : in_order(number.order, static_cast<double>(given), number.real);
    };
    switch (value.kind) {
        case Value::Kind::kNull: return false;
        case Value::Kind::kInteger: return whole(value.integer);
        case Value::Kind::kReal: return in_order(number.order, value.real, number.real);
        case Value::Kind::kText: break;
    }
    const char* const end = value.text.data() + value.text.size();
    std::int64_t given = 0;
    if (const auto read = std::from_chars(value.text.data(), end, given); read.ec == std::errc() && read.ptr == end)
        return whole(given);
    double real = 0;
    const auto read = std::from_chars(value.text.data(), end, real);
    return read.ec == std::errc() && read.ptr == end && std::isfinite(real) &&
           in_order(number.order, real, number.real);
}

bool is_lower(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

void Subject::set(const Record& record) {
    record_ = &record;
    first_.fill(kNone);
    used_ = 0;
    const std::size_t count = std::min(record.values.size(), kMostRecordValues);
    values_.assign(count, {});
    for (std::size_t i = count; i-- > 0;) {
        auto& first = first_[static_cast<std::size_t>(record.values[i].first)];
        values_[i].next = first;
        first = static_cast<std::uint16_t>(i);
    }
}

std::uint16_t Subject::keep(std::string_view text, bool fold) {
    if (used_ == texts_.size()) texts_.emplace_back();
    auto& kept = texts_[used_];  // `text` may be another of them: a deque does not move them
    kept.assign(text);
    if (fold)
        for (char& c : kept) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return used_++;
}

std::string_view Subject::text_of(std::size_t index) {
    const auto& value = record_->values[index].second;
    auto& prepared = values_[index];
    switch (value.kind) {
        case Value::Kind::kNull: return {};
        case Value::Kind::kText: return value.text;
        case Value::Kind::kInteger:
            if (prepared.own_text == kNone) prepared.own_text = keep(fmt::format_int(value.integer).c_str(), false);
            break;
        case Value::Kind::kReal:
            if (prepared.own_text == kNone) prepared.own_text = keep(fmt::format("{}", value.real), false);
            break;
    }
    return texts_[prepared.own_text];
}

std::string_view Subject::folded_of(std::size_t index) {
    auto& prepared = values_[index];
    if (prepared.own_folded == kNone) {
        const auto text = text_of(index);
        prepared.own_folded = is_lower(text) ? kAsItIs : keep(text, true);
    }
    return prepared.own_folded == kAsItIs ? text_of(index) : std::string_view(texts_[prepared.own_folded]);
}

bool Subject::fulfils(const Expression& expression) {
    switch (expression.kind) {
        case Expression::Kind::kTest: return holds(expression.test);
        case Expression::Kind::kNot: return !fulfils(expression.parts.front());
        case Expression::Kind::kAnd:
            return std::all_of(expression.parts.begin(), expression.parts.end(),
                               [this](const Expression& part) { return fulfils(part); });
        case Expression::Kind::kOr:
            return std::any_of(expression.parts.begin(), expression.parts.end(),
                               [this](const Expression& part) { return fulfils(part); });
    }
    return false;
}

bool Subject::holds(const Test& test) {
    const auto one_of = [&](std::size_t begin, std::size_t end) {
        for (std::size_t i = begin; i < end; ++i)
            if (compares(test.values[i], test)) return true;
        return false;
    };
    if (!test.all) return one_of(0, test.values.size()) != test.negated;
    std::size_t begin = 0;
    for (const std::size_t count : test.groups) {
        if (!one_of(begin, begin + count)) return test.negated;
        begin += count;
    }
    return !test.negated;
}

bool Subject::compares(const Comparison& comparison, const Test& test) {
    const bool keyword = test.field.empty();
    const auto from = keyword ? (values_.empty() ? kNone : std::uint16_t{0}) : test.known ? first(*test.known) : kNone;
    if (const auto* exists = std::get_if<Exists>(&comparison)) return (from != kNone) == exists->wanted;
    if (std::holds_alternative<IsNull>(comparison) && from == kNone) return true;
    for (auto i = from; i != kNone;
         i = keyword ? (i + 1U < values_.size() ? static_cast<std::uint16_t>(i + 1U) : kNone) : next(i)) {
        if (value_holds(comparison, i)) return true;
    }
    return false;
}

bool Subject::value_holds(const Comparison& comparison, std::uint16_t index) {
    const auto& value = record_->values[index].second;
    const bool null = value.kind == Value::Kind::kNull;
    if (std::holds_alternative<IsNull>(comparison)) return null;
    if (null) return false;
    if (const auto* text = std::get_if<Text>(&comparison))
        return text->pattern.matches(text->pattern.cased() ? text_of(index) : folded_of(index));
    if (const auto* number = std::get_if<Number>(&comparison)) return number_holds(*number, value);
    if (const auto* network = std::get_if<Network>(&comparison)) return network->contains(text_of(index));
    if (const auto* other = std::get_if<SameAs>(&comparison)) return same(*other, index);
    if (const auto* regex = std::get_if<Regex>(&comparison)) {
        const auto text = text_of(index);
        return re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *regex->compiled);
    }
    return false;
}

bool Subject::same(const SameAs& other, std::uint16_t mine) {
    if (!other.known) return false;
    for (auto i = first(*other.known); i != kNone; i = next(i)) {
        if (record_->values[i].second.kind == Value::Kind::kNull) continue;
        const auto a = other.cased ? text_of(mine) : folded_of(mine);
        const auto b = other.cased ? text_of(i) : folded_of(i);
        bool fits = a == b;
        if (other.starts && other.ends)
            fits = a.find(b) != std::string_view::npos;
        else if (other.starts)
            fits = a.substr(0, b.size()) == b;
        else if (other.ends)
            fits = a.size() >= b.size() && a.substr(a.size() - b.size()) == b;
        if (fits) return true;
    }
    return false;
}

}  // namespace fstracker::sigma
