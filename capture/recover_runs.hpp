// SPDX-License-Identifier: Apache-2.0
// Runs whose recorder died: what it had written is made a run directory that says so. Such a run is not complete and
// has no verdict. docs/run-directory.md.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/run/record.hpp"
#include "core/store/run_directory.hpp"

namespace fstracker::capture {

// Leaves in the directory, before the command starts, what recovery needs to know and the event log does not say.
Status write_note(store::RunDirectoryWriter& directory, const run::RunInfo& info, const std::string& key_path,
                  unsigned mode);

struct RecoveredRun {
    std::string id;
    std::string directory;
};

struct Recovery {
    std::vector<RecoveredRun> recovered;
    std::vector<Error> problems;  // of runs that stay as they are
};

// Of all directories in the making that the store knows: those of this user that nobody writes any more. One whose
// command was never started is removed.
Recovery recover_runs(const std::string& store_root, const std::string& key_passphrase);

}  // namespace fstracker::capture
