// SPDX-License-Identifier: Apache-2.0
// A Content as another process answers it: the number of the format in one byte, then details_text(). That process has
// read what a step chose, so its answer is as hostile as that.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/artifact/content.hpp"

namespace fstracker::artifact {

inline constexpr std::size_t kLongestProblem = 200;
inline constexpr std::size_t kLongestAnswer = 1 + kLongestProblem + kMostImports * (1 + kLongestImport);

std::string write_answer(const Content& content);

// Nothing where no Content gives these very bytes, or where inspect() gives no such Content.
std::optional<Content> read_answer(std::string_view answer);

}  // namespace fstracker::artifact
