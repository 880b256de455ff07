// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "core/base/time.hpp"
#include "core/evidence/text.hpp"
#include "core/evidence/trace.hpp"
#include "core/report/json_parts.hpp"
#include "core/report/ocsf.hpp"
#include "core/report/report.hpp"

namespace fstracker::report {
namespace {

using nlohmann::json;

json coverage_json(const run::Record& record, const json& completeness) {
    return {{"backend", evidence::display(record.info.backend)},
            {"ledger", completeness.value("ledger", json::object())},
            {"unhashed", record.completeness.unhashed},
            {"blindSpots", completeness.value("blindSpots", json::array())}};
}

}  // namespace

std::string json_report(const verify::RunDocuments& run) {
    const auto story = story_of(run);
    auto out = run_json(story);
    out["baseline"] = baseline_json(story.baseline);
    out["incidents"] = json::array();
    for (const auto& finding : story.findings) out["incidents"].push_back(incident_json(finding));
    out["changes"] = changes_json(story.changes);
    out["coverage"] = coverage_json(run.trace.record, monitor_log(run.trace.record).completeness);
    return out.dump(2) + '\n';
}

std::string ndjson_report(const verify::RunDocuments& run, const RuleTexts& rules) {
    const auto& record = run.trace.record;
    const auto story = story_of(run);
    std::string out;
    const auto line = [&out](const char* kind, json object) {
        object["kind"] = kind;
        out += object.dump() + '\n';
    };
    auto head = run_json(story);
    const auto log = monitor_log(record);
    head["baseline"] = baseline_json(story.baseline);
    head["changes"] = changes_json(story.changes);
    head["coverage"] = coverage_json(record, log.completeness);
    head["startedOn"] = base::format_time(record.info.started);
    head["finishedOn"] = base::format_time(record.info.finished);
    line("run", head);
    for (const auto& finding : story.findings) {
        auto told = incident_json(finding);
        told.update(detection_finding(story, finding, rules));
        line("incident", told);
    }
    for (const auto& process : log.processes) line("process", process);
    for (const auto& connection : log.network) line("connection", connection);
    // As it is written, with one member put before the others.
    for (const auto& file : record.files)
        out += "{\"kind\":\"file\"," + evidence::write_file_entry(file).substr(1) + '\n';
    return out;
}

}  // namespace fstracker::report
