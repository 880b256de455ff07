// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/read_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "core/sigma/condition.hpp"
#include "core/sigma/selection.hpp"

namespace fstracker::sigma {
namespace {

constexpr std::size_t kLongestTitle = 256;
constexpr std::size_t kMostSelections = 1'000;

std::string read_text(const Node& map, std::string_view key, Complaints& complaints) {
    const auto* node = map.find(key);
    if (node == nullptr || node->is(Node::Kind::kNull)) return {};
    if (node->is(Node::Kind::kScalar)) return node->text;
    complaints.error(*node, fmt::format("{} must be a text", key));
    return {};
}

// Of a document without an id: the same content has the same one.
void append_content(std::string& out, const Node& node) {
    out += std::to_string(static_cast<int>(node.kind)) + ':' + std::to_string(node.text.size()) + ':' + node.text;
    for (const auto& key : node.keys) append_content(out, key);
    out += std::to_string(node.children.size()) + '[';
    for (const auto& child : node.children) append_content(out, child);
    out += ']';
}

template <typename Word, std::size_t N>
std::optional<Word> read_word(const Node& document, std::string_view key, const std::array<Word, N>& words,
                              Complaints& complaints) {
    const auto text = read_text(document, key, complaints);
    if (text.empty()) return std::nullopt;
    const auto found = std::find_if(words.begin(), words.end(), [&text](Word word) { return to_text(word) == text; });
    if (found != words.end()) return *found;
    std::string all;
    for (const auto word : words) all += (all.empty() ? "" : ", ") + std::string(to_text(word));
    complaints.error(*document.find(key), fmt::format("there is no {} {}; it is one of {}", key, text, all));
    return std::nullopt;
}

void warn_if_silent(const Node& where, const LogSource& wanted, Complaints& complaints) {
    for (std::size_t i = 0; i < kSources; ++i)
        if (covers(wanted, static_cast<Source>(i))) return;
    complaints.warning(where, fmt::format("no event comes from the log source {}: this never fires", to_text(wanted)));
}

}  // namespace

void Complaints::add(const Node& where, Fault::Severity severity, std::string message) {
    constexpr std::size_t kMostFaults = 10'000;
    if (severity == Fault::Severity::kError) ++errors_;
    if (faults_.size() < kMostFaults)
        faults_.push_back({file_, where.line, where.column, severity, std::move(message)});
}

DocumentKind kind_of(const Node& document) {
    if (document.find("correlation") != nullptr) return DocumentKind::kCorrelation;
    if (document.find("filter") != nullptr && document.find("detection") == nullptr) return DocumentKind::kFilter;
    return DocumentKind::kDetection;
}

std::vector<std::string> read_texts(const Node& map, std::string_view key, Complaints& complaints) {
    const auto* node = map.find(key);
    if (node == nullptr || node->is(Node::Kind::kNull)) return {};
    if (node->is(Node::Kind::kScalar)) return {node->text};
    std::vector<std::string> texts;
    if (!node->is(Node::Kind::kList)) complaints.error(*node, fmt::format("{} must be a list of texts", key));
    for (const auto& child : node->children) {
        if (!node->is(Node::Kind::kList)) break;
        if (child.is(Node::Kind::kScalar))
            texts.push_back(child.text);
        else
            complaints.error(child, fmt::format("{} must be a list of texts", key));
    }
    return texts;
}

Rule read_common(const Node& document, Complaints& complaints) {
    constexpr std::array kLevels = {Level::kInformational, Level::kLow, Level::kMedium, Level::kHigh, Level::kCritical};
    constexpr std::array kStatuses = {RuleStatus::kStable, RuleStatus::kTest, RuleStatus::kExperimental,
                                      RuleStatus::kDeprecated, RuleStatus::kUnsupported};
    Rule rule;
    rule.file = complaints.file();
    rule.line = document.line;
    if (const auto* key = odd_key(document))
        complaints.error(*key, key->is(Node::Kind::kScalar) ? fmt::format("the key {} is there twice", key->text)
                                                            : "a key that is no text");
    if (const auto* action = document.find("action"))
        complaints.error(*action, "action documents are of an earlier Sigma; write each rule in full");
    rule.title = read_text(document, "title", complaints);
    if (rule.title.empty()) complaints.error(document, "title is missing");
    if (rule.title.size() > kLongestTitle)
        complaints.error(document, fmt::format("title is longer than {} bytes", kLongestTitle));
    rule.id = read_text(document, "id", complaints);
    if (rule.id.empty()) {
        std::string content;
        append_content(content, document);
        rule.id = base::to_hex(digest::sha256(content));
    }
    rule.name = read_text(document, "name", complaints);
    rule.description = read_text(document, "description", complaints);
    rule.author = read_text(document, "author", complaints);
    rule.level = read_word(document, "level", kLevels, complaints).value_or(Level::kMedium);
    rule.status = read_word(document, "status", kStatuses, complaints);
    rule.tags = read_texts(document, "tags", complaints);
    rule.falsepositives = read_texts(document, "falsepositives", complaints);
    rule.references = read_texts(document, "references", complaints);
    rule.fields = read_texts(document, "fields", complaints);
    const auto taxonomy = read_text(document, "taxonomy", complaints);
    if (!taxonomy.empty() && taxonomy != "sigma")
        complaints.error(*document.find("taxonomy"), fmt::format("the taxonomy {} is not known; sigma is", taxonomy));
    return rule;
}

LogSource read_log_source(const Node& document, Complaints& complaints) {
    LogSource source;
    const auto* node = document.find("logsource");
    if (node == nullptr || !node->is(Node::Kind::kMap)) {
        complaints.error(node == nullptr ? document : *node,
                         node == nullptr ? "logsource is missing" : "logsource must be a mapping");
        return source;
    }
    source.category = read_text(*node, "category", complaints);
    source.product = read_text(*node, "product", complaints);
    source.service = read_text(*node, "service", complaints);
    if (source == LogSource{})
        complaints.error(*node, "logsource has neither category nor product nor service");
    else
        warn_if_silent(*node, source, complaints);
    return source;
}

std::optional<Expression> read_detection(const Node& node, const std::vector<std::string_view>& others,
                                         Complaints& complaints) {
    const auto before = complaints.errors();
    if (!node.is(Node::Kind::kMap)) {
        complaints.error(node, "detection must be a mapping of selections and a condition");
        return std::nullopt;
    }
    if (const auto* key = odd_key(node))
        complaints.error(*key, key->is(Node::Kind::kScalar) ? fmt::format("the selection {} is there twice", key->text)
                                                            : "a selection's name must be a text");
    if (node.children.size() > kMostSelections) complaints.error(node, "too many selections");
    Selections selections;
    std::set<std::string> broken;
    const Complaint complain = [&](const Node& where, std::string message, bool warning) {
        warning ? complaints.warning(where, std::move(message)) : complaints.error(where, std::move(message));
    };
    for (std::size_t i = 0; i < node.children.size() && i < kMostSelections; ++i) {
        const auto& name = node.keys[i].text;
        if (name == "condition" || std::find(others.begin(), others.end(), name) != others.end()) continue;
        if (name == "timeframe") {
            complaints.error(node.keys[i], "timeframe is of an earlier Sigma; write a correlation");
            continue;
        }
        if (name.empty()) {
            complaints.error(node.keys[i], "a selection without a name");
            continue;
        }
        auto selection = read_selection(name, node.children[i], complain);
        // One that is broken is there all the same: the condition is right to name it.
        selections.emplace(name, selection ? std::move(*selection) : Expression());
    }
    std::vector<Expression> conditions;
    const auto* condition = node.find("condition");
    std::set<std::string> used;
    const auto read_one = [&](const Node& written) {
        if (!written.is(Node::Kind::kScalar)) return complaints.error(written, "a condition must be a text");
        auto expression = read_condition(written.text, selections, used);
        if (!expression) return complaints.error(written, expression.error().message);
        conditions.push_back(std::move(*expression));
    };
    if (condition == nullptr) {
        complaints.error(node, "condition is missing");
    } else if (condition->is(Node::Kind::kList)) {
        if (condition->children.empty()) complaints.error(*condition, "condition is empty");
        for (const auto& written : condition->children) read_one(written);
    } else {
        read_one(*condition);
    }
    if (complaints.errors() != before || conditions.empty()) return std::nullopt;
    for (std::size_t i = 0; i < node.children.size(); ++i) {
        const auto& name = node.keys[i].text;
        if (selections.contains(name) && !used.contains(name) && name.front() != '_')
            complaints.warning(node.keys[i], fmt::format("the condition does not use the selection {}", name));
    }
    if (conditions.size() == 1) return std::move(conditions.front());
    Expression any;
    any.kind = Expression::Kind::kOr;
    any.parts = std::move(conditions);
    return any;
}

std::optional<Rule> read_detection_rule(const Node& document, Complaints& complaints) {
    const auto before = complaints.errors();
    Rule rule = read_common(document, complaints);
    rule.logsource = read_log_source(document, complaints);
    const auto* detection = document.find("detection");
    if (detection == nullptr) {
        complaints.error(document, "detection is missing");
        return std::nullopt;
    }
    auto expression = read_detection(*detection, {}, complaints);
    if (!expression || complaints.errors() != before) return std::nullopt;
    rule.detection = std::make_shared<const Expression>(std::move(*expression));
    return rule;
}

}  // namespace fstracker::sigma
