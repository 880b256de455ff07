// SPDX-License-Identifier: Apache-2.0
#include "core/report/json_parts.hpp"

#include <algorithm>
#include <cstdint>

#include "core/base/hex.hpp"
#include "core/evidence/text.hpp"
#include "core/evidence/trace.hpp"
#include "core/report/process_tree.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {
namespace {

using nlohmann::json;

json texts(const std::vector<std::string>& values) {
    auto list = json::array();
    for (const auto& value : values) list.push_back(evidence::display(value));
    return list;
}

json digest_json(const std::optional<event::Sha256>& digest) {
    return digest ? json("sha256:" + base::to_hex(*digest)) : json(nullptr);
}

}  // namespace

json monitor_log(const run::Record& record) {
    const evidence::TraceLimits unfolded{SIZE_MAX, SIZE_MAX};
    const auto document =
        evidence::write_trace(record, {}, unfolded, [](const std::string&) { return event::Sha256{}; });
    const auto statement = json::parse(document.statement, nullptr, false);
    const auto log = statement.value("predicate", json::object()).value("monitorLog", json::object());
    return {{"process", log.value("process", json::array())},
            {"network", log.value("network", json::array())},
            {"fileAccess", log.value("fileAccess", json::array())},
            {"completeness", log.value("urn:fstracker:completeness:v1", json::object())}};
}

json incident_json(const judge::Incident& incident, const run::Record& record) {
    auto processes = json::array();
    for (const auto id : incident.processes) {
        const auto chain = process_chain(record.processes, id);
        if (chain.empty()) continue;
        auto names = json::array();
        for (const auto* link : chain) names.push_back(evidence::display(program_name(*link)));
        processes.push_back({{"pid", chain.back()->pid},
                             {"image", evidence::display(program_name(*chain.back()))},
                             {"commandLine", evidence::display(command_line(*chain.back()))},
                             {"chain", names}});
    }
    auto files = json::array();
    for (const auto& path : incident.files) {
        json file = {{"path", evidence::display(path)},
                     {"role", nullptr},
                     {"owner", nullptr},
                     {"digest", nullptr},
                     {"was", nullptr}};
        const auto found = std::find_if(record.files.rbegin(), record.files.rend(),
                                        [&path](const run::FileEntry& entry) { return entry.path.bytes == path; });
        if (found != record.files.rend()) {
            if (!found->role.empty()) file["role"] = evidence::display(found->role);
            if (!found->owner.empty()) file["owner"] = evidence::display(found->owner);
            file["digest"] = digest_json(found->digest);
        }
        files.push_back(file);
    }
    return {{"id", evidence::display(incident.id)},
            {"level", judge::to_text(incident.level)},
            {"family", evidence::display(incident.family)},
            {"rules", texts(incident.rules)},
            {"title", evidence::display(incident.title)},
            {"why", evidence::display(incident.why)},
            {"processes", processes},
            {"files", files},
            {"atlas", texts(incident.atlas)},
            {"attack", texts(incident.attack)},
            {"mitigations", json::array()},
            {"innocent", texts(incident.innocent)},
            {"fingerprint", evidence::display(incident.fingerprint)},
            {"accept", nullptr},
            {"suppress", nullptr}};
}

json run_json(const verify::RunDocuments& run) {
    const auto& record = run.trace.record;
    return {{"run", evidence::display(record.info.id)},
            {"pipeline", evidence::display(record.info.pipeline)},
            {"step", evidence::display(record.info.step)},
            {"verdict", judge::to_text(run.verdict ? run.verdict->judgement.verdict : judge::Verdict::kIncomplete)},
            {"complete", run.verdict.has_value() && record.completeness.complete}};
}

}  // namespace fstracker::report
