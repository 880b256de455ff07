// SPDX-License-Identifier: Apache-2.0
#include "core/judge/lineage.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "core/baseline/facts.hpp"
#include "core/judge/incidents.hpp"

namespace fstracker::judge {

namespace {

constexpr std::uint32_t kWrites = event::kWrite | event::kCreate | event::kTruncate;
constexpr std::uint32_t kChanges = kWrites | event::kRename | event::kLink | event::kUnlink;
constexpr std::size_t kMostNamed = 50;

const char* rule_of(LineageFinding::Kind kind) {
    switch (kind) {
        case LineageFinding::Kind::kOtherContent: return "fstracker-lineage-other-content";
        case LineageFinding::Kind::kAdded: return "fstracker-lineage-added";
        case LineageFinding::Kind::kChangedWithinRun: return "fstracker-content-changed-within-run";
    }
    return "";
}

// All contents under one path.
struct Reading {
    const run::FileEntry* first = nullptr;
    std::set<event::Sha256> digests;
    std::set<event::ProcessId> processes;
    std::uint32_t access = 0;
};

bool is_judged(const std::string& role) {
    constexpr std::array<std::string_view, 6> kRoles{"data", "model", "code", "library", "executable", "output"};
    return std::find(kRoles.begin(), kRoles.end(), role) != kRoles.end();
}

// A file that the run is judged by, or one in a folder of rules.
bool is_criterion(const run::Record& record, const std::string& path) {
    const auto& criteria = record.info.configuration;
    return std::any_of(criteria.begin(), criteria.end(), [&](const auto& criterion) {
        return path == criterion.first || path.starts_with(criterion.first + '/');
    });
}

std::map<std::string_view, Reading> readings_of(const run::Record& record, const Inputs& inputs) {
    std::map<std::string_view, Reading> readings;
    for (std::size_t i = 0; i < record.files.size(); ++i) {
        const run::FileEntry& entry = record.files[i];
        const std::string& path = entry.path.bytes;
        // The table is ordered by path: alone with its path and nobody's output, it has nothing to tell.
        const bool has_twin = (i > 0 && record.files[i - 1].path.bytes == path) ||
                              (i + 1 < record.files.size() && record.files[i + 1].path.bytes == path);
        if (!has_twin && !inputs.contains(path)) continue;
        Reading& reading = readings[path];
        if (reading.first == nullptr) reading.first = &entry;
        if (entry.digest) reading.digests.insert(*entry.digest);
        reading.processes.insert(entry.processes.begin(), entry.processes.end());
        reading.access |= entry.access;
    }
    return readings;
}

std::string title_of(const LineageFinding& finding) {
    switch (finding.kind) {
        case LineageFinding::Kind::kOtherContent:
            return fmt::format("{} is not what step {} left there.", finding.path, finding.from_step);
        case LineageFinding::Kind::kAdded:
            return fmt::format("{} is not of what step {} left there.", finding.path, finding.from_step);
        case LineageFinding::Kind::kChangedWithinRun:
            return fmt::format("{} changed while the step read it.", finding.path);
    }
    return {};
}

std::string why_of(const LineageFinding& finding) {
    switch (finding.kind) {
        case LineageFinding::Kind::kOtherContent:
            return fmt::format(
                "Run {} of step {} wrote this file, and its content was another when it ended: somebody changed it "
                "between the steps.",
                finding.from_run, finding.from_step);
        case LineageFinding::Kind::kAdded:
            return fmt::format("Run {} of step {} left {} files in that folder, and not this one.", finding.from_run,
                               finding.from_step, finding.members);
        case LineageFinding::Kind::kChangedWithinRun:
            return fmt::format("It was found with {} contents within this run, and no process of the run wrote it.",
                               finding.digests.size());
    }
    return {};
}

// One incident for each kind of thing and role.
class Incidents {
  public:
    Incidents(const run::Record& record, const baseline::PathNames& names) : record_(record), names_(names) {}

