// SPDX-License-Identifier: Apache-2.0
// How values and members of the event log's lines look, in both directions (log_archive.hpp). Internal to core/event.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include <fmt/format.h>

#include "core/base/hex.hpp"
#include "core/event/event.hpp"
#include "core/event/log_archive.hpp"
#include "fstracker/abi/event.h"

namespace fstracker::event::log_form {

inline constexpr std::array<std::string_view, 11> kAccessWords = {
    "read", "write", "create", "truncate", "execute", "load", "inherit", "receive", "rename", "link", "unlink"};
static_assert((1U << kAccessWords.size()) - 1 == kAccessMask);

inline constexpr std::array<std::string_view, 10> kOperationWords = {
    "", "rename", "link", "symlink", "unlink", "rmdir", "mkdir", "mknod", "truncate", "exchange"};
inline constexpr std::array<std::string_view, 6> kRefusalWords = {"gone",       "too-large", "not-regular",
                                                                  "permission", "lost",      "error"};
static_assert(kBlindNames.size() == FST_BLINDS);

// Values ------------------------------------------------------------------------------------------------------------

// A value that is one of the words by its number; words that are empty stand for none.
template <typename Archive, typename Value, std::size_t Size, typename Word>
void word_value(Archive& archive, Value& value, const std::array<Word, Size>& words) {
    if constexpr (Archive::kReads) {
        const std::string_view plain = archive.word();
        const auto found = std::find(words.begin(), words.end(), plain);
        if (plain.empty() || found == words.end())
            archive.fail("an unknown word");
        else
            value = static_cast<Value>(found - words.begin());
    } else {
        const auto index = static_cast<std::size_t>(value);
        archive.word(index < Size ? std::string_view(words[index]) : std::string_view());
    }
}

template <typename Archive, std::size_t Size>
void bits_value(Archive& archive, typename Archive::template As<std::uint32_t>& bits,
                const std::array<std::string_view, Size>& words) {
    archive.open('[');
    if constexpr (Archive::kReads) {
        bits = 0;
        while (archive.more(']')) {
            std::uint32_t bit = 0;
            word_value(archive, bit, words);
            bits |= 1U << bit;
        }
    } else {
        for (std::uint32_t bit = 0; bit < Size; ++bit) {
            if ((bits >> bit & 1U) == 0) continue;
            archive.item();
            archive.word(words[bit]);
        }
    }
    archive.close(']');
}

template <typename Archive>
void id_value(Archive& archive, typename Archive::template As<ObjectId>& id) {
    if constexpr (Archive::kReads) {
        const Result<ObjectId> parsed = parse_object_id(archive.word());
        if (parsed)
            id = *parsed;
        else
            archive.fail("an object as in MAJOR:MINOR/INODE/GENERATION is expected");
    } else {
        archive.id(id);
    }
}

// Members -----------------------------------------------------------------------------------------------------------

template <typename Archive, typename Number>
void number(Archive& archive, std::string_view key, Number& value) {
    if (archive.require(key)) archive.number(value);
}

// Left out where it has the value that a new event has.
template <typename Archive, typename Number>
void number_unless(Archive& archive, std::string_view key, Number& value, std::remove_const_t<Number> usual) {
    if (archive.next(key, value != usual)) archive.number(value);
}

template <typename Archive>
void flag(Archive& archive, std::string_view key, typename Archive::template As<bool>& value) {
    if (!archive.next(key, value)) return;
    archive.truth();
    if constexpr (Archive::kReads) value = true;
}

template <typename Archive>
void text(Archive& archive, std::string_view key, typename Archive::template As<std::string>& value) {
    if (archive.require(key)) archive.text(value);
}

template <typename Archive>
void text_if_any(Archive& archive, std::string_view key, typename Archive::template As<std::string>& value) {
    if (archive.next(key, !value.empty())) archive.text(value);
}

template <typename Archive>
void id(Archive& archive, std::string_view key, typename Archive::template As<ObjectId>& value) {
    if (archive.require(key)) id_value(archive, value);
}

template <typename Archive>
void access(Archive& archive, typename Archive::template As<std::uint32_t>& bits) {
    if (archive.require("access")) bits_value(archive, bits, kAccessWords);
}

template <typename Archive>
void path(Archive& archive, std::string_view key, std::string_view flags_key,
          typename Archive::template As<Path>& value) {
    static constexpr std::array<std::string_view, 3> kWords = {"truncated", "detached", "deleted"};
    std::uint32_t flags = (value.truncated ? 1U : 0U) | (value.detached ? 2U : 0U) | (value.deleted ? 4U : 0U);
    if (archive.next(key, !value.bytes.empty() || flags != 0)) archive.text(value.bytes);
    if (!archive.next(flags_key, flags != 0)) return;
    bits_value(archive, flags, kWords);
    if constexpr (Archive::kReads) {
        value.truncated = (flags & 1U) != 0;
        value.detached = (flags & 2U) != 0;
        value.deleted = (flags & 4U) != 0;
    }
}

template <typename Archive>
void stamp_members(Archive& archive, typename Archive::template As<Stamp>& stamp) {
    number(archive, "size", stamp.size);
    number(archive, "mtime", stamp.mtime);
    number(archive, "ctime", stamp.ctime);
}

template <typename Archive>
void value_of(Archive& archive, typename Archive::template As<Stamp>& stamp) {
    archive.open('{');
    stamp_members(archive, stamp);
    archive.close('}');
}

template <typename Archive>
void value_of(Archive& archive, typename Archive::template As<Object>& object) {
    archive.open('{');
    id(archive, "id", object.id);
    stamp_members(archive, object.stamp);
    number(archive, "mode", object.mode);
    number(archive, "writers", object.writers);
    number_unless(archive, "rdev", object.rdev, 0U);
    number(archive, "links", object.links);
    number(archive, "magic", object.magic);
    archive.close('}');
}

template <typename Archive, typename Structure>
void structure(Archive& archive, std::string_view key, Structure& value) {
    if (archive.require(key)) value_of(archive, value);
}

template <typename Archive, typename Optional>
void structure_if_any(Archive& archive, std::string_view key, Optional& value) {
    if (!archive.next(key, value.has_value())) return;
    if constexpr (Archive::kReads) value.emplace();
    value_of(archive, *value);
}

template <typename Archive, typename List, typename OneItem>
void list(Archive& archive, std::string_view key, List& values, OneItem one_item) {
    if (!archive.require(key)) return;
    archive.open('[');
    if constexpr (Archive::kReads) {
        while (archive.more(']')) one_item(values.emplace_back());
    } else {
        for (const auto& value : values) {
            archive.item();
            one_item(value);
        }
    }
    archive.close(']');
}

template <typename Archive>
void counts(Archive& archive, std::string_view key,
            typename Archive::template As<std::map<std::string, std::uint64_t>>& values) {
    if (!archive.next(key, !values.empty())) return;
    archive.open('{');
    if constexpr (Archive::kReads) {
        std::string name;
        while (archive.more('}')) {
            archive.text(name);
            archive.colon();
            archive.number(values[name]);
        }
    } else {
        for (const auto& [name, count] : values) {
            archive.item();
            archive.text(name);
            archive.colon();
            archive.number(count);
        }
    }
    archive.close('}');
}

template <typename Archive>
void common(Archive& archive, typename Archive::template As<Common>& value) {
    number(archive, "time", value.time);
    number(archive, "process", value.process);
    number(archive, "pid", value.pid);
    number(archive, "cpu", value.cpu);
    number(archive, "sequence", value.sequence);
    number_unless(archive, "flags", value.flags, std::uint16_t{0});
}

// "10.0.0.1", or eight groups of four hexadecimal digits.
inline bool read_address(std::string_view text, std::array<std::uint8_t, 16>& bytes) {
    const bool dotted = text.find(':') == std::string_view::npos;
    const std::size_t parts = dotted ? 4 : 8;
    for (std::size_t part = 0; part < parts; ++part) {
        std::uint16_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, dotted ? 10 : 16);
        if (error != std::errc{} || (dotted && value > 255)) return false;
        text.remove_prefix(static_cast<std::size_t>(end - text.data()));
        if (dotted) {
            bytes[part] = static_cast<std::uint8_t>(value);
        } else {
            bytes[part * 2] = static_cast<std::uint8_t>(value >> 8);
            bytes[part * 2 + 1] = static_cast<std::uint8_t>(value & 0xFF);
        }
        if (part + 1 == parts) break;
        if (text.empty() || text.front() != (dotted ? '.' : ':')) return false;
        text.remove_prefix(1);
    }
    return text.empty();
}

