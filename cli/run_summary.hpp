// SPDX-License-Identifier: Apache-2.0
// What `track run` says about a run, on standard error: the command's standard output is its own.
#pragma once

#include "capture/record_run.hpp"

namespace fstracker::cli {

// How the run will be recorded, for --verbose.
void write_request(const capture::RunRequest& request);

// The block at the end. The outcome must have a record and a judgement.
void write_run_summary(const capture::RunOutcome& outcome, bool verbose);

// The summary JSON on one line.
void write_run_json(const capture::RunOutcome& outcome);

}  // namespace fstracker::cli
