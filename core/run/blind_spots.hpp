// SPDX-License-Identifier: Apache-2.0
// The sentences for what a run did where it could not be seen. Each uses the mechanism's usual word (evidence.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/event/event.hpp"

namespace fstracker::run {

namespace blind_spot {

std::string entered(std::uint32_t what);  // enum fst_blind
std::string script_object_unknown();
std::string unwatched();
std::string handed_over(std::string_view server);  // over its socket
std::string left_orders(std::string_view server);  // in its files
std::string outlives(event::ProcessId process, std::uint32_t pid);
std::string more_outlive(std::size_t count);

}  // namespace blind_spot

}  // namespace fstracker::run
