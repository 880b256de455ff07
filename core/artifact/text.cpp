// SPDX-License-Identifier: Apache-2.0
// Text, and of text whether its beginning looks like a table or like JSON. A guess, and taken for one: see role.cpp.
#include <algorithm>

#include "core/artifact/formats.hpp"

namespace fstracker::artifact {

namespace {

// UTF-8 without control characters but those of layout; a character that is cut off by the head's end counts.
bool is_text(Head head, bool whole) {
    for (std::size_t at = 0; at < head.size();) {
        const std::uint8_t first = head[at];
        if (first < 0x80) {
            if (first < ' ' && !(first >= '\b' && first <= '\r') && first != 0x1B) return false;
            if (first == 0x7F) return false;
            ++at;
            continue;
        }
        const std::size_t length = first >= 0xF0 && first <= 0xF4 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
        if (length == 0 || first > 0xF4) return false;
        if (at + length > head.size() && whole) return false;
        for (std::size_t i = at + 1; i < std::min(at + length, head.size()); ++i)
            if ((head[i] & 0xC0U) != 0x80) return false;
        at += length;
    }
    return true;
}

// Whole lines of the head, up to a few; the last one too where nothing follows it.
std::vector<std::string_view> lines_of(std::string_view text, bool whole) {
    constexpr std::size_t kMost = 16;
    std::vector<std::string_view> lines;
    while (!text.empty() && lines.size() < kMost) {
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos && !whole) break;
        std::string_view line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        lines.push_back(line);
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return lines;
}

std::size_t fields_of(std::string_view line, char separator) {
    std::size_t fields = 1;
    bool quoted = false;
    for (const char c : line) {
        if (c == '"') quoted = !quoted;
        if (c == separator && !quoted) ++fields;
    }
    return quoted ? 0 : fields;
}

bool is_csv(const std::vector<std::string_view>& lines) {
    if (lines.size() < 2) return false;
    for (const char separator : {',', '\t', ';'}) {
        const std::size_t fields = fields_of(lines.front(), separator);
        if (fields < 2) continue;
        if (std::all_of(lines.begin(), lines.end(),
                        [&](std::string_view line) { return fields_of(line, separator) == fields; }))
            return true;
    }
    return false;
}

bool is_json_lines(const std::vector<std::string_view>& lines) {
    const auto is_object = [](std::string_view line) { return line.starts_with("{\"") && line.ends_with('}'); };
    return lines.size() > 1 && std::all_of(lines.begin(), lines.end(), is_object);
}

constexpr std::string_view kSpace = " \t\r\n";

bool is_json(Bytes& bytes, std::string_view text, bool whole) {
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return false;
    const std::size_t second = text.find_first_not_of(kSpace, first + 1);
    if (second == std::string_view::npos) return false;
    constexpr std::string_view kInList = "[]{\"-0123456789tfn";
    const std::string_view allowed = text[first] == '{' ? "\"}" : kInList;
    if (allowed.find(text[second]) == std::string_view::npos) return false;
    constexpr std::size_t kTail = 64;
    const std::string tail = whole ? std::string(text.substr(text.size() - std::min(text.size(), kTail)))
                                   : text_at(bytes, bytes.size() - kTail, kTail);
    const std::size_t last = tail.find_last_not_of(kSpace);
    return last != std::string::npos && tail[last] == (text[first] == '{' ? '}' : ']');
}

}  // namespace

std::optional<Content> as_text(Bytes& bytes, Head head) {
    const bool whole = head.size() >= bytes.size();
    if (!is_text(head, whole)) return std::nullopt;
    const std::string_view text = as_text(head);
    Content content;
    content.format = Format::kText;
    const auto lines = lines_of(text, whole);
    if (is_json_lines(lines)) {
        content.format = Format::kJsonl;
    } else if (is_json(bytes, text, whole)) {
        content.format = Format::kJson;
    } else if (is_csv(lines)) {
        content.format = Format::kCsv;
    }
    return content;
}

}  // namespace fstracker::artifact
