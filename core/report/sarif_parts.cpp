// SPDX-License-Identifier: Apache-2.0
#include "core/report/sarif_parts.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/hex.hpp"
#include "core/judge/atlas.hpp"
#include "core/report/printable.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {
namespace {

using nlohmann::json;

constexpr const char* kNoRule = "fstracker-incident";  // of an incident that names no rule

bool is_plain_id(std::string_view id) {
    return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
    });
}

// "https://attack.mitre.org/techniques/T1552/004/"
std::string attack_page(std::string id) {
    std::replace(id.begin(), id.end(), '.', '/');
    return "https://attack.mitre.org/techniques/" + id + '/';
}

// As code scanning sorts rules: above 9.0 critical, from 7.0 high, from 4.0 medium, else low.
const char* security_severity(judge::Level level) {
    switch (level) {
        case judge::Level::kInformational: return "0.1";
        case judge::Level::kLow: return "2.0";
        case judge::Level::kMedium: return "5.5";
        case judge::Level::kHigh: return "8.0";
        case judge::Level::kCritical: return "9.5";
    }
    return "0.1";
}

std::string help_of(const RuleText& text) {
    std::string help = text.description.empty() ? text.title : text.description;
    for (const auto& innocent : text.innocent) help += "\nMay be innocent: " + innocent;
    return help;
}

}  // namespace

std::string sarif_words(std::string_view text) { return printable(text); }

json sarif_text(std::string_view text) {
    std::string escaped;
    for (const char c : printable(text)) {
        if (c == '\\' || c == '[' || c == ']') escaped.push_back('\\');
        if (c == '{' || c == '}') escaped.push_back(c);
        escaped.push_back(c);
    }
    return {{"text", escaped}};
}

std::string sarif_process_line(const run::Process& process) { return command_line(process); }

const char* sarif_level(judge::Level level) {
    switch (level) {
        case judge::Level::kInformational:
        case judge::Level::kLow: return "note";
        case judge::Level::kMedium: return "warning";
        case judge::Level::kHigh:
        case judge::Level::kCritical: return "error";
    }
    return "error";
}

