// SPDX-License-Identifier: Apache-2.0
// The condition's language: names, not, and, or, parentheses, `1 of`, `any of` and `all of` over names with * or
// `them`.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/sigma/expression.hpp"

namespace fstracker::sigma {

using Selections = std::map<std::string, Expression, std::less<>>;

// The names that the condition uses are added to `used`.
Result<Expression> read_condition(std::string_view condition, const Selections& selections,
                                  std::set<std::string>& used);

}  // namespace fstracker::sigma
