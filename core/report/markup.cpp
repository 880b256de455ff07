// SPDX-License-Identifier: Apache-2.0
#include "core/report/markup.hpp"

#include <algorithm>

#include "core/report/printable.hpp"

namespace fstracker::report {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A word of letters, perhaps with hyphens or an apostrophe within, or a number. Long hex is a commit to some who show
// Markdown.
bool is_plain_word(std::string_view word) {
    constexpr std::size_t kLongest = 30;
    if (word.empty() || word.size() > kLongest || !(is_letter(word.back()) || is_digit(word.back()))) return false;
    const bool number = std::all_of(word.begin(), word.end(), [](char c) { return is_digit(c) || c == ','; });
    if (number) return word.size() < 7 && is_digit(word.front());
    return is_letter(word.front()) &&
           std::all_of(word.begin(), word.end(), [](char c) { return is_letter(c) || c == '-' || c == '\''; });
}

void append_word(std::string& out, std::string_view word) {
    constexpr std::string_view kBefore = "(\"";
    constexpr std::string_view kAfter = ".,:;?)\"";
    std::size_t first = 0;
    std::size_t end = word.size();
    while (first < end && kBefore.find(word[first]) != std::string_view::npos) ++first;
    while (end > first && kAfter.find(word[end - 1]) != std::string_view::npos) --end;
    const auto core = word.substr(first, end - first);
    const auto punctuation = [&out](std::string_view text) {
        for (const char c : text) {
            if (c == '"')
                out += "&quot;";
            else
                out.push_back(c);
        }
    };
    if (core.empty() && !word.empty()) {
        out += markdown_code(word);
        return;
    }
    punctuation(word.substr(0, first));
    out += core.empty() || is_plain_word(core) ? std::string(core) : markdown_code(core);
    punctuation(word.substr(end));
}

}  // namespace

std::string markup_text(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            default: out.push_back(c);
        }
    }
    return out;
}

std::string markdown_code(std::string_view text, std::size_t most) {
    if (text.empty()) return {};
    std::string out = "`";
    for (const char c : shortened(printable(text), most)) {
        switch (c) {
            case '`': out += "\\x60"; break;
            case '|': out += "\\x7c"; break;
            case '<': out += "\\x3c"; break;
            default: out.push_back(c);
        }
    }
    // A space at both ends would be left out where it is shown.
    if (out.back() == ' ') out.replace(out.size() - 1, 1, "\\x20");
    return out + "`";
}

std::string markdown_sentence(std::string_view text, std::size_t most) {
    std::string out;
    const auto clean = shortened(printable(text), most);
    for (std::size_t at = 0; at <= clean.size();) {
        const auto end = std::min(clean.find(' ', at), clean.size());
        if (at > 0) out.push_back(' ');
        append_word(out, std::string_view(clean).substr(at, end - at));
        at = end + 1;
    }
    return out;
}

}  // namespace fstracker::report
