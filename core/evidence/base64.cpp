// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/base64.hpp"

#include <array>
#include <cstdint>
#include <cstring>

namespace fstracker::evidence {

namespace {

constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::int8_t kNone = -1;

constexpr std::array<std::int8_t, 256> make_values(char last_but_one, char last) {
    std::array<std::int8_t, 256> values{};
    for (auto& value : values) value = kNone;
    for (std::size_t i = 0; i < 62; ++i) values[static_cast<unsigned char>(kStandard[i])] = static_cast<std::int8_t>(i);
    values[static_cast<unsigned char>(last_but_one)] = 62;
    values[static_cast<unsigned char>(last)] = 63;
    return values;
}

constexpr auto kStandardValues = make_values('+', '/');
constexpr auto kUrlSafeValues = make_values('-', '_');

// The two characters of each value of twelve bits.
struct Pair {
    char text[2];
};
constexpr std::array<Pair, 4096> make_pairs() {
    std::array<Pair, 4096> pairs{};
    for (std::size_t i = 0; i < pairs.size(); ++i) pairs[i] = {{kStandard[i >> 6], kStandard[i & 63U]}};
    return pairs;
}
constexpr auto kPairs = make_pairs();

char byte(std::uint32_t value, unsigned shift) { return static_cast<char>(value >> shift & 255U); }

}  // namespace

void append_base64(std::string& text, std::string_view bytes) {
    const std::size_t begin = text.size();
    text.resize(begin + (bytes.size() + 2) / 3 * 4, '=');
    char* out = text.data() + begin;
    const auto value = [&bytes](std::size_t i) -> std::uint32_t { return static_cast<unsigned char>(bytes[i]); };
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const std::uint32_t group = value(i) << 16 | value(i + 1) << 8 | value(i + 2);
        std::memcpy(out, kPairs[group >> 12].text, 2);
        std::memcpy(out + 2, kPairs[group & 4095U].text, 2);
        out += 4;
    }
    if (i == bytes.size()) return;
    const bool two = bytes.size() - i == 2;
    const std::uint32_t group = value(i) << 16 | (two ? value(i + 1) << 8 : 0);
    *out++ = kStandard[group >> 18];
    *out++ = kStandard[group >> 12 & 63U];
    if (two) *out = kStandard[group >> 6 & 63U];
}

std::string to_base64(std::string_view bytes) {
    std::string text;
    append_base64(text, bytes);
    return text;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    const bool url_safe = text.find_first_of("-_") != std::string_view::npos;
    const auto& values = url_safe ? kUrlSafeValues : kStandardValues;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;

    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const std::size_t missing = i + 4 == text.size() ? padding : 0;
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 4 - missing; ++k) {
            const std::int8_t value = values[static_cast<unsigned char>(text[i + k])];
            if (value == kNone) return std::nullopt;
            group |= static_cast<std::uint32_t>(value) << (18 - 6 * k);
        }
        const std::uint32_t left_over = missing == 0 ? 0 : missing == 1 ? group & 0xFFU : group & 0xFFFFU;
        if (left_over != 0) return std::nullopt;
        for (std::size_t k = 0; k < 3 - missing; ++k) bytes.push_back(byte(group, static_cast<unsigned>(16 - 8 * k)));
    }
    return bytes;
}

}  // namespace fstracker::evidence
