// SPDX-License-Identifier: Apache-2.0
// The event log once more through core/run: what the signed statement says must be what the events come to.
#pragma once

#include <optional>
#include <string>

#include "core/evidence/trace.hpp"
#include "core/run/record.hpp"
#include "core/verify/fault_list.hpp"

namespace fstracker::verify {

// Applies every line; a line that is none is a fault with its number. Also looks for gaps in the kernel's numbering and
// for records that the ledger counts as delivered and the log has not. Nothing when the log could not be read to its
// end.
std::optional<run::Record> replay_log(const std::string& path, const run::RunInfo& info, FaultList& faults);

// Both as a statement would have them: role, owner and format are the classifier's and not compared.
void compare_records(const run::Record& stated, const run::Record& replayed, FaultList& faults);

}  // namespace fstracker::verify
