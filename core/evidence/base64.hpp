// SPDX-License-Identifier: Apache-2.0
// Base64 with padding (RFC 4648). Written with the standard alphabet; read with that or the URL-safe one, not both
// mixed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fstracker::evidence {

std::string to_base64(std::string_view bytes);
void append_base64(std::string& out, std::string_view bytes);

// Nothing for anything but the one encoding of some bytes: missing padding, white space, and bits that are left over at
// the end are refused, so no two texts of one alphabet mean the same.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace fstracker::evidence
