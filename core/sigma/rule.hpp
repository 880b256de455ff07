// SPDX-License-Identifier: Apache-2.0
// A Sigma rule as it was read: what a person is told about it, and its detection, compiled.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/sigma/vocabulary.hpp"

namespace fstracker::sigma {

enum class Level : std::uint8_t { kInformational, kLow, kMedium, kHigh, kCritical };
enum class RuleStatus : std::uint8_t { kStable, kTest, kExperimental, kDeprecated, kUnsupported };

std::string_view to_text(Level level);        // "informational", …
std::string_view to_text(RuleStatus status);  // "stable", …

struct Expression;   // core/sigma/expression.hpp
struct Correlation;  // core/sigma/correlation.hpp

struct Rule {
    std::string id;    // as written; where the rule has none, the SHA-256 of its document in hex
    std::string name;  // what correlations may call it; empty where it has none
    std::string title;
    std::string description;
    Level level = Level::kMedium;  // medium where the rule has none
    std::optional<RuleStatus> status;
    std::string author;
    std::vector<std::string> tags, falsepositives, references, fields;
    LogSource logsource;  // empty for a correlation
    std::string file;     // as given to load()
    int line = 0;         // of the document's first key, from 1

    // Exactly one of the two is there. Shared, since a copy of a rule is the same rule; never changed after loading.
    std::shared_ptr<const Expression> detection;
    std::shared_ptr<const Correlation> correlation;

    // Whether a match of this rule is one that people hear of. False for a rule that a correlation refers to, unless
    // the correlation has `generate: true`.
    bool reported = true;
};

// What is wrong in a rule file. An error means that the document is not loaded, a warning that it is.
struct Fault {
    enum class Severity : std::uint8_t { kError, kWarning };
    std::string file;
    int line = 0;    // from 1; 0 for the file as a whole
    int column = 0;  // from 1; 0 where it is not known
    Severity severity = Severity::kError;
    std::string message;
    bool operator==(const Fault&) const = default;
};

// "FILE:LINE: error: MESSAGE".
std::string to_text(const Fault& fault);

}  // namespace fstracker::sigma
