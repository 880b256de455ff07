// SPDX-License-Identifier: Apache-2.0
// SARIF 2.1.0 (OASIS): what code scanning shows. One run with one result for each incident; section numbers below are
// the standard's.
#include <algorithm>
#include <map>
#include <string>

#include <fmt/format.h>

#include "core/base/time.hpp"
#include "core/report/json_parts.hpp"
#include "core/report/report.hpp"
#include "core/report/sarif_parts.hpp"
#include "core/report/story.hpp"
#include "core/report/summary.hpp"

namespace fstracker::report {
namespace {

using nlohmann::json;

constexpr const char* kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr std::size_t kMostResults = 5'000;
constexpr std::size_t kMostFlows = 10;   // of a result
constexpr std::size_t kMostLinks = 100;  // of a flow, the nearest ancestors
constexpr std::size_t kMostSpots = 100;
constexpr const char* kIncomplete = "incomplete";
constexpr const char* kLeftOut = "left-out";
constexpr const char* kBlindSpot = "blind-spot";

json flow_json(const std::vector<const run::Process*>& chain, const Finding& finding, SarifArtifacts& artifacts) {
    auto links = json::array();
    const std::size_t first = chain.size() > kMostLinks ? chain.size() - kMostLinks : 0;
    for (std::size_t i = first; i < chain.size(); ++i) {
        json location = {{"message", sarif_text(sarif_process_line(*chain[i]))}};
        if (chain[i]->executable)
            location["physicalLocation"] =
                artifacts.physical(chain[i]->executable->path.bytes, chain[i]->executable->digest);
        links.push_back({{"location", location}, {"nestingLevel", i - first}, {"importance", "important"}});
    }
    if (!finding.files.empty()) {
        const auto& file = finding.files.front();
        links.push_back(
            {{"location",
              {{"message", sarif_text(finding.incident->title)}, {"physicalLocation", artifacts.physical(file)}}},
             {"nestingLevel", chain.size() - first},
             {"importance", "essential"}});
    }
    return {{"threadFlows", json::array({{{"id", fmt::format("pid {}", chain.back()->pid)}, {"locations", links}}})}};
}

// The first file is where it is; an incident without files is where the program is that did it.
void put_locations(json& result, const Finding& finding, SarifArtifacts& artifacts) {
    if (!finding.files.empty()) {
        result["locations"] = json::array({{{"physicalLocation", artifacts.physical(finding.files.front())}}});
        auto others = json::array();
        for (std::size_t i = 1; i < finding.files.size(); ++i)
            others.push_back({{"id", i}, {"physicalLocation", artifacts.physical(finding.files[i])}});
        if (!others.empty()) result["relatedLocations"] = others;
        return;
    }
    for (const auto& chain : finding.chains) {
        if (!chain.back()->executable) continue;
        const auto& program = *chain.back()->executable;
        result["locations"] =
            json::array({{{"physicalLocation", artifacts.physical(program.path.bytes, program.digest)}}});
        return;
    }
}

json result_json(const Finding& finding, SarifRules& rules, SarifTaxonomies& taxonomies, SarifArtifacts& artifacts) {
    const auto& incident = *finding.incident;
    const auto rule = rules.of(incident);
    json result = {
        {"ruleId", rule.id},
        {"ruleIndex", rule.index},
        {"level", sarif_level(incident.level)},
        {"kind", "fail"},
        {"message", sarif_text(incident.title + ' ' + incident.why)},
        // Code scanning tells alerts apart by the second name alone, and would else make it of lines of text.
        {"partialFingerprints",
         {{"fstrackerIncident/v1", incident.fingerprint}, {"primaryLocationLineHash", incident.fingerprint + ":1"}}},
        {"properties",
         {{"id", incident.id},
          {"level", judge::to_text(incident.level)},
          {"family", incident.family},
          {"rules", texts(incident.rules)},
          {"innocent", texts(incident.innocent)},
          {"mitigations", texts(finding.mitigations)},
          {"suppress", finding.suppress}}}};
    if (!finding.accept.empty()) result["properties"]["accept"] = finding.accept;
    if (!finding.baseline_state.empty()) result["baselineState"] = finding.baseline_state;
    if (const auto& settled = incident.suppressed)
        result["suppressions"] = json::array({{{"kind", "external"},
                                               {"status", "accepted"},
                                               {"justification", sarif_words(settled->reason)},
                                               {"properties", {{"until", settled->until}}}}});
    put_locations(result, finding, artifacts);
    if (auto taxa = taxonomies.references(incident); !taxa.empty()) result["taxa"] = std::move(taxa);
    auto flows = json::array();
    for (std::size_t i = 0; i < std::min(finding.chains.size(), kMostFlows); ++i)
        flows.push_back(flow_json(finding.chains[i], finding, artifacts));
    if (!flows.empty()) result["codeFlows"] = std::move(flows);
    return result;
}

json notification(const char* id, std::size_t index, const char* level, const std::string& sentence) {
    return {{"descriptor", {{"id", id}, {"index", index}}}, {"level", level}, {"message", sarif_text(sentence)}};
}

json notifications(const Story& story) {
    auto list = json::array();
    if (!story.complete)
        for (const auto& reason : story.reasons) list.push_back(notification(kIncomplete, 0, "error", reason));
    if (story.findings.size() > kMostResults)
        list.push_back(notification(
            kLeftOut, 1, "warning",
            fmt::format("{} incidents of the lowest levels are left out here.", story.findings.size() - kMostResults)));
    const auto& spots = story.record->completeness.blind_spots;
    for (std::size_t i = 0; i < std::min(spots.size(), kMostSpots); ++i)
        list.push_back(notification(kBlindSpot, 2, "note", spots[i]));
    return list;
}

json notification_descriptors() {
    const auto descriptor = [](const char* id, const char* text) {
        return json{{"id", id}, {"shortDescription", {{"text", text}}}};
    };
    return json::array({descriptor(kIncomplete, "The record of the run is not complete"),
                        descriptor(kLeftOut, "There is more than fits here"),
                        descriptor(kBlindSpot, "What could not be observed")});
}

// The invocation of `track`, whose exit status is the command's own.
json invocation(const Story& story, SarifArtifacts& artifacts) {
    const auto& info = story.record->info;
    const int status = shell_status(info.status);
    json told = {{"executionSuccessful", story.complete},
                 {"startTimeUtc", base::format_time(info.started)},
                 {"endTimeUtc", base::format_time(info.finished)},
                 {"exitCode", status},
                 {"toolExecutionNotifications", notifications(story)}};
    if (status > 128 && (info.status & 0x7F) != 0) told["exitSignalNumber"] = status - 128;
    if (story.record->processes.empty()) return told;
    const auto& command = story.record->processes.front();
    told["commandLine"] = sarif_process_line(command);
    told["arguments"] = texts(command.arguments);
    told["processId"] = command.pid;
    if (command.executable) told["executableLocation"] = artifacts.location(command.executable->path.bytes);
    if (!artifacts.base().empty()) told["workingDirectory"] = {{"uri", artifacts.base()}};
    return told;
}

}  // namespace

std::string sarif_report(const verify::RunDocuments& run, const RuleTexts& known) {
    const auto story = story_of(run);
    const auto& info = story.record->info;
    SarifArtifacts artifacts(*story.record);
    SarifTaxonomies taxonomies;
    SarifRules rules(known);
    for (const auto* list : {&story.failed_rules, &story.warned_rules, &story.passed_rules})
        for (const auto& id : *list) rules.add(id);
    auto results = json::array();
    for (std::size_t i = 0; i < std::min(story.findings.size(), kMostResults); ++i)
        results.push_back(result_json(story.findings[i], rules, taxonomies, artifacts));

    json driver = {{"name", "fstracker"},
                   {"version", sarif_words(info.version)},
                   {"rules", rules.descriptors(story, taxonomies)},
                   {"notifications", notification_descriptors()}};
    json told = {{"columnKind", "unicodeCodePoints"},
                 {"language", "en-US"},
                 {"automationDetails",
                  {{"id", sarif_words(fmt::format("fstracker/{}/{}/{}", info.pipeline, info.step, info.id))}}},
                 {"invocations", json::array({invocation(story, artifacts)})},
                 {"results", std::move(results)},
                 {"properties",
                  {{"verdict", judge::to_text(story.verdict)},
                   {"complete", story.complete},
                   {"reasons", texts(story.reasons)},
                   {"baseline", baseline_json(story.baseline)}}}};
    if (!artifacts.base().empty())
        told["originalUriBaseIds"] = {
            {kSarifBase,
             {{"uri", artifacts.base()}, {"description", {{"text", "The directory that the step was started in"}}}}}};
    if (auto list = taxonomies.components(); !list.empty()) {
        driver["supportedTaxonomies"] = taxonomies.component_references();
        told["taxonomies"] = std::move(list);
    }
    told["tool"] = {{"driver", std::move(driver)}};
    told["artifacts"] = artifacts.list();
    const json log = {{"$schema", kSchema}, {"version", "2.1.0"}, {"runs", json::array({std::move(told)})}};
    return log.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

}  // namespace fstracker::report
