// SPDX-License-Identifier: Apache-2.0
// The tables of a SARIF run that its results refer to by index: artifacts, rules, taxonomies.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/report/rule_texts.hpp"
#include "core/report/story.hpp"

namespace fstracker::report {

inline constexpr const char* kSarifBase = "%SRCROOT%";  // the conventional name of what relative URIs are relative to

// For a person, with what a step could have put into it made harmless.
std::string sarif_words(std::string_view text);
// A message of plain text; what would be a placeholder or a link in one (3.11.5, 3.11.6) is escaped.
nlohmann::json sarif_text(std::string_view text);
std::string sarif_process_line(const run::Process& process);
const char* sarif_level(judge::Level level);

// A path's bytes as the path of a URI: all but unreserved characters and '/' are percent-encoded.
std::string uri_path(std::string_view bytes);

class SarifArtifacts {
  public:
    explicit SarifArtifacts(const run::Record& record);

    // URI of the directory that the step was started in, with a slash at its end; empty where it is not known.
    [[nodiscard]] const std::string& base() const { return base_; }
    // Relative to base() where it lies below it.
    [[nodiscard]] nlohmann::json location(const std::string& path) const;
    // Also lists it. The same path twice is one artifact, with the digest that came first.
    nlohmann::json physical(const std::string& path, const std::optional<event::Sha256>& digest);
    nlohmann::json physical(const FindingFile& file);
    [[nodiscard]] const nlohmann::json& list() const { return list_; }

  private:
    std::string work_;
    std::string base_;
    std::map<std::string, std::size_t> index_;
    nlohmann::json list_ = nlohmann::json::array();
};

// MITRE's ATLAS and ATT&CK, as far as incidents name their techniques.
class SarifTaxonomies {
  public:
    nlohmann::json references(const judge::Incident& incident);
    [[nodiscard]] nlohmann::json components() const;
    [[nodiscard]] nlohmann::json component_references() const;

  private:
    struct Taxonomy {
        std::string name;
        std::map<std::string, std::size_t> index;
        std::vector<std::string> ids;
    };
    nlohmann::json reference(std::size_t taxonomy, const std::string& id);
    std::vector<Taxonomy> taxonomies_ = {{"MITRE ATLAS", {}, {}}, {"MITRE ATT&CK", {}, {}}};
};

class SarifRules {
  public:
    struct Used {
        std::string id;
        std::size_t index;
    };
    explicit SarifRules(const RuleTexts& texts) : texts_(texts) {}

    std::size_t add(const std::string& id);
    // The rule that it is a result of.
    Used of(const judge::Incident& incident);
    // With the techniques of the incidents that they lead.
    nlohmann::json descriptors(const Story& story, SarifTaxonomies& taxonomies) const;

  private:
    const RuleTexts& texts_;
    std::map<std::string, std::size_t> index_;
    std::vector<std::string> ids_;
};

}  // namespace fstracker::report
