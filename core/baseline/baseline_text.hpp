// SPDX-License-Identifier: Apache-2.0
// A baseline as a sorted YAML file that lives beside the code and is reviewed like it, and back. docs/baselines.md.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/baseline/baseline.hpp"

namespace fstracker::baseline {

// The same baseline gives the same bytes.
std::string write_baseline(const Baseline& baseline);

// Reading what was written gives the same baseline. A fault is named by "NAME:LINE".
Result<Baseline> read_baseline(std::string_view text, const std::string& name);

}  // namespace fstracker::baseline
