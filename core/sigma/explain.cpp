// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/sigma/correlation_rule.hpp"
#include "core/sigma/expression.hpp"
#include "core/sigma/mentions.hpp"

namespace fstracker::sigma {
namespace {

bool has(const Test& test, std::string_view word) {
    return std::find(test.modifiers.begin(), test.modifiers.end(), word) != test.modifiers.end();
}

// How a text is compared: "contains", …
std::string verb_of(const Test& test) {
    if (test.field.empty() && !has(test, "startswith") && !has(test, "endswith")) return "contains";
    if (has(test, "contains")) return "contains";
    if (has(test, "startswith")) return "begins with";
    if (has(test, "endswith")) return "ends with";
    const auto wild = std::any_of(test.values.begin(), test.values.end(), [](const Comparison& value) {
        const auto* text = std::get_if<Text>(&value);
        return text != nullptr && has_wildcards(text->written);
    });
    return wild ? "has the form of" : "is";
}

std::string manner_of(const Test& test) {
    std::string manner;
    for (const auto& word : test.modifiers) {
        if (word == "base64") manner += ", as base64";
        if (word == "base64offset") manner += ", as base64 that begins at any byte";
        if (word == "wide" || word == "utf16le") manner += ", as UTF-16, low byte first";
        if (word == "utf16be") manner += ", as UTF-16, high byte first";
        if (word == "utf16") manner += ", as UTF-16 with its mark";
        if (word == "windash") manner += ", with any kind of dash";
        if (word == "cased") manner += ", in this case of letters";
    }
    return manner;
}

std::string quoted(std::string_view text) { return fmt::format("\"{}\"", text); }

std::string reference_verb(const SameAs& other) {
    if (other.starts && other.ends) return "contains the value of";
    if (other.starts) return "begins with the value of";
    return other.ends ? "ends with the value of" : "is the same as";
}

struct Phrase {
    std::string verb;
    std::string value;
};

Phrase phrase_of(const Test& test, const Comparison& comparison) {
    if (const auto* text = std::get_if<Text>(&comparison)) return {verb_of(test), quoted(to_text(text->written))};
    if (const auto* regex = std::get_if<Regex>(&comparison))
        return {"fits the regular expression", quoted(regex->written)};
    if (const auto* network = std::get_if<Network>(&comparison)) return {"is an address within", network->text()};
    if (const auto* exists = std::get_if<Exists>(&comparison))
        return {exists->wanted ? "is there" : "is not there", {}};
    if (const auto* other = std::get_if<SameAs>(&comparison)) return {reference_verb(*other), other->field};
    if (const auto* number = std::get_if<Number>(&comparison)) {
        switch (number->order) {
            case Number::Order::kEqual: return {"is", number->written};
            case Number::Order::kLess: return {"is less than", number->written};
            case Number::Order::kLessOrEqual: return {"is at most", number->written};
            case Number::Order::kGreater: return {"is greater than", number->written};
            case Number::Order::kGreaterOrEqual: return {"is at least", number->written};
        }
    }
    return {"is null or not there", {}};
}

class Writer {
  public:
    std::vector<std::string> lines;

    void say(std::size_t depth, const std::string& text) { lines.push_back(std::string(depth * 2, ' ') + text); }

    void write(const Expression& expression, std::size_t depth) {
        const auto name = expression.selection.empty() ? std::string() : fmt::format(" ({})", expression.selection);
        switch (expression.kind) {
            case Expression::Kind::kTest: return write(expression.test, name, depth);
            case Expression::Kind::kAnd: say(depth, fmt::format("all of these{}:", name)); break;
            case Expression::Kind::kOr: say(depth, fmt::format("at least one of these{}:", name)); break;
            case Expression::Kind::kNot: say(depth, fmt::format("not{}:", name)); break;
        }
        for (const auto& part : expression.parts) write(part, depth + 1);
    }

