// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/places.hpp"
#include "cli/rule_files.hpp"
#include "cli/rule_records.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/report/printable.hpp"
#include "core/sigma/explain.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::cli {
namespace {

using Json = nlohmann::ordered_json;

struct RulesOptions {
    std::string what;
    std::vector<std::string> paths;
    bool json = false;
};

std::string dumped(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n'; }

Result<int> said(const std::string& text, int status) {
    if (auto printed = print(text); !printed) return fail(printed.error());
    return status;
}

std::string faults_text(const sigma::RuleSet& set) {
    std::string text;
    for (const auto& fault : set.faults()) text += report::printable(to_text(fault)) + '\n';
    return text;
}

Json faults_json(const sigma::RuleSet& set) {
    auto faults = Json::array();
    for (const auto& fault : set.faults()) {
        const bool error = fault.severity == sigma::Fault::Severity::kError;
        faults.push_back({{"file", fault.file},
                          {"line", fault.line},
                          {"column", fault.column},
                          {"severity", error ? "error" : "warning"},
                          {"message", fault.message}});
    }
    return faults;
}

Json rule_json(const sigma::Rule& rule) {
    return {{"id", rule.id},
            {"title", rule.title},
            {"level", to_text(rule.level)},
            {"status", rule.status ? Json(to_text(*rule.status)) : Json(nullptr)},
            {"logSource", rule.correlation ? Json(nullptr) : Json(to_text(rule.logsource))},
            {"tags", rule.tags},
            {"file", rule.file},
            {"line", rule.line}};
}

Result<int> check(const RulesOptions& options) {
    if (options.paths.empty())
        return fail(ErrorKind::kInvalid, "no rules were given", "track rules check FILE_OR_FOLDER…");
    const auto set = sigma::load(options.paths);
    const int status = set.has_errors() ? 1 : 0;
    if (options.json)
        return said(
            dumped({{"rules", set.rules().size()}, {"files", set.files().size()}, {"faults", faults_json(set)}}),
            status);
    const auto errors = std::count_if(set.faults().begin(), set.faults().end(), [](const sigma::Fault& fault) {
        return fault.severity == sigma::Fault::Severity::kError;
    });
    const auto warnings = static_cast<std::ptrdiff_t>(set.faults().size()) - errors;
    auto told = said(faults_text(set), status);
    tell(fmt::format("files {}, rules loaded {}, errors {}, warnings {}\n", set.files().size(), set.rules().size(),
                     errors, warnings));
    return told;
}

std::vector<std::string> standard_paths() {
    const auto here = current_directory();
    return standard_rules(project_root(here ? *here : "."));
}

// The rules of these paths; what is wrong with them goes to standard error.
sigma::RuleSet load_and_tell(const std::vector<std::string>& paths) {
    auto set = sigma::load(paths.empty() ? standard_paths() : paths);
    for (const auto& fault : set.faults())
        if (fault.severity == sigma::Fault::Severity::kError) tell(report::printable(to_text(fault)) + '\n');
    return set;
}

Result<int> list(const RulesOptions& options) {
    const auto set = load_and_tell(options.paths);
    if (options.json) {
        auto rules = Json::array();
        for (const auto& rule : set.rules()) rules.push_back(rule_json(rule));
        return said(dumped(rules), 0);
    }
    if (set.rules().empty()) return said("no rules\n", 0);
    std::vector<std::vector<std::string>> rows;
    for (const auto& rule : set.rules())
        rows.push_back({report::printable(rule.id), std::string(to_text(rule.level)),
                        rule.correlation ? "correlation" : report::printable(to_text(rule.logsource)),
                        report::printable(rule.title)});
    return said(table({{"ID"}, {"LEVEL"}, {"LOG SOURCE"}, {"TITLE"}}, rows, table_width()), 0);
}

Result<int> explain(const RulesOptions& options) {
    if (options.paths.empty()) return fail(ErrorKind::kInvalid, "no rule was given", "track rules explain ID_OR_FILE");
    const auto& wanted = options.paths.front();
    std::error_code ignored;
    const bool is_path = std::filesystem::exists(wanted, ignored);
    const auto set = load_and_tell(is_path ? options.paths
                                           : std::vector<std::string>(options.paths.begin() + 1, options.paths.end()));
    std::vector<const sigma::Rule*> chosen;
    for (const auto& rule : set.rules())
        if (is_path || rule.id == wanted || (!rule.name.empty() && rule.name == wanted)) chosen.push_back(&rule);
    if (chosen.empty() && !is_path)
        return fail(ErrorKind::kNotFound, "there is no rule " + report::printable(wanted),
                    "track rules list names them; a rule's file can be given instead");
    if (chosen.empty()) return fail(ErrorKind::kInvalid, report::printable(wanted) + ": no rule of it could be loaded");
    auto rules = Json::array();
    std::string text;
    for (const auto* rule : chosen) {
        const auto lines = sigma::explain(*rule);
        auto json = rule_json(*rule);
        json["description"] = rule->description;
        json["falsePositives"] = rule->falsepositives;
        json["explanation"] = lines;
        rules.push_back(std::move(json));
        if (!text.empty()) text += '\n';
        for (const auto& line : lines) text += report::printable(line) + '\n';
    }
    return said(options.json ? dumped(rules) : text, 0);
}

// The records beside each rule; a rule without a hit and a miss is not one that is known to work.
Result<int> test(const RulesOptions& options) {
    const auto set = load_and_tell(options.paths);
    auto rules = Json::array();
    std::string text;
    std::size_t faults = 0;
    std::set<std::string> known;
    for (const auto& rule : set.rules()) {
        const auto path = records_path(rule.file);
        const auto outcome = try_records(set, rule, path);
        // What only correlations use is tried as a part of them.
        if (!rule.reported && (!outcome || outcome->hits + outcome->misses + outcome->problems.size() == 0)) continue;
        std::vector<std::string> problems;
        if (!outcome)
            problems.push_back(outcome.error().message);
        else
            problems = outcome->problems;
        if (outcome && (outcome->hits == 0 || outcome->misses == 0))
            problems.push_back(path + ": holds no record to hit, or none to miss");
        for (const auto& problem : problems) {
            if (!known.insert(problem).second)
                continue;  // a line that nobody can read is in the way of each rule of a file
            ++faults;
            text += report::printable(problem) + '\n';
        }
        rules.push_back({{"id", rule.id},
                         {"file", rule.file},
                         {"hits", outcome ? outcome->hits : 0},
                         {"misses", outcome ? outcome->misses : 0},
                         {"problems", problems}});
    }
    const int status = faults > 0 || set.has_errors() || set.rules().empty() ? 1 : 0;
    if (options.json) return said(dumped(rules), status);
    auto told = said(text, status);
    tell(fmt::format("rules tried {}, problems {}\n", rules.size(), faults));
    return told;
}

Action declare(CLI::App& app, const Trailer&) {
    auto options = std::make_shared<RulesOptions>();
    app.add_option("ACTION", options->what,
                   "check: say what is wrong with rules. list: name them. explain: say in words what one looks for. "
                   "test: try each on the records beside it")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"check", "list", "explain", "test"}));
    app.add_option("PATH", options->paths,
                   "Rule files, or folders of them. For explain first the rule: its id, its name or its file")
        ->type_name("");
    app.add_flag("--json", options->json, "As JSON");
    return [options]() -> Result<int> {
        if (options->what == "check") return check(*options);
        if (options->what == "test") return test(*options);
        return options->what == "list" ? list(*options) : explain(*options);
    };
}

}  // namespace

const Verb kRulesVerb = {
    "rules",
    "rules [OPTIONS] check|list|explain|test [PATH…]",
    "Check, list, explain or test Sigma detection rules",
    "check prints one line for each fault, as FILE:LINE: error: MESSAGE, or warning. With a "
    "warning a rule is loaded, and "
    "part of it can never hold.\n\n"
    "test tries RULE.yml on RULE.records.ndjson: one JSON object a line, with \"expect\" (\"hit\" "
    "or \"miss\"), \"category\", and fields by name; for a correlation \"expect\" and \"records\", a list of such.\n\n"
    "Without PATH, list, explain and test take the rules that came with track ($FSTRACKER_RULES, else "
    "share/fstracker/rules) and "
    ".fstracker/rules of the project.\n\n"
    "Exit status: 0; 1 when check found an error, or test a rule that fails on its records or has none; 2 when there "
    "is no such rule.",
    false,
    2,
    declare};

}  // namespace fstracker::cli
