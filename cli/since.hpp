// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/base/result.hpp"

namespace fstracker::cli {

// A point in time as a person writes it: a UTC date, a UTC time, or an age before `now` (nanoseconds since the epoch).
Result<std::int64_t> parse_since(const std::string& text, std::int64_t now);

}  // namespace fstracker::cli
