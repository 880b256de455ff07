// SPDX-License-Identifier: Apache-2.0
// Any bytes inside a JSON string, and back. Bytes that are not part of well-formed UTF-8 are written as %XX, '%' as
// %25; quote, backslash and control characters (C0, DEL, C1) as JSON escapes. Each byte string has exactly one such
// form.
#pragma once

#include <string>
#include <string_view>

namespace fstracker::event {

// Without the quotes around it.
void append_escaped(std::string& out, std::string_view bytes);

// Takes what stands up to the closing quote off the front of `text`, the quote included, and appends the bytes it
// means. False where there is no closing quote or an escape is not one that append_escaped writes; `text` is then
// anywhere.
bool take_escaped(std::string_view& text, std::string& out);

}  // namespace fstracker::event
