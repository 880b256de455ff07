// SPDX-License-Identifier: Apache-2.0
#include "core/report/json_parts.hpp"

#include <cstdint>

#include "core/base/hex.hpp"
#include "core/evidence/text.hpp"
#include "core/evidence/trace.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {
namespace {

using nlohmann::json;

json text_or_null(const std::string& text) { return text.empty() ? json(nullptr) : json(evidence::display(text)); }

json processes_json(const Finding& finding) {
    auto processes = json::array();
    for (const auto& chain : finding.chains) {
        auto names = json::array();
        for (const auto* link : chain) names.push_back(evidence::display(program_name(*link)));
        processes.push_back({{"pid", chain.back()->pid},
                             {"image", evidence::display(program_name(*chain.back()))},
                             {"commandLine", evidence::display(command_line(*chain.back()))},
                             {"chain", names}});
    }
    return processes;
}

json files_json(const Finding& finding) {
    auto files = json::array();
    for (const auto& file : finding.files) {
        const auto* entry = file.entry;
        files.push_back({{"path", evidence::display(file.path)},
                         {"role", entry != nullptr ? text_or_null(entry->role) : json(nullptr)},
                         {"owner", entry != nullptr ? text_or_null(entry->owner) : json(nullptr)},
                         {"digest", entry != nullptr ? digest_json(entry->digest) : json(nullptr)},
                         {"was", digest_json(file.was)}});
    }
    return files;
}

}  // namespace

json texts(const std::vector<std::string>& values) {
    auto list = json::array();
    for (const auto& value : values) list.push_back(evidence::display(value));
    return list;
}

json digest_json(const std::optional<event::Sha256>& digest) {
    return digest ? json("sha256:" + base::to_hex(*digest)) : json(nullptr);
}

MonitorLog monitor_log(const run::Record& record) {
    run::Record small;  // the access table of a long run is the larger part by far
    small.info = record.info;
    small.processes = record.processes;
    small.connections = record.connections;
    small.completeness = record.completeness;
    const auto document =
        evidence::write_trace(small, {}, {SIZE_MAX, SIZE_MAX}, [](const std::string&) { return event::Sha256{}; });
    const auto statement = json::parse(document.statement, nullptr, false);
    const auto log = statement.value("predicate", json::object()).value("monitorLog", json::object());
    return {log.value("process", json::array()), log.value("network", json::array()),
            log.value("urn:fstracker:completeness:v1", json::object())};
}

json run_json(const Story& story) {
    const auto& info = story.record->info;
    return {{"run", evidence::display(info.id)},    {"pipeline", evidence::display(info.pipeline)},
            {"step", evidence::display(info.step)}, {"verdict", judge::to_text(story.verdict)},
            {"complete", story.complete},           {"reasons", texts(story.reasons)}};
}

json incident_json(const Finding& finding) {
    const auto& incident = *finding.incident;
    json told = {{"id", evidence::display(incident.id)},
                 {"level", judge::to_text(incident.level)},
                 {"family", evidence::display(incident.family)},
                 {"rules", texts(incident.rules)},
                 {"title", evidence::display(incident.title)},
                 {"why", evidence::display(incident.why)},
                 {"processes", processes_json(finding)},
                 {"files", files_json(finding)},
                 {"atlas", texts(incident.atlas)},
                 {"attack", texts(incident.attack)},
                 {"mitigations", texts(finding.mitigations)},
                 {"innocent", texts(incident.innocent)},
                 {"fingerprint", evidence::display(incident.fingerprint)},
                 {"accept", text_or_null(finding.accept)},
                 {"suppress", text_or_null(finding.suppress)}};
    if (incident.suppressed)
        told["suppressed"] = {{"reason", evidence::display(incident.suppressed->reason)},
                              {"until", text_or_null(incident.suppressed->until)}};
    return told;
}

json baseline_json(const BaselineTold& baseline) {
    return {{"file", text_or_null(baseline.file)},
            {"digest", text_or_null(baseline.digest)},
            {"runs", baseline.runs},
            {"maturity", baseline.maturity}};
}

json changes_json(const std::vector<Changes>& changes) {
    json told = json::object();
    for (const auto& of : changes)
        told[of.role] = {{"new", texts(of.added)}, {"changed", texts(of.changed)}, {"gone", texts(of.gone)}};
    return told;
}

}  // namespace fstracker::report
