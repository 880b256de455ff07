// SPDX-License-Identifier: Apache-2.0
#include "core/judge/incidents.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"

namespace fstracker::judge {

namespace {

constexpr std::size_t kIdDigits = 12;
constexpr std::size_t kMostNamed = 50;  // processes and files of an incident
constexpr std::string_view kFamilyTag = "fstracker.";
constexpr std::string_view kAttackTag = "attack.";
constexpr std::string_view kAtlas = "atlas.";
constexpr std::string_view kAtlasTag = "atlas.aml.";

bool is_technique(std::string_view attack) {
    return attack.size() > 1 && attack[0] == 't' && attack[1] >= '0' && attack[1] <= '9';
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

// "attack.t1552.001" is T1552.001, "atlas.aml.t0055" is AML.T0055.
void add_techniques(const sigma::Rule& rule, std::set<std::string>& attack, std::set<std::string>& atlas) {
    for (const std::string& tag : rule.tags) {
        if (tag.starts_with(kAttackTag) && is_technique(std::string_view(tag).substr(kAttackTag.size())))
            attack.insert(upper(tag.substr(kAttackTag.size())));
        if (tag.starts_with(kAtlasTag)) atlas.insert(upper(tag.substr(kAtlas.size())));
    }
}

std::string base_name(const std::string& path) {
    const std::string name = path.substr(path.rfind('/') + 1);
    return name.empty() ? path : name;
}

std::string deed(const Hit& hit) {
    const std::string who = hit.image.empty() ? "a process" : base_name(hit.image);
    if (hit.rule->correlation) return fmt::format("{}, by {}: {}", hit.rule->title, who, hit.object);
    switch (hit.source) {
        case sigma::Source::kProcessCreation:
            return hit.parent.empty() ? hit.object + " was executed"
                                      : base_name(hit.parent) + " executed " + hit.object;
        case sigma::Source::kFileAccess: return who + " opened " + hit.object;
        case sigma::Source::kFileEvent: return who + " wrote " + hit.object;
        case sigma::Source::kFileRename: return who + " gave a file the name " + hit.object;
        case sigma::Source::kFileDelete: return who + " removed " + hit.object;
        case sigma::Source::kImageLoad: return who + " loaded " + hit.object;
        case sigma::Source::kNetworkConnection: return who + " connected to " + hit.object;
        case sigma::Source::kArtifact:
            if (hit.process == 0) return hit.object + ' ' + hit.detail;
            return who + " used " + hit.object + (hit.detail.empty() ? "" : ", " + hit.detail);
        case sigma::Source::kVolume: return hit.detail;
        case sigma::Source::kLineage: return who + " used " + hit.object + ", which is not what was left there";
        case sigma::Source::kIntegrity: return hit.object;
    }
    return who + " and " + hit.object;
}

// Descriptions are written over several lines.
std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
        if (!space)
            line.push_back(c);
        else if (!line.empty() && line.back() != ' ')
            line.push_back(' ');
    }
    if (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

std::string sentence(std::string text) {
    if (!text.empty() && text.back() != '.') text.push_back('.');
    return text;
}

// A fork that did nothing but be there is in no table.
bool is_listed(const run::Record& record, event::ProcessId id) {
    return std::any_of(record.processes.begin(), record.processes.end(),
                       [id](const run::Process& process) { return process.id == id; });
}

bool weightier(const Hit* left, const Hit* right) {
    if (left->rule->level != right->rule->level) return left->rule->level > right->rule->level;
    if (left->process != right->process) return left->process < right->process;
    if (left->object != right->object) return left->object < right->object;
    return left->rule->id < right->rule->id;
}

std::string reason_of(const std::vector<const Hit*>& hits) {
    const sigma::Rule& lead = *hits.front()->rule;
    std::string why = fmt::format("Rule \"{}\", {}: {}", lead.title, sigma::to_text(lead.level),
                                  sentence(one_line(lead.description.empty() ? lead.title : lead.description)));
    std::set<std::string> others;
    for (const Hit* hit : hits)
        if (hit->rule != &lead) others.insert(hit->rule->title);
    std::string more;
    for (const std::string& title : others) more += (more.empty() ? "\"" : ", \"") + title + "\"";
    return more.empty() ? why : why + " Also: " + more + ".";
}

Incident incident_of(const run::Record& record, const std::string& family, std::vector<const Hit*> hits,
                     const baseline::PathNames& names) {
    std::sort(hits.begin(), hits.end(), weightier);
    const Hit& lead = *hits.front();

    Incident incident;
    incident.family = family;
    incident.level = lead.rule->level;
    std::set<std::string> rules, masks, innocent, attack, atlas;
    std::vector<std::string> objects;
    for (const Hit* hit : hits) {
        rules.insert(hit->rule->id);
        masks.insert(names.named(hit->object));
        innocent.insert(hit->rule->falsepositives.begin(), hit->rule->falsepositives.end());
        add_techniques(*hit->rule, attack, atlas);
        if (std::find(objects.begin(), objects.end(), hit->object) == objects.end()) objects.push_back(hit->object);
        if (is_listed(record, hit->process) && incident.processes.size() < kMostNamed &&
            std::find(incident.processes.begin(), incident.processes.end(), hit->process) == incident.processes.end())
            incident.processes.push_back(hit->process);
        const bool is_file = hit->source != sigma::Source::kNetworkConnection &&
                             hit->source != sigma::Source::kVolume && hit->source != sigma::Source::kIntegrity;
        if (is_file && incident.files.size() < kMostNamed &&
            std::find(incident.files.begin(), incident.files.end(), hit->object) == incident.files.end())
            incident.files.push_back(hit->object);
    }
    incident.rules.assign(rules.begin(), rules.end());
    incident.innocent.assign(innocent.begin(), innocent.end());
    incident.attack.assign(attack.begin(), attack.end());
    incident.atlas.assign(atlas.begin(), atlas.end());
    incident.title =
        sentence(deed(lead) + (objects.size() > 1 ? fmt::format(", and {} more", objects.size() - 1) : ""));
    incident.why = reason_of(hits);

    std::vector<std::string> parts{record.info.pipeline, record.info.step, names.named(lead.image), family};
    parts.insert(parts.end(), rules.begin(), rules.end());
    parts.emplace_back();
    parts.insert(parts.end(), masks.begin(), masks.end());
    incident.fingerprint = fingerprint_of(parts);
    incident.id = incident_id(incident.fingerprint);
    return incident;
}

}  // namespace

std::string family_of(const sigma::Rule& rule, sigma::Source source) {
    for (const std::string& tag : rule.tags)
        if (tag.starts_with(kFamilyTag)) return tag.substr(kFamilyTag.size());
    for (const std::string& tag : rule.tags)
        if (tag.starts_with(kAttackTag) && !is_technique(std::string_view(tag).substr(kAttackTag.size())))
            return tag.substr(kAttackTag.size());
    return std::string(sigma::category_of(source));
}

std::string fingerprint_of(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += fmt::format("{}:{},", part.size(), part);
    return base::to_hex(digest::sha256(text));
}

std::string incident_id(const std::string& fingerprint) { return "F-" + fingerprint.substr(0, kIdDigits); }

std::vector<Incident> incidents_of(const run::Record& record, const std::vector<Hit>& hits,
                                   const baseline::PathNames& names) {
    std::map<std::pair<std::string, std::string>, std::vector<const Hit*>> groups;  // by program and family
    for (const Hit& hit : hits) {
        // What was executed is the deed of the program that did it.
        const std::string& program = hit.source == sigma::Source::kProcessCreation ? hit.parent : hit.image;
        groups[{program, family_of(*hit.rule, hit.source)}].push_back(&hit);
    }
    std::vector<Incident> incidents;
    incidents.reserve(groups.size());
    for (const auto& [key, group] : groups) incidents.push_back(incident_of(record, key.second, group, names));
    std::sort(incidents.begin(), incidents.end(), [](const Incident& left, const Incident& right) {
        return left.level != right.level ? left.level > right.level : left.fingerprint < right.fingerprint;
    });
    return incidents;
}

}  // namespace fstracker::judge
