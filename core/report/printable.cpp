// SPDX-License-Identifier: Apache-2.0
#include "core/report/printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace fstracker::report {
namespace {

struct Character {
    char32_t code = 0;
    std::size_t size = 0;  // bytes; 0: none begins here
};

// Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
Character character_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return {first, 1};
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || at + size > text.size()) return {};
    char32_t code = first & (0x7FU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return {};
        code = code << 6U | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kLeast.at(size) || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
    return {code, size};
}

struct Range {
    char32_t first, last;
};

template <std::size_t N>
bool within(char32_t code, const std::array<Range, N>& ranges) {
    for (const auto& range : ranges) {
        if (code >= range.first && code <= range.last) return true;
    }
    return false;
}

// What shows nothing or moves what comes after it; also private use and tags, which terminals draw as they like.
constexpr std::array<Range, 15> kTreacherous = {{{0x80, 0x9F},
                                                 {0xAD, 0xAD},
                                                 {0x61C, 0x61C},
                                                 {0x115F, 0x1160},
                                                 {0x180E, 0x180E},
                                                 {0x200B, 0x200F},
                                                 {0x2028, 0x202E},
                                                 {0x2060, 0x206F},
                                                 {0x3164, 0x3164},
                                                 {0xE000, 0xF8FF},
                                                 {0xFEFF, 0xFEFF},
                                                 {0xFFF0, 0xFFFB},
                                                 {0xFFFE, 0xFFFF},
                                                 {0xE0000, 0xE0FFF},
                                                 {0xF0000, 0x10FFFF}}};
constexpr std::array<Range, 5> kCombining = {
    {{0x300, 0x36F}, {0x1AB0, 0x1AFF}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}}};
constexpr std::array<Range, 8> kWide = {{{0x1100, 0x115F},
                                         {0x2E80, 0x303E},
                                         {0x3041, 0xA4CF},
                                         {0xAC00, 0xD7A3},
                                         {0xF900, 0xFAFF},
                                         {0xFE30, 0xFE6F},
                                         {0xFF00, 0xFF60},
                                         {0x1F300, 0x1FAFF}}};

std::size_t columns_of(char32_t code) { return within(code, kCombining) ? 0 : within(code, kWide) ? 2 : 1; }

std::string escape(char32_t code) {
    switch (code) {
        case '\n': return "\\n";
        case '\t': return "\\t";
        case '\r': return "\\r";
        default:
            return code < 0x80 ? fmt::format("\\x{:02x}", static_cast<unsigned>(code))
                               : fmt::format("\\u{{{:x}}}", static_cast<unsigned>(code));
    }
}

}  // namespace

std::string printable(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    for (std::size_t at = 0; at < bytes.size();) {
        const auto character = character_at(bytes, at);
        if (character.size == 0) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(bytes[at++]));
            continue;
        }
        if (character.code < 0x20 || character.code == 0x7F || within(character.code, kTreacherous))
            out += escape(character.code);
        else
            out += bytes.substr(at, character.size);
        at += character.size;
    }
    return out;
}

std::size_t columns(std::string_view text) {
    std::size_t sum = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto character = character_at(text, at);
        sum += character.size == 0 ? 1 : columns_of(character.code);
        at += character.size == 0 ? 1 : character.size;
    }
    return sum;
}

std::string shortened(std::string_view text, std::size_t most) {
    if (most == 0) return {};
    if (columns(text) <= most) return std::string(text);
    std::vector<std::string_view> characters;
    for (std::size_t at = 0; at < text.size();) {
        const auto size = std::max<std::size_t>(character_at(text, at).size, 1);
        characters.push_back(text.substr(at, size));
        at += size;
    }
    // The end of a path tells more than its beginning: two thirds of the room are for it.
    const std::size_t head_room = (most - 1) / 3;
    std::size_t tail_room = most - 1 - head_room;
    std::string head;
    for (std::size_t i = 0, used = 0; i < characters.size(); ++i) {
        used += columns(characters[i]);
        if (used > head_room) break;
        head += characters[i];
    }
    std::size_t first = characters.size();
    while (first > 0 && columns(characters[first - 1]) <= tail_room) tail_room -= columns(characters[--first]);
    std::string tail;
    for (; first < characters.size(); ++first) tail += characters[first];
    return head + "…" + tail;
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::array<const char*, 7> kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    std::size_t unit = 0;
    auto value = static_cast<double>(bytes);
    while (value >= 1023.95 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits.at(unit));
}

std::string count_text(std::uint64_t count) {
    auto digits = std::to_string(count);
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), ",");
    return digits;
}

}  // namespace fstracker::report
