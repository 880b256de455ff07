// SPDX-License-Identifier: Apache-2.0
#include "core/baseline/entry_words.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "core/event/access_words.hpp"

namespace fstracker::baseline {

namespace {

constexpr std::string_view kVaries = "varies", kMembers = "members=", kNumbers = "n=", kOwner = "pkg:";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::size_t kDigestDigits = 43;

std::string base64_of(const event::Sha256& digest) {
    std::string text;
    text.reserve(kDigestDigits);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const std::uint8_t byte : digest) {
        bits = bits << 8 | byte;
        held += 8;
        for (; held >= 6; held -= 6) text.push_back(kBase64[bits >> (held - 6) & 63U]);
    }
    text.push_back(kBase64[bits << (6 - held) & 63U]);
    return text;
}

std::optional<event::Sha256> digest_of(std::string_view text) {
    static constexpr auto kValues = [] {
        std::array<std::int8_t, 256> values{};
        values.fill(-1);
        for (std::size_t i = 0; i < kBase64.size(); ++i)
            values[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
        return values;
    }();
    if (text.size() != kDigestDigits) return std::nullopt;
    event::Sha256 digest{};
    std::uint32_t bits = 0;
    unsigned held = 0;
    std::size_t filled = 0;
    for (const char c : text) {
        const int value = kValues[static_cast<unsigned char>(c)];
        if (value < 0) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        digest[filled++] = static_cast<std::uint8_t>(bits >> held);
    }
    return digest;
}

std::string_view next_word(std::string_view& words) {
    const std::size_t end = std::min(words.find(' '), words.size());
    const std::string_view word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    return word;
}

template <typename Number>
std::optional<Number> number_of(std::string_view text) {
    Number value{};
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

template <typename Number>
std::optional<std::pair<Number, Number>> range_of(std::string_view text) {
    const std::size_t dots = text.find("..");
    if (dots == std::string_view::npos) return std::nullopt;
    const auto first = number_of<Number>(text.substr(0, dots));
    const auto last = number_of<Number>(text.substr(dots + 2));
    if (!first || !last || *first > *last) return std::nullopt;
    return std::pair(*first, *last);
}

// The sightings at the front of the words.
std::optional<Sightings> take_sightings(std::string_view& words, std::uint32_t runs) {
    const auto count = number_of<std::uint32_t>(next_word(words));
    if (!count || *count == 0 || *count > runs) return std::nullopt;
    Sightings seen{*count, 1, runs};
    const bool dots_come_next = words.substr(0, words.find(' ')).find("..") != std::string_view::npos;
    if (dots_come_next && !words.starts_with(kNumbers)) {
        const auto range = range_of<std::uint32_t>(next_word(words));
        if (!range || range->first == 0 || range->second > runs || range->second - range->first + 1 < *count)
            return std::nullopt;
        seen.first = range->first;
        seen.last = range->second;
    }
    return seen;
}

bool take_ranges(std::string_view text, PathEntry& entry) {
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(','), text.size());
        const auto range = range_of<std::uint64_t>(text.substr(0, end));
        if (!range) return false;
        entry.ranges.push_back(*range);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return true;
}

}  // namespace

std::string sightings_words(const Sightings& seen, std::uint32_t runs) {
    const bool throughout = seen.first == 1 && seen.last == runs;
    return throughout ? std::to_string(seen.runs) : fmt::format("{} {}..{}", seen.runs, seen.first, seen.last);
}

std::optional<Sightings> read_sightings(std::string_view words, std::uint32_t runs) {
    const auto seen = take_sightings(words, runs);
    return words.empty() ? seen : std::nullopt;
}

std::string entry_words(const PathEntry& entry, std::uint32_t runs) {
    std::string words = sightings_words(entry.seen, runs);
    if (entry.is_mask())
        words += fmt::format(" {}{}", kMembers, entry.members);
    else if (entry.varies)
        words.append(" ").append(kVaries);
    for (std::size_t i = 0; i < entry.ranges.size(); ++i)
        words += fmt::format("{}{}..{}", i == 0 ? " n=" : ",", entry.ranges[i].first, entry.ranges[i].second);
    if (!entry.owner.empty()) words += ' ' + entry.owner;
    for (const event::Sha256& digest : entry.digests) words += ' ' + base64_of(digest);
    return words;
}

std::optional<PathEntry> read_entry(std::string_view words, std::uint32_t runs) {
    PathEntry entry;
    const auto seen = take_sightings(words, runs);
    if (!seen) return std::nullopt;
    entry.seen = *seen;
    while (!words.empty()) {
        const std::string_view word = next_word(words);
        if (word == kVaries) {
            entry.varies = true;
        } else if (word.starts_with(kMembers)) {
            const auto members = number_of<std::uint64_t>(word.substr(kMembers.size()));
            if (!members || *members == 0) return std::nullopt;
            entry.members = *members;
            entry.varies = true;
        } else if (word.starts_with(kNumbers)) {
            if (!take_ranges(word.substr(kNumbers.size()), entry)) return std::nullopt;
        } else if (word.starts_with(kOwner)) {
            entry.owner = word;
        } else {
            const auto digest = digest_of(word);
            if (!digest) return std::nullopt;
            entry.digests.insert(*digest);
        }
    }
    return entry;
}

std::string group_words(std::string_view path, const PathEntry& entry) {
    std::string words;
    for (const auto& [bit, word] : event::kAccessWords)
        if ((entry.access & bit) != 0) words.append(words.empty() ? "" : ",").append(word);
    if (words.empty()) words = "none";
    return words.append(" ").append(entry.role).append(" ").append(folder_of(path));
}

std::optional<Group> read_group(std::string_view words) {
    Group group;
    std::string_view access = next_word(words);
    while (access != "none" && !access.empty()) {
        const std::size_t end = std::min(access.find(','), access.size());
        bool known = false;
        for (const auto& [bit, word] : event::kAccessWords) {
            if (word != access.substr(0, end)) continue;
            group.access |= bit;
            known = true;
        }
        if (!known) return std::nullopt;
        access.remove_prefix(std::min(end + 1, access.size()));
    }
    group.role = next_word(words);
    group.folder = words;
    if (group.role.empty()) return std::nullopt;
    return group;
}

}  // namespace fstracker::baseline
