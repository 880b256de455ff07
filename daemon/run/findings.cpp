// SPDX-License-Identifier: Apache-2.0
#include "daemon/run/findings.hpp"

#include <algorithm>

#include "core/evidence/text.hpp"
#include "core/judge/incidents.hpp"
#include "daemon/control/wire.hpp"

namespace fstracker::daemon {

namespace {

using evidence::display;

// A finding is read by people: what is longer is in the evidence.
constexpr std::size_t kLongest = 1000;
constexpr std::size_t kMostNamed = 20;

std::string shown(const std::string& text) { return display(text.substr(0, kLongest)); }

control::Level level_of(judge::Level level) {
    switch (level) {
        case judge::Level::kInformational: return control::Level::kInformational;
        case judge::Level::kLow: return control::Level::kLow;
        case judge::Level::kMedium: return control::Level::kMedium;
        case judge::Level::kHigh: return control::Level::kHigh;
        case judge::Level::kCritical: return control::Level::kCritical;
    }
    return control::Level::kMedium;
}

}  // namespace

control::Finding finding_of(const judge::Hit& hit, const judge::Actor* actor) {
    control::Finding finding;
    finding.level = level_of(hit.rule->level);
    finding.family = judge::family_of(*hit.rule, hit.source);
    finding.rules = {display(hit.rule->id)};
    finding.title = shown(hit.rule->title);
    if (!hit.detail.empty()) finding.why = shown(hit.detail);
    if (actor != nullptr) finding.processes.push_back({actor->pid, shown(actor->image), shown(actor->command_line)});
    if (!hit.object.empty()) finding.files.push_back(shown(hit.object));
    return finding;
}

control::Finding finding_of(const judge::Incident& incident, const run::Record& record) {
    control::Finding finding;
    finding.id = incident.id;
    finding.level = level_of(incident.level);
    finding.family = incident.family;
    for (const std::string& rule : incident.rules) finding.rules.push_back(display(rule));
    finding.title = shown(incident.title);
    finding.why = shown(incident.why);
    for (const event::ProcessId id : incident.processes) {
        const auto process = std::find_if(record.processes.begin(), record.processes.end(),
                                          [id](const auto& one) { return one.id == id; });
        if (process != record.processes.end() && finding.processes.size() < kMostNamed)
            finding.processes.push_back({process->pid,
                                         process->executable ? shown(process->executable->path.bytes) : std::string(),
                                         std::nullopt});
    }
    for (const std::string& file : incident.files)
        if (finding.files.size() < kMostNamed) finding.files.push_back(shown(file));
    return finding;
}

std::string to_text(const control::Finding& finding) { return control::wire::write(finding).dump(); }

std::optional<control::Finding> read_finding(const std::string& text) {
    const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    control::Finding finding;
    control::wire::Reader reader(0, control::UnknownFields::kRefuse);
    return reader.read(json, finding, "") ? std::optional(std::move(finding)) : std::nullopt;
}

}  // namespace fstracker::daemon
