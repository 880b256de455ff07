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
constexpr const char* kHandedOver = "fstracker-lineage-other-content";
constexpr const char* kWithinRun = "fstracker-content-changed-within-run";

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

// One incident for each kind of thing and role.
class Incidents {
  public:
    Incidents(const run::Record& record, const baseline::PathNames& names) : record_(record), names_(names) {}

    void add(const char* rule, const std::string& path, const Reading& reading, const std::string& title,
             const std::string& why) {
        const bool model = reading.first->role == "model";
        Group& group = groups_[{rule, model ? "models" : "data"}];
        Incident& incident = group.incident;
        if (group.files++ == 0) {
            incident.level = model || rule == std::string_view(kHandedOver) ? Level::kHigh : Level::kMedium;
            incident.family = model ? "models" : "data";
            incident.rules = {rule};
            incident.title = title;
            incident.why = why;
            incident.atlas = {model ? "AML.T0010.003" : "AML.T0020"};
            incident.attack = {"T1565.001"};
            incident.innocent = {"Somebody made the file anew between the steps, or while the step ran."};
        }
        group.named.insert(names_.named(path));
        if (incident.files.size() < kMostNamed) incident.files.push_back(path);
        for (const event::ProcessId process : reading.processes)
            if (incident.processes.size() < kMostNamed && is_listed(process) &&
                std::find(incident.processes.begin(), incident.processes.end(), process) == incident.processes.end())
                incident.processes.push_back(process);
    }
    Incident& of(const char* rule, bool model) { return groups_[{rule, model ? "models" : "data"}].incident; }

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

}  // namespace

std::vector<Incident> lineage_incidents(const run::Record& record, const Inputs& inputs,
                                        const baseline::PathNames& names) {
    Incidents incidents(record, names);
    for (const auto& [path_view, reading] : readings_of(record, inputs)) {
        const std::string path(path_view);
        if ((reading.access & kChanges) != 0 || reading.digests.empty()) continue;
        if (const auto input = inputs.find(path);
            input != inputs.end() && !input->second.digests.empty() && !input->second.explains_only) {
            const bool as_left = std::includes(input->second.digests.begin(), input->second.digests.end(),
                                               reading.digests.begin(), reading.digests.end());
            if (!as_left) {
                incidents.add(
                    kHandedOver, path, reading,
                    fmt::format("{} is not what step {} left there.", path, input->second.step),
                    fmt::format("Run {} of step {} wrote this file, and its content was another when it ended: "
                                "somebody changed it between the steps.",
                                input->second.run, input->second.step));
                if (input->second.digests.size() == 1)
                    incidents.of(kHandedOver, reading.first->role == "model").was[path] =
                        *input->second.digests.begin();
                continue;
            }
        }
        if (reading.digests.size() > 1 && is_judged(baseline::role_in_step(*reading.first, names.named(path))))
            incidents.add(
                kWithinRun, path, reading, fmt::format("{} changed while the step read it.", path),
                fmt::format("It was found with {} contents within this run, and no process of the run wrote it.",
                            reading.digests.size()));
    }
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
