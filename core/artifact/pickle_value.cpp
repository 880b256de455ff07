// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/pickle_value.hpp"

#include <charconv>

namespace fstracker::artifact {

namespace {

void append_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out.push_back(static_cast<char>(code));
    } else if (code < 0x800) {
        out.push_back(static_cast<char>(0xC0 | (code >> 6)));
        out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
    } else {
        if (code >= 0x10000) {
            out.push_back(static_cast<char>(0xF0 | (code >> 18)));
            out.push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3F)));
        } else {
            out.push_back(static_cast<char>(0xE0 | (code >> 12)));
        }
        out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3F)));
        out.push_back(static_cast<char>(0x80 | (code & 0x3F)));
    }
}

// The number in `width` digits behind `at`, which moves on; none where they are not there.
std::optional<std::uint32_t> take_digits(std::string_view text, std::size_t& at, std::size_t width, int base) {
    if (at + width > text.size()) return std::nullopt;
    std::uint32_t value = 0;
    const auto end = std::from_chars(text.data() + at, text.data() + at + width, value, base);
    if (end.ec != std::errc() || end.ptr != text.data() + at + width) return std::nullopt;
    at += width;
    return value;
}

std::string without_escapes(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size();) {
        if (text[at] != '\\' || at + 1 == text.size()) {
            plain.push_back(text[at++]);
            continue;
        }
        const char kind = text[at + 1];
        at += 2;
        switch (kind) {
            case 'x':
                if (const auto code = take_digits(text, at, 2, 16)) plain.push_back(static_cast<char>(*code));
                break;
            case 'n': plain.push_back('\n'); break;
            case 't': plain.push_back('\t'); break;
            case 'r': plain.push_back('\r'); break;
            case '\n': break;
            case '0':
            case '1':
            case '2':
            case '3':
            case '4':
            case '5':
            case '6':
            case '7': {
                std::size_t digits = 1;
                while (digits < 3 && at - 1 + digits < text.size() && text[at - 1 + digits] >= '0' &&
                       text[at - 1 + digits] <= '7')
                    ++digits;
                --at;
                if (const auto code = take_digits(text, at, digits, 8)) plain.push_back(static_cast<char>(*code));
                break;
            }
            case '\\':
            case '\'':
            case '"': plain.push_back(kind); break;
            default:
                plain.push_back('\\');
                plain.push_back(kind);
                break;
        }
    }
    return plain;
}

std::string without_unicode_escapes(std::string_view text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size();) {
        const bool escape = text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == 'u' || text[at + 1] == 'U');
        std::size_t digits = at + 2;
        const auto code = escape ? take_digits(text, digits, text[at + 1] == 'u' ? 4 : 8, 16) : std::nullopt;
        if (code && *code < 0x110000) {
            append_utf8(plain, *code);
            at = digits;
        } else {
            plain.push_back(text[at++]);
        }
    }
    return plain;
}

std::string_view within_quotes(std::string_view text) {
    while (!text.empty() && (text.back() == '\r' || text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    if (text.size() < 2 || text.front() != text.back() || (text.front() != '\'' && text.front() != '"')) return {};
    return text.substr(1, text.size() - 2);
}

}  // namespace

std::optional<std::string> text_of(Bytes& bytes, const Value& value) {
    if (value.length > kLongestText) return std::nullopt;
    switch (value.kind) {
        case Value::Kind::kText: return text_at(bytes, value.at, value.length);
        case Value::Kind::kQuoted: return without_escapes(within_quotes(text_at(bytes, value.at, value.length)));
        case Value::Kind::kRawEscaped: return without_unicode_escapes(text_at(bytes, value.at, value.length));
        case Value::Kind::kNothing:
        case Value::Kind::kOther:
        case Value::Kind::kGlobal:
        case Value::Kind::kNumber:
        case Value::Kind::kNumbers:
        case Value::Kind::kTextFirst:
        case Value::Kind::kTypeState:
        case Value::Kind::kArrayType:
        case Value::Kind::kArray: return std::nullopt;
    }
    return std::nullopt;
}

Value tuple_of(std::span<const Value> values) {
    if (!values.empty() && values.front().kind == Value::Kind::kText)
        return {Value::Kind::kTextFirst, values.front().length, values.front().at};
    constexpr std::size_t kFlags = 7;  // of numpy.dtype's state
    if (values.size() > kFlags && values.front().kind == Value::Kind::kNumber && values[1].kind == Value::Kind::kText &&
        values[kFlags].kind == Value::Kind::kNumber)
        return {Value::Kind::kTypeState, 0, values[kFlags].at};
    std::uint64_t product = 1;
    for (const Value& value : values) {
        if (value.kind != Value::Kind::kNumber) return {};
        if (__builtin_mul_overflow(product, value.at, &product) || product == Value::kNotKnown)
            return {Value::Kind::kNumbers, 0, Value::kNotKnown};
    }
    return {Value::Kind::kNumbers, 0, product};
}

ArrayType array_type_of(Bytes& bytes, const Value& arguments) {
    if (arguments.kind != Value::Kind::kTextFirst || arguments.length < 2 || arguments.length > 12) return {};
    const std::string text = text_at(bytes, arguments.at, arguments.length);
    ArrayType type;
    const auto end = std::from_chars(text.data() + 1, text.data() + text.size(), type.width);
    if (end.ec != std::errc() || end.ptr != text.data() + text.size() || type.width > UINT32_MAX) return {};
    constexpr std::string_view kPlain = "biufcmMSUVO";
    type.known = kPlain.find(text.front()) != std::string_view::npos;
    type.objects = text.front() == 'O';
    type.fields = text.front() == 'V';
    if (text.front() == 'U') type.width *= 4;
    return type;
}

}  // namespace fstracker::artifact
