// SPDX-License-Identifier: Apache-2.0
// Where the rules lie that a run is judged by.
#pragma once

#include <string>
#include <vector>

namespace fstracker::cli {

// The rules that came with this program: $FSTRACKER_RULES, else share/fstracker/rules beside the folder it lies in.
// Empty where there is no such folder.
std::string shipped_rules();

// Shipped rules and those of the project at `root` (.fstracker/rules), as far as they are there.
std::vector<std::string> standard_rules(const std::string& root);

}  // namespace fstracker::cli
