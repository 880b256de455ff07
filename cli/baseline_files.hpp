// SPDX-License-Identifier: Apache-2.0
// Baselines on the disk.
#pragma once

#include <string>

#include "core/base/result.hpp"
#include "core/baseline/baseline.hpp"

namespace fstracker::cli {

// Makes the folders that are missing. Says so on standard error where a signature does not hold any more.
Status write_baseline_file(const std::string& path, const baseline::Baseline& baseline);

}  // namespace fstracker::cli
