// SPDX-License-Identifier: Apache-2.0
#include "core/event/redact.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "core/event/secret_name.hpp"
#include "core/event/secret_shape.hpp"

namespace fstracker::event {

namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool is_quote(char c) { return c == '"' || c == '\'' || c == '`'; }
constexpr bool is_word(char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}
constexpr bool is_name(char c) { return is_word(c) || c == '-' || c == '.'; }

// Longer names of options are none.
constexpr std::size_t kNameMost = 96;

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
    return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
               return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
           });
}

// use_auth_token=True and the like.
bool harmless(std::string_view value) {
    static constexpr std::string_view kWords[] = {"", "true", "false", "none", "null", "yes", "no"};
    return std::any_of(std::begin(kWords), std::end(kWords),
                       [value](std::string_view word) { return equals_ignoring_case(value, word); });
}

struct Span {
    std::size_t begin;
    std::size_t end;
};

std::size_t skip_spaces(std::string_view text, std::size_t at) {
    while (at < text.size() && is_space(text[at])) ++at;
    return at;
}

// The value that starts at `at`: what is within quotes when it is quoted, else up to the next space or quote.
Span value_at(std::string_view text, std::size_t at) {
    const bool escaped = at + 1 < text.size() && text[at] == '\\' && is_quote(text[at + 1]);
    if (escaped) ++at;
    if (at < text.size() && is_quote(text[at])) {
        const char quote = text[at++];
        std::size_t end = at;
        while (end < text.size() && text[end] != quote && !(escaped && text[end] == '\\'))
            end += text[end] == '\\' && end + 1 < text.size() ? 2U : 1U;
        return {at, end};
    }
    std::size_t end = at;
    while (end < text.size() && !is_space(text[end]) && !is_quote(text[end])) ++end;
    return {at, end};
}

std::optional<Span> unless_harmless(std::string_view text, Span value) {
    if (harmless(text.substr(value.begin, value.end - value.begin))) return std::nullopt;
    return value;
}

// The name that ends before `end`; quotes, a bracket and spaces may stand between, as in environ["TOKEN"] = "…".
std::string_view name_before(std::string_view text, std::size_t end, std::size_t from) {
    while (end > from &&
           (is_space(text[end - 1]) || is_quote(text[end - 1]) || text[end - 1] == ']' || text[end - 1] == '\\'))
        --end;
    std::size_t start = end;
    while (start > from && is_name(text[start - 1])) --start;
    return text.substr(start, end - start);
}

bool named_secret(std::string_view name) {
    const bool option = name.starts_with('-');
    name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
    return names_secret(name, option ? NameForm::kOption : NameForm::kVariable);
}

// After "Authorization:": the credentials, without the scheme before them.
Span authorization_at(std::string_view text, std::size_t at) {
    static constexpr std::string_view kSchemes[] = {"bearer", "basic", "token", "digest", "negotiate", "apikey"};
    const Span word = value_at(text, at);
    const std::string_view scheme = text.substr(word.begin, word.end - word.begin);
    for (const std::string_view known : kSchemes)
        if (equals_ignoring_case(scheme, known) && word.end < text.size() && is_space(text[word.end]))
            return value_at(text, skip_spaces(text, word.end));
    return word;
}

// NAME=value, --name=value, "name": "value", Header: value. `at` is the '=' or ':'; names reach back to `from`.
std::optional<Span> assigned(std::string_view text, std::size_t at, std::size_t from) {
    const std::size_t value = skip_spaces(text, at + 1);
    if (value >= text.size() || text[value] == '=') return std::nullopt;
    const bool spaced = value > at + 1 || (at > from && is_space(text[at - 1]));
    const bool quoted =
        is_quote(text[value]) || (text[value] == '\\' && value + 1 < text.size() && is_quote(text[value + 1]));
    if (text[at] == '=' ? spaced && !quoted : value == at + 1 && !quoted) return std::nullopt;
    const std::string_view name = name_before(text, at, from);
    if (name.empty()) return std::nullopt;
    if (names_authorization(name)) return unless_harmless(text, authorization_at(text, value));
    if (!named_secret(name)) return std::nullopt;
    return unless_harmless(text, value_at(text, value));
}

bool begins_option(std::string_view text) {
    if (text.size() < 2 || text[0] != '-') return text == "-";
    return text.size() == 2 || (text[1] == '-' && text.size() > 2 && is_word(text[2]));
}

