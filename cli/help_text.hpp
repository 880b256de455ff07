// SPDX-License-Identifier: Apache-2.0
// What the man page says beyond the verbs.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace fstracker::cli {

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

extern const char* const kDescription;
const NamedTexts& environment_texts();
const NamedTexts& file_texts();
const std::vector<const char*>& example_texts();

}  // namespace fstracker::cli