  private:
    void write(const Test& test, const std::string& name, std::size_t depth) {
        std::vector<Phrase> phrases;
        std::size_t begin = 0;
        for (const std::size_t count : test.groups) {
            phrases.push_back(phrase_of(test, test.values[begin]));
            begin += count;
        }
        const auto field = test.field.empty() ? std::string("any field") : test.field;
        const auto unknown = !test.known && !test.field.empty() ? " (which no event has)" : "";
        const auto head = fmt::format("{}{}{} {}", test.negated ? "not true: " : "", field, unknown, phrases[0].verb);
        const auto tail = manner_of(test) + name;
        if (phrases.size() == 1)
            return say(depth,
                       fmt::format("{}{}{}{}", head, phrases[0].value.empty() ? "" : " ", phrases[0].value, tail));
        say(depth, fmt::format("{} {}{}:", head, test.all ? "all of these" : "one of these", tail));
        for (const auto& phrase : phrases) say(depth + 1, phrase.value);
    }
};

std::string_view word_of(Bound::Order order) {
    switch (order) {
        case Bound::Order::kEqual: return "exactly";
        case Bound::Order::kNotEqual: return "other than";
        case Bound::Order::kLess: return "less than";
        case Bound::Order::kLessOrEqual: return "at most";
        case Bound::Order::kGreater: return "more than";
        case Bound::Order::kGreaterOrEqual: return "at least";
    }
    return "";
}

std::string_view counted_by(Correlation::Type type) {
    switch (type) {
        case Correlation::Type::kEventCount: return "the number of events is";
        case Correlation::Type::kValueCount: return "the number of different values is";
        case Correlation::Type::kTemporal: return "the number of these rules that matched is";
        case Correlation::Type::kTemporalOrdered: return "";
        case Correlation::Type::kValueSum: return "the sum of the values is";
        case Correlation::Type::kValueAverage: return "the average of the values is";
    }
    return "";
}

std::string joined(const std::vector<std::string>& texts) { return fmt::format("{}", fmt::join(texts, ", ")); }

void write(const Correlation& correlation, Writer& writer) {
    writer.say(0, fmt::format("It fires on events that match these rules within {} seconds{}{}:",
                              correlation.timespan / 1'000'000'000,
                              correlation.group_by.empty() ? "" : " and have the same ", joined(correlation.group_by)));
    for (const auto& rule : correlation.rules) writer.say(1, rule);
    if (correlation.type == Correlation::Type::kTemporalOrdered) return writer.say(0, "when all did, in this order.");
    if (correlation.bounds.empty()) return writer.say(0, "when all did, in any order.");
    std::vector<std::string> bounds;
    for (const auto& bound : correlation.bounds)
        bounds.push_back(fmt::format("{} {}", word_of(bound.order), bound.limit));
    const auto of = correlation.fields.empty() ? std::string() : fmt::format(" (of {})", joined(correlation.fields));
    writer.say(0, fmt::format("when {}{} {}.", counted_by(correlation.type), of, fmt::join(bounds, " and ")));
}

std::string one_line(std::string text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
}

}  // namespace

std::vector<std::string> explain(const Rule& rule) {
    Writer writer;
    writer.say(0, rule.title);
    writer.say(1, fmt::format("id: {}", rule.id));
    writer.say(1, fmt::format("from: {}:{}", rule.file, rule.line));
    writer.say(1, fmt::format("level: {}", to_text(rule.level)));
    if (rule.status) writer.say(1, fmt::format("status: {}", to_text(*rule.status)));
    if (!rule.tags.empty()) writer.say(1, "tags: " + joined(rule.tags));
    if (!rule.description.empty()) writer.say(1, "about: " + one_line(rule.description));
    if (rule.detection) {
        writer.say(0, fmt::format("It fires on an event of {} of which this is true:", to_text(rule.logsource)));
        writer.write(*rule.detection, 1);
        const bool waits = rule.logsource.product == "fstracker" || mentions(rule, Field::kBaseline) ||
                           mentions(rule, Field::kSurprise);
        if (waits) writer.say(0, "It is decided when the command has ended.");
    }
    if (rule.correlation) write(*rule.correlation, writer);
    writer.say(0, rule.falsepositives.empty() ? "It names no innocent explanation." : "It may be innocent:");
    for (const auto& innocent : rule.falsepositives) writer.say(1, one_line(innocent));
    if (!rule.references.empty()) writer.say(0, "See also:");
    for (const auto& reference : rule.references) writer.say(1, reference);
    return writer.lines;
}

}  // namespace fstracker::sigma
