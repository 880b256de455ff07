// SPDX-License-Identifier: Apache-2.0
#include "core/report/ocsf.hpp"

#include <algorithm>

#include "core/base/hex.hpp"
#include "core/evidence/text.hpp"
#include "core/judge/atlas.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {
namespace {

using nlohmann::json;

constexpr int kClass = 2004;  // Detection Finding
constexpr int kCategory = 2;  // Findings
constexpr int kCreate = 1;    // activity
constexpr std::size_t kMostAncestors = 16;

struct Severity {
    int id;
    const char* name;
};

Severity severity_of(judge::Level level) {
    switch (level) {
        case judge::Level::kInformational: return {1, "Informational"};
        case judge::Level::kLow: return {2, "Low"};
        case judge::Level::kMedium: return {3, "Medium"};
        case judge::Level::kHigh: return {4, "High"};
        case judge::Level::kCritical: return {5, "Critical"};
    }
    return {0, "Unknown"};
}

std::int64_t milliseconds(std::int64_t nanoseconds) { return nanoseconds / 1'000'000; }

std::string base_name(const std::string& path) {
    const auto name = path.substr(path.rfind('/') + 1);
    return name.empty() ? path : name;
}

json file_json(const std::string& path, const std::optional<event::Sha256>& digest) {
    json file = {{"name", evidence::display(base_name(path))},
                 {"path", evidence::display(path)},
                 {"type_id", 1},
                 {"type", "Regular File"}};
    if (digest)
        file["hashes"] =
            json::array({{{"algorithm_id", 3}, {"algorithm", "SHA-256"}, {"value", base::to_hex(*digest)}}});
    return file;
}

// The last of the chain, with those above it as parents of each other.
json process_json(const std::vector<const run::Process*>& chain) {
    json told;
    const auto first = chain.size() > kMostAncestors ? chain.end() - kMostAncestors : chain.begin();
    for (auto at = first; at != chain.end(); ++at) {
        json process = {{"pid", (*at)->pid},
                        {"name", evidence::display(base_name(program_name(**at)))},
                        {"cmd_line", evidence::display(command_line(**at))},
                        {"created_time", milliseconds((*at)->started)}};
        if ((*at)->executable) process["file"] = file_json((*at)->executable->path.bytes, (*at)->executable->digest);
        if (!told.is_null()) process["parent_process"] = std::move(told);
        told = std::move(process);
    }
    return told;
}

// An artefact each; processes and files that go together are not known to, so each stands for itself.
json evidences(const Finding& finding) {
    auto list = json::array();
    for (const auto& chain : finding.chains) list.push_back({{"process", process_json(chain)}});
    for (const auto& file : finding.files)
        list.push_back({{"file", file_json(file.path, file.entry != nullptr ? file.entry->digest : std::nullopt)}});
    return list;
}

// "T1552" of "T1552.004", "AML.T0011" of "AML.T0011.000"; the id itself where it is no part of another.
std::string technique_of(const std::string& id) {
    const auto dot = id.rfind('.');
    return dot == std::string::npos || id.find('T') > dot ? id : id.substr(0, dot);
}

json named(const std::string& id) {
    json told = {{"uid", evidence::display(id)}};
    if (const auto name = judge::atlas_technique_name(id); !name.empty()) told["name"] = name;
    return told;
}

json attacks(const Finding& finding) {
    auto list = json::array();
    for (const auto* ids : {&finding.incident->atlas, &finding.incident->attack}) {
        for (const auto& id : *ids) {
            const auto technique = technique_of(id);
            json attack = {{"technique", named(technique)}};
            if (technique != id) attack["sub_technique"] = named(id);
            if (ids == &finding.incident->atlas) attack["version"] = judge::kAtlasVersion;
            list.push_back(std::move(attack));
        }
    }
    return list;
}

json analytic(const std::string& id, const RuleTexts& rules) {
    const auto text = text_of(rules, id);
    return {{"uid", evidence::display(id)}, {"name", evidence::display(text.title)}, {"type_id", 1}, {"type", "Rule"}};
}

json finding_info(const Story& story, const Finding& finding, const RuleTexts& rules) {
    const auto& incident = *finding.incident;
    const auto leading = leading_rule(incident, rules);
    json info = {{"uid", evidence::display(incident.fingerprint)},
                 {"uid_alt", evidence::display(incident.id)},
                 {"title", evidence::display(incident.title)},
                 {"desc", evidence::display(incident.why)},
                 {"types", json::array({evidence::display(incident.family)})},
                 {"analytic", analytic(leading, rules)},
                 {"attacks", attacks(finding)},
                 {"first_seen_time", milliseconds(story.record->info.started)},
                 {"last_seen_time", milliseconds(story.record->info.finished)}};
    auto others = json::array();
    for (const auto& rule : incident.rules)
        if (rule != leading) others.push_back(analytic(rule, rules));
    if (!others.empty()) info["related_analytics"] = others;
    return info;
}

}  // namespace

json detection_finding(const Story& story, const Finding& finding, const RuleTexts& rules) {
    const auto& info = story.record->info;
    const auto severity = severity_of(finding.incident->level);
    const bool suppressed = !finding.settled.empty();
    json told = {
        {"class_uid", kClass},
        {"class_name", "Detection Finding"},
        {"category_uid", kCategory},
        {"category_name", "Findings"},
        {"activity_id", kCreate},
        {"activity_name", "Create"},
        {"type_uid", kClass * 100 + kCreate},
        {"type_name", "Detection Finding: Create"},
        {"time", milliseconds(info.finished)},
        {"severity_id", severity.id},
        {"severity", severity.name},
        {"status_id", suppressed ? 3 : 1},
        {"status", suppressed ? "Suppressed" : "New"},
        {"is_alert", !suppressed && finding.incident->level >= judge::Level::kMedium},
        {"message", evidence::display(finding.incident->title)},
        {"metadata",
         {{"version", kOcsfVersion},
          {"product",
           {{"name", "fstracker"}, {"vendor_name", "fstracker"}, {"version", evidence::display(info.version)}}},
          {"correlation_uid", evidence::display(info.id)}}},
        {"finding_info", finding_info(story, finding, rules)}};
    if (auto artefacts = evidences(finding); !artefacts.empty()) told["evidences"] = std::move(artefacts);
    if (!finding.mitigations.empty()) {
        std::string advice;
        for (const auto& id : finding.mitigations)
            advice += (advice.empty() ? "" : "; ") + std::string(judge::atlas_mitigation_name(id)) + " (" + id + ")";
        told["remediation"] = {{"desc", advice}};
    }
    return told;
}

}  // namespace fstracker::report
