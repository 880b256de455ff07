// SPDX-License-Identifier: Apache-2.0
// What was done to a file, as rules name it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/event/event.hpp"

namespace fstracker::judge {

inline constexpr std::array<std::pair<std::uint32_t, std::string_view>, 11> kAccessWords = {
    {{event::kRead, "read"},
     {event::kWrite, "write"},
     {event::kCreate, "create"},
     {event::kTruncate, "truncate"},
     {event::kExecute, "execute"},
     {event::kLoad, "load"},
     {event::kInherit, "inherit"},
     {event::kReceive, "receive"},
     {event::kRename, "rename"},
     {event::kLink, "link"},
     {event::kUnlink, "unlink"}}};

}  // namespace fstracker::judge
