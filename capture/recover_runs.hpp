// SPDX-License-Identifier: Apache-2.0
// Runs whose recorder died: what it had written is made a run directory that says so. Such a run is not complete and
// has no verdict. docs/run-directory.md.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/run/record.hpp"
#include "core/store/run_directory.hpp"

namespace fstracker::capture {

// Leaves in the directory, before the command starts, what recovery needs to know and the event log does not say.
// `service`: a JSON object that whoever records the run wants to find again (read_service_note()), or empty.
Status write_note(store::RunDirectoryWriter& directory, const run::RunInfo& info, const std::string& key_path,
                  unsigned mode, const std::string& service = {});

// Of a directory in the making. kNotFound when there is none.
Result<std::string> read_service_note(const std::string& working_path);

struct RecoveredRun {
    std::string id;
    std::string directory;
};

struct Recovery {
    std::vector<RecoveredRun> recovered;
    std::vector<Error> problems;  // of runs that stay as they are
};

// Of all directories in the making that the store knows: those of this user that nobody writes any more. One whose
// command was never started is removed, one that was whole but for its name gets it. `keep`: leaves those alone for
// whose working path it is true; none: every one is dealt with.
Recovery recover_runs(const std::string& store_root, const std::string& key_passphrase,
                      const std::function<bool(const std::string&)>& keep = {});

}  // namespace fstracker::capture
