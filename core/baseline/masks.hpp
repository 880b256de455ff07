// SPDX-License-Identifier: Apache-2.0
// Typed masks within a path's segments.
#pragma once

#include <string>
#include <string_view>

namespace fstracker::baseline {

// Of a path in a temporary folder: what mkstemp(3), Python's tempfile, mktemp(1) and compilers make up becomes {tmp},
// uuids and hashes {uuid} and {hex}. Plain numbers stay: they may count something.
std::string without_made_up_names(std::string_view named);

}  // namespace fstracker::baseline
