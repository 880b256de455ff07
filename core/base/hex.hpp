// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fstracker::base {

// Lower-case hexadecimal.
std::string to_hex(std::span<const std::uint8_t> bytes);

// Nothing when the text has an odd length or another character; upper case is refused, so that a text has one form.
std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

}  // namespace fstracker::base
