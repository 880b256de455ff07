// SPDX-License-Identifier: Apache-2.0
// What a run is called when nobody says: the baseline is keyed on these names, so they must be the same tomorrow.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/project/project.hpp"

namespace fstracker::cli {

using project::as_name;

using Environment = std::function<std::optional<std::string>(const char*)>;

// From the variables of the CI system that runs us: "GITHUB_REPOSITORY/GITHUB_JOB" and the like. Empty outside of any.
std::string ci_pipeline(const Environment& environment);

// Of the command that env, nice, sudo, timeout and the like are to run: the script's name for an interpreter that is
// given one ("python3 -u train.py" is train.py), the module's for -m, else the command's base name.
std::string step_name(const std::vector<std::string>& given);

}  // namespace fstracker::cli
