// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/text.hpp"

#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "core/base/utf8.hpp"

namespace fstracker::evidence {

namespace {

constexpr std::string_view kScheme = "file://";
constexpr std::string_view kCut = "\xE2\x80\xA6/";  // "…/"

void append_percent(std::string& out, char c) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    const auto value = static_cast<unsigned char>(c);
    out.push_back('%');
    out.push_back(kDigits[value >> 4]);
    out.push_back(kDigits[value & 15]);
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// Bytes that stand for themselves.
using PlainBytes = std::array<bool, 256>;

constexpr PlainBytes make_uri_plain() {
    PlainBytes plain{};
    for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"))
        plain[static_cast<unsigned char>(c)] = true;
    return plain;
}
constexpr PlainBytes kUriPlain = make_uri_plain();

constexpr PlainBytes make_json_plain() {
    PlainBytes plain{};
    for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
    return plain;
}
constexpr PlainBytes kJsonPlain = make_json_plain();

// ASCII, and no beginning of something percent-encoded.
constexpr PlainBytes make_text_plain() {
    PlainBytes plain{};
    for (std::size_t c = 0; c < 0x80; ++c) plain[c] = c != '%';
    return plain;
}
constexpr PlainBytes kTextPlain = make_text_plain();

std::size_t end_of_plain(const PlainBytes& plain, std::string_view bytes, std::size_t at) {
    while (at < bytes.size() && plain[static_cast<unsigned char>(bytes[at])]) ++at;
    return at;
}

void append_uri(std::string& out, std::string_view bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::size_t end = end_of_plain(kUriPlain, bytes, i);
        out.append(bytes, i, end - i);
        if (end == bytes.size()) return;
        append_percent(out, bytes[end]);
        i = end;
    }
}

std::optional<std::string> decode_all(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            bytes.push_back(text[i]);
            continue;
        }
        const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0) return std::nullopt;
        bytes.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return bytes;
}

// What is not UTF-8 is percent-encoded; `plain` appends all else.
template <typename Plain>
void append_utf8(std::string& out, std::string_view bytes, Plain plain) {
    for (std::size_t i = 0; i < bytes.size();) {
        if (const std::size_t end = end_of_plain(kTextPlain, bytes, i); end != i) {
            out.append(bytes, i, end - i);
            i = end;
            continue;
        }
        const std::size_t length = base::utf8_length(bytes, i);
        if (length == 0)
            append_percent(out, bytes[i]);
        else
            plain(out, bytes.substr(i, length));
        i += length == 0 ? 1 : length;
    }
}

}  // namespace

std::string display(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size());
    append_utf8(text, bytes, [](std::string& out, std::string_view piece) { out += piece; });
    return text;
}

std::string percent_encode(std::string_view bytes) {
    std::string text;
    append_utf8(text, bytes, [](std::string& out, std::string_view piece) { out += piece == "%" ? "%25" : piece; });
    return text;
}

std::optional<std::string> percent_decode(std::string_view text) {
    auto bytes = decode_all(text);
    if (!bytes || percent_encode(*bytes) != text) return std::nullopt;
    return bytes;
}

bool is_relative(const event::Path& path) {
    return !path.truncated && (path.bytes.empty() || path.bytes.front() != '/');
}

std::string path_name(const event::Path& path) {
    return path.truncated ? std::string(kCut) + display(path.bytes) : display(path.bytes);
}

std::string path_uri(const event::Path& path) {
    std::string uri(kScheme);
    uri.reserve(uri.size() + path.bytes.size() + 16);
    if (path.truncated || is_relative(path)) uri.push_back('/');
    if (path.truncated) append_uri(uri, kCut);
    append_uri(uri, path.bytes);
    return uri;
}

Status read_path_uri(std::string_view uri, bool relative, event::Path& path) {
    const auto bad = [&] {
        return fail(ErrorKind::kInvalid, fmt::format("'{}' is not a file URI in the form that evidence uses", uri));
    };
    if (!uri.starts_with(kScheme)) return bad();
    auto bytes = decode_all(uri.substr(kScheme.size()));
    if (!bytes || bytes->empty() || bytes->front() != '/') return bad();
    path.bytes = std::move(*bytes);
    if (path.truncated) {
        if (std::string_view(path.bytes).substr(1, kCut.size()) != kCut) return bad();
        path.bytes.erase(0, 1 + kCut.size());
    } else if (relative) {
        path.bytes.erase(0, 1);
    }
    if (is_relative(path) != relative || path_uri(path) != uri) return bad();
    return {};
}

void append_json_string(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t done = 0;  // up to here `text` is in `out`
    for (std::size_t i = end_of_plain(kJsonPlain, text, 0); i < text.size(); i = end_of_plain(kJsonPlain, text, i)) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (const std::size_t length = c < 0x80 ? 0 : base::utf8_length(text, i); length != 0) {
            i += length;
            continue;
        }
        out.append(text, done, i - done);
        switch (c) {
            case '"': out += "\\\""; break;
            case '\\': out += "\\\\"; break;
            case '\b': out += "\\b"; break;
            case '\f': out += "\\f"; break;
            case '\n': out += "\\n"; break;
            case '\r': out += "\\r"; break;
            case '\t': out += "\\t"; break;
            default:
                if (c < 0x20)
                    out += fmt::format("\\u{:04x}", c);
                else
                    append_percent(out, text[i]);
        }
        done = ++i;
    }
    out.append(text, done, text.size() - done);
    out.push_back('"');
}

}  // namespace fstracker::evidence