    void add(const LineageFinding& finding) {
        const std::string& path = finding.path;
        const bool model = finding.role == "model";
        const char* rule = rule_of(finding.kind);
        Group& group = groups_[{rule, model ? "models" : "data"}];
        Incident& incident = group.incident;
        const bool other_content = finding.kind == LineageFinding::Kind::kOtherContent;
        if (group.files++ == 0) {
            incident.level = model || other_content ? Level::kHigh : Level::kMedium;
            incident.family = model ? "models" : "data";
            incident.rules = {rule};
            incident.title = title_of(finding);
            incident.why = why_of(finding);
            incident.atlas = {model ? "AML.T0010.003" : "AML.T0020"};
            incident.attack = {"T1565.001"};
            incident.innocent = {"Somebody made the file anew between the steps, or while the step ran."};
        }
        group.named.insert(names_.named(path));
        if (incident.files.size() < kMostNamed) incident.files.push_back(path);
        for (const event::ProcessId process : finding.processes)
            if (incident.processes.size() < kMostNamed && is_listed(process) &&
                std::find(incident.processes.begin(), incident.processes.end(), process) == incident.processes.end())
                incident.processes.push_back(process);
        if (other_content && finding.was.size() == 1) incident.was[path] = *finding.was.begin();
    }

    std::vector<Incident> all() {
        std::vector<Incident> all;
        for (auto& [key, group] : groups_) {
            Incident& incident = group.incident;
            if (group.files > 1) {
                incident.title.pop_back();
                incident.title += fmt::format(", and {} more.", group.files - 1);
            }
            std::vector<std::string> parts{record_.info.pipeline, record_.info.step, incident.family, key.first};
            parts.insert(parts.end(), group.named.begin(), group.named.end());
            incident.fingerprint = fingerprint_of(parts);
            incident.id = incident_id(incident.fingerprint);
            all.push_back(std::move(incident));
        }
        return all;
    }

