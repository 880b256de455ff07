// SPDX-License-Identifier: Apache-2.0
// Bytes that a step chose, for a place where they could do harm: a terminal obeys control characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fstracker::report {

// For a terminal, on one line: control characters, bytes that are not UTF-8 and characters that change the direction or
// hide (bidirectional controls, zero-width, line separators) become \n, \x1b, \u{202e}. A backslash stays one.
std::string printable(std::string_view bytes);

// Columns that printable text takes. Wide characters (East Asian, emoji) count two, combining ones none.
std::size_t columns(std::string_view text);

// Printable text in at most `most` columns; what is cut is in the middle, and an ellipsis stands there.
std::string shortened(std::string_view text, std::size_t most);

// "1.5 MiB", "12 B".
std::string size_text(std::uint64_t bytes);

// "1,234,567".
std::string count_text(std::uint64_t count);

}  // namespace fstracker::report