std::string uri_path(std::string_view bytes) {
    constexpr std::string_view kPlain = "-._~/";
    std::string uri;
    for (const char c : bytes) {
        const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (alphanumeric || kPlain.find(c) != std::string_view::npos)
            uri.push_back(c);
        else
            uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return uri;
}

SarifArtifacts::SarifArtifacts(const run::Record& record) {
    if (record.processes.empty()) return;
    const auto& directory = record.processes.front().directory;
    if (directory.truncated || directory.detached || !directory.bytes.starts_with('/')) return;
    work_ = directory.bytes;
    if (!work_.ends_with('/')) work_.push_back('/');
    base_ = "file://" + uri_path(work_);
}

json SarifArtifacts::location(const std::string& path) const {
    if (!work_.empty() && path.size() > work_.size() && path.starts_with(work_))
        return {{"uri", uri_path(std::string_view(path).substr(work_.size()))}, {"uriBaseId", kSarifBase}};
    return {{"uri", (path.starts_with('/') ? "file://" : "file:///") + uri_path(path)}};
}

json SarifArtifacts::physical(const std::string& path, const std::optional<event::Sha256>& digest) {
    auto where = location(path);
    const auto [found, is_new] = index_.try_emplace(path, list_.size());
    if (is_new) {
        json artifact = {{"location", where}};
        if (digest) artifact["hashes"] = {{"sha-256", base::to_hex(*digest)}};
        list_.push_back(artifact);
    }
    where["index"] = found->second;
    // It is about the whole file; code scanning wants a line all the same.
    return {{"artifactLocation", where}, {"region", {{"startLine", 1}}}};
}

json SarifArtifacts::physical(const FindingFile& file) {
    return physical(file.path, file.entry != nullptr ? file.entry->digest : std::nullopt);
}

json SarifTaxonomies::reference(std::size_t taxonomy, const std::string& id) {
    auto& of = taxonomies_.at(taxonomy);
    const auto [found, is_new] = of.index.try_emplace(id, of.ids.size());
    if (is_new) of.ids.push_back(id);
    return {
        {"id", printable(id)}, {"index", found->second}, {"toolComponent", {{"name", of.name}, {"index", taxonomy}}}};
}

json SarifTaxonomies::references(const judge::Incident& incident) {
    auto list = json::array();
    for (const auto& id : incident.atlas) list.push_back(reference(0, id));
    for (const auto& id : incident.attack) list.push_back(reference(1, id));
    return list;
}

json SarifTaxonomies::components() const {
    auto components = json::array();
    if (std::all_of(taxonomies_.begin(), taxonomies_.end(), [](const Taxonomy& one) { return one.ids.empty(); }))
        return components;
    for (std::size_t i = 0; i < taxonomies_.size(); ++i) {
        const bool atlas = i == 0;
        auto taxa = json::array();
        for (const auto& id : taxonomies_[i].ids) {
            json taxon = {{"id", printable(id)}};
            if (is_plain_id(id))
                taxon["helpUri"] = atlas ? "https://atlas.mitre.org/techniques/" + id : attack_page(id);
            if (const auto name = judge::atlas_technique_name(id); atlas && !name.empty()) {
                taxon["name"] = name;
                taxon["shortDescription"] = {{"text", name}};
            }
            taxa.push_back(taxon);
        }
        json component = {{"name", taxonomies_[i].name},
                          {"organization", "MITRE"},
                          {"informationUri", atlas ? "https://atlas.mitre.org/" : "https://attack.mitre.org/"},
                          {"shortDescription",
                           {{"text", atlas ? "Adversary tactics and techniques against systems that use AI"
                                           : "Adversary tactics and techniques"}}},
                          {"isComprehensive", false},
                          {"taxa", taxa}};
        if (atlas) component["version"] = judge::kAtlasVersion;
        components.push_back(component);
    }
    return components;
}

json SarifTaxonomies::component_references() const {
    auto references = json::array();
    for (std::size_t i = 0; i < taxonomies_.size(); ++i)
        references.push_back({{"name", taxonomies_[i].name}, {"index", i}});
    return references;
}

std::size_t SarifRules::add(const std::string& id) {
    const auto [found, is_new] = index_.try_emplace(id, ids_.size());
    if (is_new) ids_.push_back(id);
    return found->second;
}

SarifRules::Used SarifRules::of(const judge::Incident& incident) {
    auto id = leading_rule(incident, texts_);
    if (id.empty()) id = kNoRule;
    const auto index = add(id);
    return {printable(id), index};
}

json SarifRules::descriptors(const Story& story, SarifTaxonomies& taxonomies) const {
    std::map<std::string, std::map<std::string, json>> techniques;  // by rule, by technique
    std::map<std::string, judge::Level> highest;
    for (const auto& finding : story.findings) {
        const auto id = leading_rule(*finding.incident, texts_);
        auto& level = highest.try_emplace(id, finding.incident->level).first->second;
        level = std::max(level, finding.incident->level);
        if (!index_.contains(id)) continue;
        for (auto& reference : taxonomies.references(*finding.incident)) {
            const auto name = reference["id"].get<std::string>();
            techniques[id][name] = std::move(reference);
        }
    }
    auto rules = json::array();
    for (const auto& id : ids_) {
        const auto text = text_of(texts_, id);
        const auto seen = highest.find(id);
        const auto level = text.level.value_or(seen != highest.end() ? seen->second : judge::Level::kMedium);
        auto tags = json::array({"security"});
        for (const auto& tag : text.tags) tags.push_back(printable(tag));
        json rule = {{"id", printable(id)},
                     {"shortDescription", sarif_text(text.title)},
                     {"fullDescription", sarif_text(text.description.empty() ? text.title : text.description)},
                     {"help", sarif_text(help_of(text))},
                     {"defaultConfiguration", {{"level", sarif_level(level)}}},
                     {"properties", {{"security-severity", security_severity(level)}, {"tags", tags}}}};
        if (const auto found = techniques.find(id); found != techniques.end()) {
            auto relationships = json::array();
            for (const auto& [name, target] : found->second)
                relationships.push_back({{"target", target}, {"kinds", json::array({"relevant"})}});
            rule["relationships"] = relationships;
        }
        rules.push_back(rule);
    }
    return rules;
}

}  // namespace fstracker::report
