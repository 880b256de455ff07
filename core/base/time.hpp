// SPDX-License-Identifier: Apache-2.0
// Points in time are nanoseconds since the epoch (UTC) wherever they leave the machine; the kernel's records carry
// nanoseconds of CLOCK_BOOTTIME, and `Clock` in the run's first event says how to turn one into the other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace fstracker::base {

// RFC 3339 in UTC with nanoseconds, as 2026-01-02T03:04:05.000000006Z.
std::string format_time(std::int64_t unix_nanoseconds);

// The reverse; accepts 0 to 9 fractional digits and only 'Z'.
Result<std::int64_t> parse_time(std::string_view text);

}  // namespace fstracker::base
