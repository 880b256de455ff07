// SPDX-License-Identifier: Apache-2.0
// A document to a rule. Every fault of a document is told, not the first alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/sigma/document.hpp"
#include "core/sigma/expression.hpp"
#include "core/sigma/rule.hpp"

namespace fstracker::sigma {

// Takes the faults of one file.
class Complaints {
  public:
    Complaints(std::string file, std::vector<Fault>& faults) : file_(std::move(file)), faults_(faults) {}

    void error(const Node& where, std::string message) { add(where, Fault::Severity::kError, std::move(message)); }
    void warning(const Node& where, std::string message) { add(where, Fault::Severity::kWarning, std::move(message)); }
    // Errors so far; a document whose reading added none is sound.
    std::size_t errors() const { return errors_; }
    const std::string& file() const { return file_; }

  private:
    void add(const Node& where, Fault::Severity severity, std::string message);

    std::string file_;
    std::vector<Fault>& faults_;
    std::size_t errors_ = 0;
};

enum class DocumentKind : std::uint8_t { kDetection, kCorrelation, kFilter };
DocumentKind kind_of(const Node& document);

// What all three kinds have: title, id, name, level and so on. `document` is a map.
Rule read_common(const Node& document, Complaints& complaints);
// Complains where it is missing, empty or of the wrong shape.
LogSource read_log_source(const Node& document, Complaints& complaints);
// The selections and the condition of a `detection` or `filter`; other keys of it that are no selections are `others`.
std::optional<Expression> read_detection(const Node& node, const std::vector<std::string_view>& others,
                                         Complaints& complaints);
// A text or a list of texts.
std::vector<std::string> read_texts(const Node& map, std::string_view key, Complaints& complaints);

std::optional<Rule> read_detection_rule(const Node& document, Complaints& complaints);

}  // namespace fstracker::sigma
