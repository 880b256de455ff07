// SPDX-License-Identifier: Apache-2.0
// The one-line values of a baseline's file, and back: "5 2..6 pkg:pypi/torch@2.4.1 47DEQpj8…".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/baseline/baseline.hpp"

namespace fstracker::baseline {

inline constexpr std::string_view kBaselineVersion = "1";
inline constexpr std::string_view kTheCommand = "the command";  // who starts the step's own program: nobody in the run

// "5", or "3 2..6" where it was not in all of the runs from the first to the last.
std::string sightings_words(const Sightings& seen, std::uint32_t runs);
std::optional<Sightings> read_sightings(std::string_view words, std::uint32_t runs);

// Sightings, then what else is to be said: varies, members=100, n=0..99, the owner, contents as in pip's RECORD
// (SHA-256 in base64url without padding).
std::string entry_words(const PathEntry& entry, std::uint32_t runs);
// Role and access are the group's.
std::optional<PathEntry> read_entry(std::string_view words, std::uint32_t runs);

// "read,load library /usr/lib/": what the files of one group have in common, their folder at the end.
std::string group_words(std::string_view path, const PathEntry& entry);
struct Group {
    std::uint32_t access = 0;
    std::string role;
    std::string folder;
};
std::optional<Group> read_group(std::string_view words);

}  // namespace fstracker::baseline
