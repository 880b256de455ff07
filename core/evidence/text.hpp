// SPDX-License-Identifier: Apache-2.0
// Bytes that a step chose, as text that JSON can hold.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/base/utf8.hpp"
#include "core/event/event.hpp"

namespace fstracker::evidence {

using base::is_utf8;

// For people: bytes that are not UTF-8 become %XX, all else stays, '%' too. Not reversible.
std::string display(std::string_view bytes);

// Reversible: bytes that are not UTF-8 become %XX, '%' becomes %25. decode refuses what encode would not have written.
std::string percent_encode(std::string_view bytes);
std::optional<std::string> percent_decode(std::string_view text);

// A path's two forms. `name`: as display(), the tail of a truncated path after "…/". `uri`: file URI, lossless together
// with the path's annotations: `truncated`, and `relative` for a path that is neither that nor absolute.
std::string path_name(const event::Path& path);
std::string path_uri(const event::Path& path);
bool is_relative(const event::Path& path);
// The path's bytes; `path` has its flags set already.
Status read_path_uri(std::string_view uri, bool relative, event::Path& path);

// With quotes; bytes that are not UTF-8 as display() has them.
void append_json_string(std::string& out, std::string_view text);

}  // namespace fstracker::evidence
