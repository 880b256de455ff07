// SPDX-License-Identifier: Apache-2.0
// From the words of the command line to a verb and its status. Everything after the first "--" is the command's.
#pragma once

#include <string>
#include <vector>

namespace fstracker::cli {

// `arguments`: without the program's name.
int dispatch(const std::vector<std::string>& arguments);

}  // namespace fstracker::cli
