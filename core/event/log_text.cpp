// SPDX-License-Identifier: Apache-2.0
#include "core/event/log_text.hpp"

#include <array>
#include <cstddef>

namespace fstracker::event {

namespace {

constexpr unsigned char byte_of(char c) { return static_cast<unsigned char>(c); }

// True for the bytes that stand for themselves.
constexpr std::array<bool, 256> kPlain = [] {
    std::array<bool, 256> plain{};
    for (std::size_t c = 0x20; c < 0x7F; ++c) plain[c] = c != '"' && c != '\\' && c != '%';
    return plain;
}();

constexpr bool continues(char c) { return (byte_of(c) & 0xC0U) == 0x80; }

// Bytes of the UTF-8 sequence of two or more that `text` begins with (RFC 3629); 0 when it does not.
std::size_t sequence_length(std::string_view text) {
    const unsigned char first = byte_of(text[0]);
    const std::size_t length = first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i)
        if (!continues(text[i])) return 0;
    const unsigned char second = byte_of(text[1]);
    const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
    const bool surrogate = first == 0xED && second >= 0xA0;
    const bool beyond = first == 0xF4 && second >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

void append_hex(std::string& out, unsigned char byte, const char* digits) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

void append_percent(std::string& out, char c) {
    out += '%';
    append_hex(out, byte_of(c), "0123456789ABCDEF");
}

void append_control(std::string& out, unsigned char code) {
    switch (code) {
        case '\b': out += "\\b"; return;
        case '\f': out += "\\f"; return;
        case '\n': out += "\\n"; return;
        case '\r': out += "\\r"; return;
        case '\t': out += "\\t"; return;
        default: break;
    }
    out += "\\u00";
    append_hex(out, code, "0123456789abcdef");
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Two hexadecimal digits at `at`, or -1.
int hex_at(std::string_view text, std::size_t at) {
    if (at + 2 > text.size()) return -1;
    const int high = digit_of(text[at]);
    const int low = digit_of(text[at + 1]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

// An escape after its backslash. Bytes taken, or 0.
std::size_t take_escape(std::string_view text, std::string& out) {
    if (text.empty()) return 0;
    switch (text[0]) {
        case '"':
        case '\\': out += text[0]; return 1;
        case 'b': out += '\b'; return 1;
        case 'f': out += '\f'; return 1;
        case 'n': out += '\n'; return 1;
        case 'r': out += '\r'; return 1;
        case 't': out += '\t'; return 1;
        case 'u': break;
        default: return 0;
    }
    const int code = hex_at(text, 3);
    if (text.substr(1, 2) != "00" || code < 0) return 0;
    if (code >= 0x80) out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(code >= 0x80 ? 0x80 | (code & 0x3F) : code);
    return 5;
}

}  // namespace

void append_escaped(std::string& out, std::string_view bytes) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        std::size_t end = at;
        while (end < bytes.size() && kPlain[byte_of(bytes[end])]) ++end;
        out.append(bytes.data() + at, end - at);
        at = end;
        if (at == bytes.size()) return;
        const char c = bytes[at];
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '%') {
            append_percent(out, c);
        } else if (byte_of(c) < 0x80) {
            append_control(out, byte_of(c));
        } else if (const std::size_t length = sequence_length(bytes.substr(at)); length == 0) {
            append_percent(out, c);
        } else if (byte_of(c) == 0xC2 && byte_of(bytes[at + 1]) < 0xA0) {
            append_control(out, byte_of(bytes[++at]));
        } else {
            out.append(bytes.data() + at, length);
            at += length - 1;
        }
        ++at;
    }
}

bool take_escaped(std::string_view& text, std::string& out) {
    for (;;) {
        std::size_t end = 0;
        while (end < text.size() && text[end] != '"' && text[end] != '\\' && text[end] != '%') ++end;
        out.append(text.data(), end);
        if (end == text.size()) return false;
        const char c = text[end];
        text.remove_prefix(end + 1);
        if (c == '"') return true;
        if (c == '%') {
            const int byte = hex_at(text, 0);
            if (byte < 0) return false;
            out += static_cast<char>(byte);
            text.remove_prefix(2);
        } else {
            const std::size_t length = take_escape(text, out);
            if (length == 0) return false;
            text.remove_prefix(length);
        }
    }
}

}  // namespace fstracker::event
