// SPDX-License-Identifier: Apache-2.0
// Which bytes are text.
#pragma once

#include <cstddef>
#include <string_view>

namespace fstracker::base {

// Length in bytes of the well-formed UTF-8 sequence that begins at `at` (Unicode, table 3-7), or 0 where none does.
std::size_t utf8_length(std::string_view bytes, std::size_t at);

bool is_utf8(std::string_view bytes);

}  // namespace fstracker::base
