// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/modifiers.hpp"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/sigma/encode.hpp"

namespace fstracker::sigma {
namespace {

using Words = std::vector<std::string>;

constexpr std::size_t kLongestRegex = 8'192;
constexpr std::int64_t kRegexMemory = 4 << 20;

bool has(const Words& words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

template <std::size_t N>
bool is_one_of(std::string_view word, const std::array<std::string_view, N>& words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::array<std::string_view, 9> kTextWords = {"contains",     "startswith", "endswith", "windash", "base64",
                                                        "base64offset", "utf16le",    "utf16be",  "utf16"};
constexpr std::array<std::string_view, 4> kOrders = {"lt", "lte", "gt", "gte"};
constexpr std::array<std::string_view, 6> kRegexFlags = {"i", "m", "s", "ignorecase", "multiline", "dotall"};
constexpr std::array<std::string_view, 6> kTimeParts = {"minute", "hour", "day", "week", "month", "year"};

tl::unexpected<Error> wrong(std::string message) { return fail(ErrorKind::kInvalid, std::move(message)); }

bool is_position(std::string_view word) { return word == "contains" || word == "startswith" || word == "endswith"; }

// What kind of comparison a modifier makes; empty for those that go with any.
std::string_view family_of(std::string_view word) {
    if (word == "all" || word == "neq") return "";
    if (is_one_of(word, kOrders)) return word;
    if (word == "re" || is_one_of(word, kRegexFlags)) return "re";
    if (is_one_of(word, kTextWords) || word == "cased" || word == "wide") return "text";
    return word;  // cidr, exists, fieldref
}

bool is_known(std::string_view word) {
    return word == "all" || word == "neq" || word == "re" || word == "cased" || word == "wide" || word == "cidr" ||
           word == "exists" || word == "fieldref" || is_one_of(word, kTextWords) || is_one_of(word, kOrders) ||
           is_one_of(word, kRegexFlags);
}

Status check_modifiers(const FieldKey& key) {
    std::string_view family;
    std::string_view first;
    for (const auto& word : key.modifiers) {
        if (word == "expand")
            return wrong(
                "the modifier expand needs placeholders to be filled in, and there is nothing to fill them from");
        if (is_one_of(word, kTimeParts))
            return wrong(fmt::format("the modifier {} is about dates, and no event has a field with one", word));
        if (!is_known(word))
            return wrong(fmt::format("there is no modifier {}", word.empty() ? "without a name" : word));
        const auto own = family_of(word);
        if (own.empty()) continue;
        if (is_one_of(word, kRegexFlags) && family != "re") return wrong(fmt::format("{} may only follow re", word));
        const bool joins_reference = (family == "fieldref" && (is_position(word) || word == "cased")) ||
                                     (own == "fieldref" && (is_position(first) || first == "cased"));
        if (!family.empty() && family != own && !joins_reference)
            return wrong(fmt::format("the modifiers {} and {} do not go together", first, word));
        if (first.empty()) first = word;
        if (family != "fieldref") family = own;
    }
    if (key.field.empty() && (family == "exists" || family == "fieldref"))
        return wrong(fmt::format("{} needs a field", family));
    if (family == "exists" && key.modifiers.size() > 1) return wrong("exists goes with no other modifier");
    return {};
}

Result<Comparison> read_regex(const FieldKey& key, const Node& value) {
    if (value.text.size() > kLongestRegex)
        return wrong(fmt::format("a regular expression longer than {} bytes", kLongestRegex));
    std::string flags;
    if (has(key.modifiers, "i") || has(key.modifiers, "ignorecase")) flags += 'i';
    if (has(key.modifiers, "m") || has(key.modifiers, "multiline")) flags += 'm';
    if (has(key.modifiers, "s") || has(key.modifiers, "dotall")) flags += 's';
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kRegexMemory);
    options.set_never_capture(true);
    auto compiled =
        std::make_shared<const re2::RE2>(flags.empty() ? value.text : "(?" + flags + ")" + value.text, options);
    if (!compiled->ok()) return wrong(fmt::format("the regular expression cannot be used: {}", compiled->error()));
    return Regex{std::move(compiled), value.text};
}

Result<Comparison> read_number(const Node& value, Number::Order order) {
    Number number;
    number.order = order;
    number.written = value.text;
    std::string_view digits = value.text;
    const bool negative = !digits.empty() && digits.front() == '-';
    if (!digits.empty() && (digits.front() == '-' || digits.front() == '+')) digits.remove_prefix(1);
    int base = 10;
    if (digits.substr(0, 2) == "0x" || digits.substr(0, 2) == "0o") {
        base = digits[1] == 'x' ? 16 : 8;
        digits.remove_prefix(2);
    }
    const char* const end = digits.data() + digits.size();
    const auto starts_well =
        !digits.empty() && (base == 16 || (digits.front() >= '0' && digits.front() <= '9') || digits.front() == '.');
    const auto whole = std::from_chars(digits.data(), end, number.integer, base);
    if (starts_well && digits.front() != '-' && whole.ec == std::errc() && whole.ptr == end) {
        if (negative) number.integer = -number.integer;
        number.real = static_cast<double>(number.integer);
        return number;
    }
    const auto real = std::from_chars(digits.data(), end, number.real);
    if (!starts_well || base != 10 || real.ec != std::errc() || real.ptr != end || !std::isfinite(number.real))
        return wrong(fmt::format("not a number: {}", value.text));
    if (negative) number.real = -number.real;
    number.is_integer = false;
    return number;
}

bool is_truth(const Node& value) {
    const auto text = folded(value.text);
    return text == "true" || text == "false";
}

Pieces placed(Pieces pieces, std::string_view word) {
    const bool front = word != "startswith";
    const bool back = word != "endswith";
    const auto open = [](const Piece& piece) { return piece.kind == Piece::Kind::kMany; };
    if (front && (pieces.empty() || !open(pieces.front()))) pieces.insert(pieces.begin(), {Piece::Kind::kMany, {}});
    if (back && !open(pieces.back())) pieces.push_back({Piece::Kind::kMany, {}});
    return pieces;
}

Result<std::vector<Pieces>> encode_all(const std::vector<Pieces>& forms, std::string_view word) {
    Encoding encoding = Encoding::kUtf16Le;
    if (word == "base64") encoding = Encoding::kBase64;
    if (word == "base64offset") encoding = Encoding::kBase64Offset;
    if (word == "utf16be") encoding = Encoding::kUtf16Be;
    if (word == "utf16") encoding = Encoding::kUtf16;
    std::vector<Pieces> out;
    for (const auto& form : forms) {
        auto more = encoded(form, encoding);
        if (!more || out.size() + more->size() > kMostVariants)
            return wrong(
                fmt::format("{} cannot be applied to this text: it has wildcards, is not UTF-8, "
                            "or would become more than {} texts",
                            word, kMostVariants));
        out.insert(out.end(), more->begin(), more->end());
    }
    return out;
}

Result<std::vector<Comparison>> read_text(const FieldKey& key, const Node& value) {
    std::vector<Pieces> forms = {read_pieces(value.text)};
    bool positioned = false;
    for (const auto& word : key.modifiers) {
        if (word == "windash") {
            for (auto& form : forms) form = with_any_dash(form);
        } else if (is_position(word)) {
            positioned = true;
            for (auto& form : forms) {
                if (form.empty() && word == "startswith") form.push_back({Piece::Kind::kMany, {}});
                form = placed(std::move(form), word);
            }
        } else if (word == "wide" || (is_one_of(word, kTextWords) && word != "windash")) {
            auto more = encode_all(forms, word);
            if (!more) return fail(more.error());
            forms = std::move(*more);
        }
    }
    std::vector<Comparison> out;
    for (const auto& form : forms) {
        // A keyword is looked for within the whole message.
        const bool anywhere = key.field.empty() && !positioned;
        out.emplace_back(Text{Pattern(anywhere ? placed(form, "contains") : form, has(key.modifiers, "cased")),
                              read_pieces(value.text)});
    }
    return out;
}

template <typename T>
Result<std::vector<Comparison>> alone(Result<T> made) {
    if (!made) return fail(made.error());
    std::vector<Comparison> out;
    out.emplace_back(std::move(*made));
    return out;
}

SameAs read_reference(const FieldKey& key, const Node& value) {
    SameAs same;
    same.field = value.text;
    same.known = find_field(value.text);
    same.starts = has(key.modifiers, "startswith") || has(key.modifiers, "contains");
    same.ends = has(key.modifiers, "endswith") || has(key.modifiers, "contains");
    same.cased = has(key.modifiers, "cased");
    return same;
}

}  // namespace

Result<FieldKey> read_field_key(std::string_view written) {
    FieldKey key;
    auto rest = written;
    for (bool first = true;; first = false) {
        const auto bar = rest.find('|');
        const auto word = rest.substr(0, bar);
        if (first)
            key.field = word;
        else
            key.modifiers.emplace_back(word);
        if (bar == std::string_view::npos) break;
        rest.remove_prefix(bar + 1);
    }
    key.all = has(key.modifiers, "all");
    key.negated = has(key.modifiers, "neq");
    if (auto checked = check_modifiers(key); !checked) return fail(checked.error());
    return key;
}

Result<std::vector<Comparison>> read_value(const FieldKey& key, const Node& value) {
    const auto& words = key.modifiers;
    if (value.is(Node::Kind::kNull)) {
        const auto plain_key = std::all_of(words.begin(), words.end(), [](auto& word) { return word == "neq"; });
        if (!plain_key || key.field.empty()) return wrong("null goes with a field and without modifiers");
        return alone<Comparison>(Comparison(IsNull{}));
    }
    if (!value.is(Node::Kind::kScalar)) return wrong("a value must be a text, a number or null");
    if (has(words, "exists")) {
        if (!is_truth(value)) return wrong("exists takes true or false");
        return alone<Comparison>(Comparison(Exists{folded(value.text) == "true"}));
    }
    if (has(words, "re")) return alone(read_regex(key, value));
    if (has(words, "cidr")) {
        auto network = Network::parse(value.text);
        if (!network) return wrong(fmt::format("not a range of addresses: {}", value.text));
        return alone<Comparison>(Comparison(std::move(*network)));
    }
    if (has(words, "fieldref")) {
        if (value.text.empty() || has_wildcards(read_pieces(value.text))) return wrong("fieldref takes a field's name");
        return alone<Comparison>(Comparison(read_reference(key, value)));
    }
    constexpr std::array<std::pair<std::string_view, Number::Order>, 4> kComparisons = {
        {{"lt", Number::Order::kLess},
         {"lte", Number::Order::kLessOrEqual},
         {"gt", Number::Order::kGreater},
         {"gte", Number::Order::kGreaterOrEqual}}};
    for (const auto& [word, order] : kComparisons)
        if (has(words, word)) return alone(read_number(value, order));
    const bool bare =
        std::all_of(words.begin(), words.end(), [](auto& word) { return word == "all" || word == "neq"; });
    if (value.plain && bare && !key.field.empty()) {
        if (auto number = read_number(value, Number::Order::kEqual)) return alone(std::move(number));
    }
    return read_text(key, value);
}

}  // namespace fstracker::sigma
