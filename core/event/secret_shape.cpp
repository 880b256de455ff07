// SPDX-License-Identifier: Apache-2.0
#include "core/event/secret_shape.hpp"

#include <algorithm>
#include <array>

namespace fstracker::event {

namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_capital(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_small(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_alphanumeric(char c) { return is_digit(c) || is_capital(c) || is_small(c); }
constexpr bool is_base64url(char c) { return is_alphanumeric(c) || c == '-' || c == '_'; }

enum class Alphabet { kCapitals, kAlphanumeric, kBase64Url };

struct Shape {
    std::string_view prefix;
    Alphabet alphabet;
    std::size_t least;   // bytes after the prefix
    bool digit = false;  // one must be among them: tells a key from words joined by hyphens
};

constexpr Shape kShapes[] = {
    {"AKIA", Alphabet::kCapitals, 16},         {"ASIA", Alphabet::kCapitals, 16},
    {"AIza", Alphabet::kBase64Url, 35},        {"SG.", Alphabet::kBase64Url, 16},
    {"dckr_pat_", Alphabet::kBase64Url, 20},   {"ghp_", Alphabet::kAlphanumeric, 20},
    {"gho_", Alphabet::kAlphanumeric, 20},     {"ghu_", Alphabet::kAlphanumeric, 20},
    {"ghs_", Alphabet::kAlphanumeric, 20},     {"ghr_", Alphabet::kAlphanumeric, 20},
    {"github_pat_", Alphabet::kBase64Url, 20}, {"glpat-", Alphabet::kBase64Url, 16},
    {"hf_", Alphabet::kAlphanumeric, 20},      {"npm_", Alphabet::kAlphanumeric, 30},
    {"nvapi-", Alphabet::kBase64Url, 30},      {"pypi-", Alphabet::kBase64Url, 50, true},
    {"r8_", Alphabet::kAlphanumeric, 30},      {"sk-", Alphabet::kBase64Url, 20, true},
    {"sk_live_", Alphabet::kAlphanumeric, 16}, {"sk_test_", Alphabet::kAlphanumeric, 16},
    {"rk_live_", Alphabet::kAlphanumeric, 16}, {"xoxb-", Alphabet::kBase64Url, 10},
    {"xoxp-", Alphabet::kBase64Url, 10},       {"xoxa-", Alphabet::kBase64Url, 10},
    {"xoxe-", Alphabet::kBase64Url, 10},       {"xoxr-", Alphabet::kBase64Url, 10},
    {"xoxs-", Alphabet::kBase64Url, 10},       {"ya29.", Alphabet::kBase64Url, 20},
};

// A user and password are not looked for beyond this, so that a text full of "://" costs no more than another.
constexpr std::size_t kUserInfoMost = 1024;

// Of a cut text, so little after the prefix is enough.
constexpr std::size_t kLeastWhenCut = 4;

constexpr std::array<bool, 256> kFirst = [] {
    std::array<bool, 256> first{};
    for (const Shape& shape : kShapes) first[static_cast<unsigned char>(shape.prefix[0])] = true;
    first['e'] = true;  // eyJ, a JWT
    return first;
}();

template <typename Predicate>
std::size_t run_of(std::string_view text, Predicate belongs) {
    const auto end = std::find_if_not(text.begin(), text.end(), belongs);
    return static_cast<std::size_t>(end - text.begin());
}

std::size_t run_of(std::string_view text, Alphabet alphabet) {
    switch (alphabet) {
        case Alphabet::kCapitals: return run_of(text, [](char c) { return is_digit(c) || is_capital(c); });
        case Alphabet::kAlphanumeric: return run_of(text, is_alphanumeric);
        case Alphabet::kBase64Url: return run_of(text, is_base64url);
    }
    return 0;
}

// A JSON web token: header.payload.signature in base64url, the header beginning with '{"'.
std::size_t web_token_length(std::string_view text, Ending ending) {
    const std::size_t header = run_of(text, is_base64url);
    if (header == text.size()) return ending == Ending::kCut && header >= 10 ? header : 0;
    if (header < 10 || text[header] != '.') return 0;
    const std::size_t payload = run_of(text.substr(header + 1), is_base64url);
    std::size_t length = header + 1 + payload;
    if (payload < 10 && !(ending == Ending::kCut && length == text.size())) return 0;
    while (length < text.size() && text[length] == '.') length += 1 + run_of(text.substr(length + 1), is_base64url);
    return length;
}

}  // namespace

std::size_t key_length(std::string_view text, Ending ending) {
    if (text.empty() || !kFirst[static_cast<unsigned char>(text[0])]) return 0;
    if (text.starts_with("eyJ")) return web_token_length(text, ending);
    for (const Shape& shape : kShapes) {
        if (!text.starts_with(shape.prefix)) continue;
        const std::string_view rest = text.substr(shape.prefix.size());
        std::size_t length = run_of(rest, shape.alphabet);
        const bool cut = ending == Ending::kCut && length == rest.size();
        if (length < (cut ? kLeastWhenCut : shape.least)) continue;
        if (shape.digit && !cut &&
            std::none_of(rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(length), is_digit))
            continue;
        // SG.… and ya29.… go on after a dot.
        while (shape.prefix.ends_with('.') && length < rest.size() && rest[length] == '.')
            length += 1 + run_of(rest.substr(length + 1), is_base64url);
        return shape.prefix.size() + length;
    }
    return 0;
}

std::size_t private_key_length(std::string_view text) {
    constexpr std::string_view kBegin = "-----BEGIN ";
    constexpr std::string_view kEnd = "-----END ";
    constexpr std::string_view kDashes = "-----";
    if (!text.starts_with(kBegin)) return 0;
    const std::size_t label =
        run_of(text.substr(kBegin.size()), [](char c) { return is_capital(c) || is_digit(c) || c == ' '; });
    if (text.substr(kBegin.size(), label).find("PRIVATE KEY") == std::string_view::npos) return 0;
    const std::size_t end = text.find(kEnd, kBegin.size() + label);
    if (end == std::string_view::npos) return text.size();
    const std::size_t close = text.find(kDashes, end + kEnd.size());
    return close == std::string_view::npos ? text.size() : close + kDashes.size();
}

std::size_t user_info_length(std::string_view text, Ending ending) {
    const bool whole = text.size() <= kUserInfoMost;
    text = text.substr(0, kUserInfoMost);
    const std::string_view word = text.substr(
        0,
        run_of(text, [](char c) { return static_cast<unsigned char>(c) > ' ' && c != '"' && c != '\'' && c != '`'; }));
    const std::string_view authority = word.substr(0, word.find_first_of("/?#"));
    const std::size_t colon = authority.find(':');
    if (colon == std::string_view::npos) return 0;
    const std::size_t at = authority.rfind('@');
    if (at != std::string_view::npos) return colon < at ? at : 0;
    // No '@' so far: a port, or a password with a slash in it, or one that the text ends in.
    const std::string_view after = authority.substr(colon + 1);
    if (authority.front() == '[' || std::all_of(after.begin(), after.end(), is_digit)) return 0;
    const std::size_t later = word.rfind('@');
    if (later != std::string_view::npos) return later;
    return ending == Ending::kCut && whole && authority.size() == text.size() ? authority.size() : 0;
}

}  // namespace fstracker::event
