// SPDX-License-Identifier: Apache-2.0
// A room whose tests execute their own program as something else defines this function.
#pragma once

#include <optional>

namespace fstracker::testing {

// The exit status of what this execution is, if it is no run of tests.
std::optional<int> executed_again(int argc, char** argv);

}  // namespace fstracker::testing
