// SPDX-License-Identifier: Apache-2.0
// A run that the service records: this process starts the command and waits for it.
#pragma once

#include <string>
#include <vector>

#include "capture/record_run.hpp"
#include "core/base/result.hpp"
#include "daemon/control/messages.hpp"

namespace fstracker::cli {

// Files that the run is judged by, packed; and their memory.
struct HandedOver {
    std::vector<control::GivenFile> files;
    control::Descriptors memory;  // their descriptors, from index 1 of the message on: 0 is the process
};

// As record_run() (capture/record_run.hpp), of whose request key, cache and store do not count. An error: nothing of
// the command was started.
Result<capture::RunOutcome> record_run_by_service(const capture::RunRequest& request, const std::string& project,
                                                  const std::vector<std::string>& after, HandedOver handed_over);

}  // namespace fstracker::cli