  private:
    struct Group {
        Incident incident;
        std::size_t files = 0;
        std::set<std::string> named;
    };
    [[nodiscard]] bool is_listed(event::ProcessId id) const {
        return std::any_of(record_.processes.begin(), record_.processes.end(),
                           [id](const run::Process& process) { return process.id == id; });
    }
    const run::Record& record_;
    const baseline::PathNames& names_;
    std::map<std::pair<std::string, std::string>, Group> groups_;
};

LineageFinding finding_of(LineageFinding::Kind kind, const std::string& path, const Reading& reading,
                          const Input* input) {
    LineageFinding finding;
    finding.kind = kind;
    finding.path = path;
    finding.role = reading.first->role;
    finding.digests = reading.digests;
    finding.processes.assign(reading.processes.begin(), reading.processes.end());
    if (input == nullptr) return finding;
    finding.from_step = input->step;
    finding.from_run = input->run;
    if (kind == LineageFinding::Kind::kOtherContent) finding.was = input->digests;
    return finding;
}

// Beside what the step before left, read like it, and not of it.
void add_unknown_members(std::vector<LineageFinding>& findings, const run::Record& record, const Inputs& inputs,
                         const baseline::PathNames& names) {
    constexpr std::size_t kFewestMembers = 3;
    std::map<std::string_view, std::pair<std::size_t, const Input*>> folders;
    for (const auto& [path, input] : inputs) {
        auto& [members, first] = folders[baseline::folder_of(path)];
        if (members++ == 0) first = &input;
    }
    for (const run::FileEntry& entry : record.files) {
        const std::string& path = entry.path.bytes;
        if ((entry.access & event::kRead) == 0 || (entry.access & kChanges) != 0 || !entry.digest) continue;
        const auto folder = folders.find(baseline::folder_of(path));
        if (folder == folders.end() || folder->second.first < kFewestMembers || inputs.contains(path)) continue;
        const std::string role = baseline::role_in_step(entry, names.named(path));
        if (role != "data" && role != "model") continue;
        const Reading reading{&entry, {*entry.digest}, {entry.processes.begin(), entry.processes.end()}, entry.access};
        findings.push_back(finding_of(LineageFinding::Kind::kAdded, path, reading, folder->second.second));
        findings.back().members = folder->second.first;
    }
}

}  // namespace

std::string_view to_text(LineageFinding::Kind kind) {
    switch (kind) {
        case LineageFinding::Kind::kOtherContent: return "other-content";
        case LineageFinding::Kind::kAdded: return "added";
        case LineageFinding::Kind::kChangedWithinRun: return "changed-within-run";
    }
    return "";
}

std::vector<LineageFinding> lineage_findings(const run::Record& record, const Inputs& inputs,
                                             const baseline::PathNames& names) {
    std::vector<LineageFinding> findings;
    for (const auto& [path_view, reading] : readings_of(record, inputs)) {
        const std::string path(path_view);
        if ((reading.access & kChanges) != 0 || reading.digests.empty()) continue;
        if (const auto input = inputs.find(path); input != inputs.end() && !input->second.digests.empty()) {
            const bool as_left = std::includes(input->second.digests.begin(), input->second.digests.end(),
                                               reading.digests.begin(), reading.digests.end());
            if (!as_left) {
                findings.push_back(finding_of(LineageFinding::Kind::kOtherContent, path, reading, &input->second));
                continue;
            }
        }
        if (reading.digests.size() > 1 && is_judged(baseline::role_in_step(*reading.first, names.named(path))))
            findings.push_back(finding_of(LineageFinding::Kind::kChangedWithinRun, path, reading, nullptr));
    }
    add_unknown_members(findings, record, inputs, names);
    return findings;
}

std::vector<Incident> lineage_incidents(const run::Record& record, const std::vector<LineageFinding>& findings,
                                        const baseline::PathNames& names) {
    Incidents incidents(record, names);
    for (const LineageFinding& finding : findings) incidents.add(finding);
    return incidents.all();
}

std::vector<Incident> tampering_incidents(const run::Record& record, const baseline::PathNames& names,
                                          const std::vector<Incident>& told) {
    const auto is_told = [&told](const std::string& path) {
        return std::any_of(told.begin(), told.end(), [&path](const Incident& incident) {
            return incident.family == "integrity" &&
                   std::find(incident.files.begin(), incident.files.end(), path) != incident.files.end();
        });
    };
    constexpr const char* kRule = "fstracker-criteria-written";
    std::set<std::string> written, named;
    std::set<event::ProcessId> processes;
    for (const run::FileEntry& entry : record.files) {
        const std::string& path = entry.host_path.empty() ? entry.path.bytes : entry.host_path;
        if ((entry.access & kChanges) == 0 || !is_criterion(record, path) || is_told(entry.path.bytes)) continue;
        written.insert(entry.path.bytes);
        named.insert(names.named(entry.path.bytes));
        processes.insert(entry.processes.begin(), entry.processes.end());
    }
    if (written.empty()) return {};
    Incident incident;
    incident.level = Level::kHigh;
    incident.family = "integrity";
    incident.rules = {kRule};
    incident.title = fmt::format("The step changed {}, by which it is judged{}.", *written.begin(),
                                 written.size() > 1 ? fmt::format(", and {} more", written.size() - 1) : "");
    incident.why = "The run was judged by the file as it was before the command started; the next run would not be.";
    for (const run::Process& process : record.processes)
        if (processes.contains(process.id) && incident.processes.size() < kMostNamed)
            incident.processes.push_back(process.id);
    incident.files.assign(written.begin(), written.end());
    incident.attack = {"T1562"};
    incident.innocent = {"The step checks out or rewrites the project, its baseline among it."};
    std::vector<std::string> parts{record.info.pipeline, record.info.step, incident.family, kRule};
    parts.insert(parts.end(), named.begin(), named.end());
    incident.fingerprint = fingerprint_of(parts);
    incident.id = incident_id(incident.fingerprint);
    return {incident};
}

}  // namespace fstracker::judge
