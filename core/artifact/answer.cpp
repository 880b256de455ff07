// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/answer.hpp"

#include <algorithm>

namespace fstracker::artifact {

namespace {

bool is_sentence(std::string_view text) {
    return text.size() <= kLongestProblem &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7F; });
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kLongestImport &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

bool ascends(const std::vector<std::string>& names) {
    return std::adjacent_find(names.begin(), names.end(), [](const auto& a, const auto& b) { return a >= b; }) ==
           names.end();
}

}  // namespace

std::string write_answer(const Content& content) {
    return std::string(1, static_cast<char>(content.format)) + details_text(content);
}

std::optional<Content> read_answer(std::string_view answer) {
    if (answer.empty() || answer.size() > kLongestAnswer) return std::nullopt;
    const auto number = static_cast<std::uint8_t>(answer.front());
    if (number > static_cast<std::uint8_t>(kLastFormat)) return std::nullopt;
    const auto format = static_cast<Format>(number);
    if (format == Format::kUnreadable) return std::nullopt;  // that is for us to say
    if (format == Format::kUnknown && answer.size() > 1) return std::nullopt;
    answer.remove_prefix(1);
    Content content = content_from(format, answer);
    if (content.imports.size() > kMostImports || !is_sentence(content.problem)) return std::nullopt;
    if (!std::all_of(content.imports.begin(), content.imports.end(), is_name)) return std::nullopt;
    if (!ascends(content.imports) || details_text(content) != answer) return std::nullopt;
    return content;
}

}  // namespace fstracker::artifact
