// SPDX-License-Identifier: Apache-2.0
// The person's side: what standard output and standard error are, and how errors are told.
#pragma once

#include <string>

#include "core/base/result.hpp"

namespace fstracker::cli {

// A terminal that shows colours: NO_COLOR is not set and TERM is not "dumb".
bool has_colours(int fd);

// Columns of the terminal on this descriptor; $COLUMNS, else 80, where it is none.
unsigned width_of(int fd);

// "track: MESSAGE" and "hint: HINT" on standard error, made printable.
void tell_error(const Error& error);
// "track: MESSAGE" alone.
void tell_note(const std::string& message);

// To standard error, as it is. Where nobody takes it, it is lost and no more.
void tell(const std::string& text);

// To standard output, all of it. An error when it could not be written; a reader that went away is none.
Status print(const std::string& text);

}  // namespace fstracker::cli
