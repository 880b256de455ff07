// SPDX-License-Identifier: Apache-2.0
// What was done to a file, as rules and baselines name it, in the order of the bits.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/event/event.hpp"

namespace fstracker::event {

inline constexpr std::array<std::pair<std::uint32_t, std::string_view>, 11> kAccessWords = {{{kRead, "read"},
                                                                                             {kWrite, "write"},
                                                                                             {kCreate, "create"},
                                                                                             {kTruncate, "truncate"},
                                                                                             {kExecute, "execute"},
                                                                                             {kLoad, "load"},
                                                                                             {kInherit, "inherit"},
                                                                                             {kReceive, "receive"},
                                                                                             {kRename, "rename"},
                                                                                             {kLink, "link"},
                                                                                             {kUnlink, "unlink"}}};

}  // namespace fstracker::event
