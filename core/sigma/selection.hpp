// SPDX-License-Identifier: Apache-2.0
// A search identifier to an expression: maps are and, lists are or, texts alone are keywords.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/sigma/document.hpp"
#include "core/sigma/expression.hpp"

namespace fstracker::sigma {

// Where faults go: the node that is wrong, what is, and whether it is only a warning.
using Complaint = std::function<void(const Node& where, std::string message, bool warning)>;

// Nothing, after a complaint, when it cannot be understood; every fault of it is told.
std::optional<Expression> read_selection(const std::string& name, const Node& node, const Complaint& complain);

}  // namespace fstracker::sigma
