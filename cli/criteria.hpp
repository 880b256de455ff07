// SPDX-License-Identifier: Apache-2.0
// What a run is judged by, from the disk, as this caller's options and environment say.
#pragma once

#include <string>
#include <vector>

#include "cli/run_options.hpp"
#include "core/base/result.hpp"
#include "core/project/criteria.hpp"

namespace fstracker::cli {

using project::baseline_path;
using project::Project;
using project::roots_of;
using project::signature_path;

// The project that the current directory is in.
Result<Project> current_project(project::Files& files);
Result<Project> current_project();

Result<project::ReadBaseline> read_baseline_file(const std::string& path);

// A run as it is called and judged.
struct JudgedRun {
    Project project;
    project::Asked asked;
    project::Judging judging;
};
enum class Recorder { kThisProcess, kService };
// Says on standard error what does not count. Of a run that the service records, runs before it are the service's.
Result<JudgedRun> judged_run(project::Files& files, const RunOptions& options, const std::vector<std::string>& command,
                             Recorder recorder);

}  // namespace fstracker::cli
