// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/time.hpp"
#include "core/evidence/text.hpp"
#include "core/report/json_parts.hpp"
#include "core/report/report.hpp"

namespace fstracker::report {
namespace {

using nlohmann::json;

std::vector<judge::Incident> most_serious_first(const verify::RunDocuments& run) {
    if (!run.verdict) return {};
    auto incidents = run.verdict->judgement.incidents;
    std::stable_sort(incidents.begin(), incidents.end(), [](const judge::Incident& left, const judge::Incident& right) {
        return left.level > right.level;
    });
    return incidents;
}

json reasons_json(const verify::RunDocuments& run) {
    auto reasons = json::array();
    if (!run.verdict) return json::array({"there is no verdict: the recorder did not finish this run"});
    for (const auto& reason : run.verdict->judgement.reasons) reasons.push_back(evidence::display(reason));
    return reasons;
}

// No baseline was there to compare with: nothing is known to be new, changed or gone.
json no_changes() {
    const json none = {{"new", json::array()}, {"changed", json::array()}, {"gone", json::array()}};
    return {{"data", none}, {"model", none}, {"library", none}, {"executable", none}};
}

json coverage_json(const run::Record& record, const json& completeness) {
    return {{"backend", evidence::display(record.info.backend)},
            {"ledger", completeness.value("ledger", json::object())},
            {"unhashed", record.completeness.unhashed},
            {"blindSpots", completeness.value("blindSpots", json::array())}};
}

}  // namespace

std::string json_report(const verify::RunDocuments& run) {
    auto out = run_json(run);
    out["reasons"] = reasons_json(run);
    out["baseline"] = {{"file", nullptr}, {"digest", nullptr}, {"runs", 0}, {"maturity", "none"}};
    out["incidents"] = json::array();
    for (const auto& incident : most_serious_first(run))
        out["incidents"].push_back(incident_json(incident, run.trace.record));
    out["changes"] = no_changes();
    out["coverage"] = coverage_json(run.trace.record, monitor_log(run.trace.record)["completeness"]);
    return out.dump(2) + '\n';
}

std::string ndjson_report(const verify::RunDocuments& run) {
    const auto& record = run.trace.record;
    std::string out;
    const auto line = [&out](const char* kind, json object) {
        object["kind"] = kind;
        out += object.dump() + '\n';
    };
    auto head = run_json(run);
    head["reasons"] = reasons_json(run);
    const auto log = monitor_log(record);
    head["coverage"] = coverage_json(record, log["completeness"]);
    head["startedOn"] = base::format_time(record.info.started);
    head["finishedOn"] = base::format_time(record.info.finished);
    line("run", head);
    for (const auto& incident : most_serious_first(run)) line("incident", incident_json(incident, record));
    for (const auto& process : log["process"]) line("process", process);
    for (const auto& connection : log["network"]) line("connection", connection);
    for (const auto& file : log["fileAccess"]) line("file", file);
    return out;
}

}  // namespace fstracker::report
