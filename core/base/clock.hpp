// SPDX-License-Identifier: Apache-2.0
// The host's clocks, for those at the edge who hand the time in. Nanoseconds.
#pragma once

#include <cstdint>

namespace fstracker::base {

std::int64_t unix_time();       // since the epoch, UTC
std::int64_t time_since_boot(); // suspended time included: what the kernel's records carry

}  // namespace fstracker::base
