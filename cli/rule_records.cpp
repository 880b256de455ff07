// SPDX-License-Identifier: Apache-2.0
#include "cli/rule_records.hpp"

#include <algorithm>
#include <deque>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/durable_file.hpp"
#include "core/sigma/correlation.hpp"

namespace fstracker::cli {

namespace {

using Json = nlohmann::json;

std::optional<sigma::Source> source_of(const std::string& category) {
    for (std::size_t i = 0; i < sigma::kSources; ++i)
        if (const auto source = static_cast<sigma::Source>(i); sigma::category_of(source) == category) return source;
    return std::nullopt;
}

// A record borrows its texts: they are kept in `texts`, which does not move them.
std::optional<sigma::Value> value_of(const Json& json, std::deque<std::string>& texts) {
    if (json.is_string()) return sigma::Value(texts.emplace_back(json.get<std::string>()));
    if (json.is_number_integer()) return sigma::Value::of_integer(json.get<std::int64_t>());
    if (json.is_number_float()) return sigma::Value::of_real(json.get<double>());
    if (json.is_boolean()) return sigma::Value::of_truth(json.get<bool>());
    if (json.is_null()) return sigma::Value();
    return std::nullopt;
}

// What is wrong with the fields, or empty.
std::string read_record(const Json& json, sigma::Record& record, std::deque<std::string>& texts) {
    if (!json.is_object()) return "is no JSON object";
    const auto category = json.find("category");
    const auto source =
        category != json.end() && category->is_string() ? source_of(category->get<std::string>()) : std::nullopt;
    if (!source) return "\"category\" is none of those that rules see";
    record.clear(*source);
    for (const auto& [name, value] : json.items()) {
        if (name == "expect" || name == "category" || name == "time") continue;
        const auto field = sigma::find_field(name);
        if (!field) return "\"" + name + "\" is no field that rules see";
        const Json list = value.is_array() ? value : Json::array({value});
        for (const Json& one : list) {
            const auto read = value_of(one, texts);
            if (!read) return "\"" + name + "\" is neither a text nor a number nor a list of such";
            record.add(*field, *read);
        }
    }
    return {};
}

// A line of a records file: one record for a rule, or several, in the order of their times, for a correlation.
struct Line {
    std::deque<std::string> texts;
    std::vector<sigma::Record> records;
    bool is_group = false;
    bool hit = false;
};

std::string read_group(const Json& group, Line& line) {
    constexpr double kSecond = 1e9, kMostSeconds = 1e9;
    constexpr std::int64_t kMostRecords = 10'000;
    for (const Json& one : group) {
        const Json times = one.is_object() ? one.value("times", Json(1)) : Json(1);
        if (!times.is_number_integer() || times.get<std::int64_t>() < 1 || times.get<std::int64_t>() > kMostRecords)
            return "\"times\" is no number from 1 to 10000";
        Json each = one;
        if (each.is_object()) each.erase("times");
        for (std::int64_t i = 0; i < times.get<std::int64_t>(); ++i) {
            if (line.records.size() >= static_cast<std::size_t>(kMostRecords)) return "has too many records";
            Json numbered = each;
            if (numbered.is_object())
                for (auto& [name, value] : numbered.items()) {
                    if (!value.is_string()) continue;
                    std::string text = value.get<std::string>();
                    if (const auto at = text.find("{i}"); at != std::string::npos)
                        value = text.replace(at, 3, std::to_string(i));
                }
            sigma::Record record;
            if (std::string problem = read_record(numbered, record, line.texts); !problem.empty())
                return fmt::format("record {}: {}", line.records.size() + 1, problem);
            const double before =
                line.records.empty() ? 0 : static_cast<double>(line.records.back().time) / kSecond + 1;
            const Json time = each.value("time", Json(before));
            if (!time.is_number() || time.get<double>() < before - 1 || time.get<double>() > kMostSeconds)
                return fmt::format("record {}: \"time\" is no number of seconds after the one before it",
                                   line.records.size() + 1);
            record.time = static_cast<std::int64_t>(time.get<double>() * kSecond);
            record.tag = line.records.size();
            line.records.push_back(std::move(record));
        }
    }
    return line.records.empty() ? "\"records\" has none" : "";
}

// What is wrong with the line, or empty.
std::string read_line(const Json& json, Line& line) {
    if (!json.is_object()) return "is no JSON object";
    const std::string expect = json.value("expect", Json("")).is_string() ? json.value("expect", std::string()) : "";
    if (expect != "hit" && expect != "miss") return "\"expect\" is neither \"hit\" nor \"miss\"";
    line.hit = expect == "hit";
    const auto group = json.find("records");
    line.is_group = group != json.end();
    if (line.is_group) return group->is_array() ? read_group(*group, line) : "\"records\" is no list";
    return read_record(json, line.records.emplace_back(), line.texts);
}

bool fires(const sigma::RuleSet& set, const sigma::Rule& rule, const std::vector<sigma::Record>& records) {
    if (!rule.correlation) return sigma::matches(rule, records.front());
    sigma::Matcher matcher(set);
    sigma::Correlator correlator(set);
    const auto is_meant = [&rule](const sigma::CorrelationHit& hit) { return hit.rule == &rule; };
    bool fired = false;
    for (const sigma::Record& record : records) {
        matcher.matching(record);
        const auto hits = correlator.feed(record, matcher);
        fired = fired || std::any_of(hits.begin(), hits.end(), is_meant);
    }
    const auto hits = correlator.finish();
    return fired || std::any_of(hits.begin(), hits.end(), is_meant);
}

}  // namespace

std::string records_path(const std::string& rule_file) {
    return rule_file.substr(0, rule_file.rfind('.')) + ".records.ndjson";
}

Result<RecordsOutcome> try_records(const sigma::RuleSet& set, const sigma::Rule& rule, const std::string& path) {
    constexpr std::size_t kMostBytes = std::size_t{16} << 20;
    const auto text = base::read_file(path, kMostBytes);
    if (!text) return fail(text.error());
    RecordsOutcome outcome;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text->size();) {
        const std::size_t end = std::min(text->find('\n', at), text->size());
        const std::string_view line = std::string_view(*text).substr(at, end - at);
        at = end + 1;
        ++number;
        if (line.empty()) continue;
        Line read;
        std::string problem = read_line(Json::parse(line, nullptr, false), read);
        if (problem.empty() && read.is_group != (rule.correlation != nullptr)) continue;  // of another rule of the file
        const char* what = read.is_group ? "these records" : "this record";
        if (problem.empty() && fires(set, rule, read.records) != read.hit)
            problem = read.hit ? fmt::format("the rule misses {}", what)
                               : fmt::format("the rule hits {}, which it must miss", what);
        if (!problem.empty())
            outcome.problems.push_back(fmt::format("{}:{}: {}", path, number, problem));
        else
            ++(read.hit ? outcome.hits : outcome.misses);
    }
    return outcome;
}

}  // namespace fstracker::cli
