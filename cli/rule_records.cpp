// SPDX-License-Identifier: Apache-2.0
#include "cli/rule_records.hpp"

#include <deque>
#include <optional>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/durable_file.hpp"

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

// What is wrong with the line, or empty.
std::string read_record(const Json& json, sigma::Record& record, std::deque<std::string>& texts, bool& hit) {
    if (!json.is_object()) return "is no JSON object";
    const std::string expect = json.value("expect", Json("")).is_string() ? json.value("expect", std::string()) : "";
    if (expect != "hit" && expect != "miss") return "\"expect\" is neither \"hit\" nor \"miss\"";
    hit = expect == "hit";
    const auto category = json.find("category");
    const auto source =
        category != json.end() && category->is_string() ? source_of(category->get<std::string>()) : std::nullopt;
    if (!source) return "\"category\" is none of those that rules see";
    record.clear(*source);
    for (const auto& [name, value] : json.items()) {
        if (name == "expect" || name == "category") continue;
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

}  // namespace

std::string records_path(const std::string& rule_file) {
    return rule_file.substr(0, rule_file.rfind('.')) + ".records.ndjson";
}

Result<RecordsOutcome> try_records(const sigma::Rule& rule, const std::string& path) {
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
        sigma::Record record;
        std::deque<std::string> texts;
        bool hit = false;
        std::string problem = read_record(Json::parse(line, nullptr, false), record, texts, hit);
        if (problem.empty() && sigma::matches(rule, record) != hit)
            problem = hit ? "the rule misses this record" : "the rule hits this record, which it must miss";
        if (!problem.empty())
            outcome.problems.push_back(fmt::format("{}:{}: {}", path, number, problem));
        else
            ++(hit ? outcome.hits : outcome.misses);
    }
    return outcome;
}

}  // namespace fstracker::cli
