// SPDX-License-Identifier: Apache-2.0
// The checks of a run directory that need more than one of its files.
#pragma once

#include <string>

#include "core/verify/fault_list.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::verify {

// What lies in the directory and does not belong there, symbolic links among it. Reports and summary.json may.
Status check_listing(const std::string& directory, bool folded, FaultList& faults);

// The digest of a log must be that of the subject named after it. True when it is.
bool check_log_digest(const std::string& directory, const std::string& name, const evidence::TraceStatement& trace,
                      FaultList& faults);

// Subjects and outputs of the access table, one against the other; each subject once.
void check_subjects(const evidence::TraceStatement& trace, FaultList& faults);

// The verdict is about this trace and these outputs, and does not claim more than the trace.
void check_verdict(const evidence::VerdictStatement& verdict, const event::Sha256& trace_digest,
                   const evidence::TraceStatement& trace, FaultList& faults);

}  // namespace fstracker::verify