// --name, spaces, value; `at` is the first '-'.
std::optional<Span> announced(std::string_view text, std::size_t at) {
    std::size_t end = at;
    while (end < text.size() && end - at < kNameMost && is_name(text[end])) ++end;
    if (end == text.size() || is_name(text[end]) || text[end] == '=' || text[end] == ':' ||
        !named_secret(text.substr(at, end - at)))
        return std::nullopt;
    // Also as in ["--token", "…"].
    std::size_t value = end;
    if (is_quote(text[value])) ++value;
    while (value < text.size() && (is_space(text[value]) || text[value] == ',')) ++value;
    if (value == end || value == text.size()) return std::nullopt;
    const Span span = value_at(text, value);
    if (begins_option(text.substr(span.begin, span.end - span.begin))) return std::nullopt;
    return unless_harmless(text, span);
}

// "Bearer " and something long enough not to be prose.
std::optional<Span> bearer(std::string_view text, std::size_t at) {
    constexpr std::size_t kWord = 6;
    constexpr std::size_t kLeast = 16;
    if (!equals_ignoring_case(text.substr(at, kWord), "bearer")) return std::nullopt;
    const Span value = value_at(text, skip_spaces(text, at + kWord));
    if (value.begin == at + kWord || value.end - value.begin < kLeast) return std::nullopt;
    return value;
}

std::optional<Span> secret_at(std::string_view text, std::size_t at, std::size_t from, Ending ending) {
    const auto span_of = [at](std::size_t offset, std::size_t length) -> std::optional<Span> {
        if (length == 0) return std::nullopt;
        return Span{at + offset, at + offset + length};
    };
    const char c = text[at];
    const bool starts = at == from || !is_word(text[at - 1]);
    if (c == '=') return assigned(text, at, from);
    if (c == ':') {
        if (text.substr(at, 3) == "://") return span_of(3, user_info_length(text.substr(at + 3), ending));
        return assigned(text, at, from);
    }
    if (!starts) return std::nullopt;
    if (c == '-' && (at == from || text[at - 1] != '-')) {
        if (const std::size_t length = private_key_length(text.substr(at)); length != 0) return span_of(0, length);
        return announced(text, at);
    }
    if (c == 'b' || c == 'B') return bearer(text, at);
    // After a hyphen there is no key: it would belong to a longer word, and a chain of them would be scanned again and
    // again.
    if (at > from && text[at - 1] == '-') return std::nullopt;
    return span_of(0, key_length(text.substr(at), ending));
}

// The value of an argument that is as a whole --name=value or NAME=value, where the shell's quotes are gone and a space
// belongs to the value.
std::size_t value_of_whole(std::string_view argument) {
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos) return 0;
    const std::string_view name = argument.substr(0, equals);
    if (!std::all_of(name.begin(), name.end(), is_name) || !named_secret(name)) return 0;
    return harmless(argument.substr(equals + 1)) ? 0 : equals + 1;
}

// sh -c, bash -lc, python3 -c: the next argument is a script.
bool takes_script(std::string_view argument) {
    return argument.size() >= 2 && argument.size() <= 5 && argument[0] == '-' && argument[1] != '-' &&
           argument.ends_with('c');
}

}  // namespace

std::string redact(std::string_view text, Ending ending) {
    std::string out;
    std::size_t copied = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::optional<Span> secret = secret_at(text, at, copied, ending);
        if (!secret) {
            ++at;
            continue;
        }
        out.append(text.substr(copied, secret->begin - copied));
        out += kRedacted;
        copied = at = secret->end;
    }
    out.append(text.substr(copied));
    return out;
}

void redact(std::vector<std::string>& arguments, Ending ending) {
    bool expects_secret = false;
    bool expects_script = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        std::string& argument = arguments[i];
        const bool is_secret = expects_secret && !begins_option(argument) && !harmless(argument);
        const bool is_script = expects_script;
        const bool dashed = argument.size() > 2 && argument[0] == '-';
        expects_secret =
            !is_secret && dashed && std::all_of(argument.begin(), argument.end(), is_name) && named_secret(argument);
        expects_script = takes_script(argument);
        if (is_secret) {
            argument = kRedacted;
        } else if (const std::size_t value = is_script ? 0 : value_of_whole(argument); value != 0) {
            argument.replace(value, std::string::npos, kRedacted);
        } else {
            argument = redact(argument, i + 1 == arguments.size() ? ending : Ending::kWhole);
        }
    }
}

}  // namespace fstracker::event
