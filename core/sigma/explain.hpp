// SPDX-License-Identifier: Apache-2.0
// A rule in words, made of what was compiled: what is said is what is looked for.
#pragma once

#include <string>
#include <vector>

#include "core/sigma/rule.hpp"

namespace fstracker::sigma {

// Lines, indented by two spaces for each level. Texts of the rule are in them as they are: not made printable.
std::vector<std::string> explain(const Rule& rule);

}  // namespace fstracker::sigma
