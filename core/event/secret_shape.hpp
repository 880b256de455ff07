// SPDX-License-Identifier: Apache-2.0
// Secrets that are known by their looks. Internal to core/event.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/event/redact.hpp"

namespace fstracker::event {

// Bytes of the key of well-known shape (AKIA…, ghp_…, sk-…, a JWT, …) that `text` begins with; 0: none.
std::size_t key_length(std::string_view text, Ending ending);

// Bytes of the PEM block of a private key that `text` begins with, to its end marker or the end of the text; 0: none.
std::size_t private_key_length(std::string_view text);

// Of a text that follows "://": the bytes of "user:password" before the '@'; 0: none.
std::size_t user_info_length(std::string_view text, Ending ending);

}  // namespace fstracker::event
