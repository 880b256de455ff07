// SPDX-License-Identifier: Apache-2.0
// The modifiers that make other texts of a text: `windash`, `base64`, `base64offset`, `utf16le` (`wide`), `utf16be`,
// `utf16`.
#pragma once

#include <optional>
#include <vector>

#include "core/sigma/pattern.hpp"

namespace fstracker::sigma {

// More forms of one text than this are refused.
constexpr std::size_t kMostVariants = 1000;

// Each dash that begins a word becomes any of the five.
Pieces with_any_dash(const Pieces& pieces);

enum class Encoding : std::uint8_t { kBase64, kBase64Offset, kUtf16Le, kUtf16Be, kUtf16 };

// All forms; an earlier `windash` is multiplied out. Nothing where it cannot be: wildcards in what is to be base64,
// text that is not UTF-8 in what is to be UTF-16, too many forms.
std::optional<std::vector<Pieces>> encoded(const Pieces& pieces, Encoding encoding);

}  // namespace fstracker::sigma
