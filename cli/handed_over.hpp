// SPDX-License-Identifier: Apache-2.0
// What the service gets to judge a run by: exactly the bytes that were found good here.
#pragma once

#include <string>
#include <vector>

#include "cli/criteria.hpp"
#include "cli/service_run.hpp"
#include "core/base/result.hpp"
#include "core/project/files.hpp"
#include "daemon/control/messages.hpp"

namespace fstracker::cli {

// Which purpose each of the files has that this run's judgement was loaded from; in the order of reading.
std::vector<control::Purpose> purposes_of(const std::vector<project::DiskFiles::Remembered>& files,
                                          const JudgedRun& run);

// The files from which the run's judgement was loaded, packed.
Result<HandedOver> handed_over(const project::DiskFiles& files, const JudgedRun& run);

}  // namespace fstracker::cli
