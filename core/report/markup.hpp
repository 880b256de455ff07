// SPDX-License-Identifier: Apache-2.0
// Text that a step chose, for places where it could be taken for markup. All of these make it printable first, so none
// has a control character, a byte that is not UTF-8, or a character that hides or turns round what is beside it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace fstracker::report {

// For XML and HTML, between tags and within quoted attributes.
std::string markup_text(std::string_view text);

// For Markdown: a code span of at most `most` columns. It can stand in a table; what could end it, end a cell or begin
// a tag is written as \x60, \x7c, \x3c.
std::string markdown_code(std::string_view text, std::size_t most = 300);

// For Markdown: a sentence. Words of letters stay as they are, every other one becomes a code span, so that no path and
// no address is a link, a mention or markup.
std::string markdown_sentence(std::string_view text, std::size_t most = 1'000);

}  // namespace fstracker::report