// Left out where it is all zero and the family has no addresses of this kind.
template <typename Archive>
void address(Archive& archive, std::uint16_t family,
             typename Archive::template As<std::array<std::uint8_t, 16>>& bytes) {
    const auto zero_from = [&bytes](std::ptrdiff_t first) {
        return std::all_of(bytes.begin() + first, bytes.end(), [](std::uint8_t byte) { return byte == 0; });
    };
    if (!archive.next("address", family == AF_INET || family == AF_INET6 || !zero_from(0))) return;
    if constexpr (Archive::kReads) {
        if (!read_address(archive.word(), bytes)) archive.fail("an address is expected");
    } else if (family == AF_INET && zero_from(4)) {
        archive.word(fmt::format("{}.{}.{}.{}", bytes[0], bytes[1], bytes[2], bytes[3]));
    } else {
        std::string groups = base::to_hex(bytes);
        for (std::size_t at = 28; at > 0; at -= 4) groups.insert(at, 1, ':');
        archive.word(groups);
    }
}

template <typename Archive>
void digest(Archive& archive, typename Archive::template As<std::optional<Sha256>>& value) {
    if (!archive.next("digest", value.has_value())) return;
    if constexpr (Archive::kReads) {
        const auto bytes = base::from_hex(archive.word());
        if (!bytes || bytes->size() != std::tuple_size_v<Sha256>) {
            archive.fail("a SHA-256 digest in hexadecimal is expected");
            return;
        }
        std::copy(bytes->begin(), bytes->end(), value.emplace().begin());
    } else {
        archive.word(base::to_hex(*value));
    }
}

}  // namespace fstracker::event::log_form
