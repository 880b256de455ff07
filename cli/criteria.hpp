// SPDX-License-Identifier: Apache-2.0
// What a run is judged by beside rules: the project's baseline, its suppressions, what the steps before it made. All of
// it is read and digested before the command starts.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/project_file.hpp"
#include "core/base/result.hpp"
#include "core/judge/verdict.hpp"

namespace fstracker::cli {

struct Project {
    std::string root;  // folder
    ProjectFile file;
    std::map<std::string, std::string> digests;  // path of the project file -> sha256 hex; empty where there is none
};
// The project that the current directory is in.
Result<Project> current_project();

// .fstracker/baseline/PIPELINE/STEP.yaml of the project.
std::string baseline_path(const std::string& root, const std::string& pipeline, const std::string& step);

struct ReadBaseline {
    std::unique_ptr<baseline::Baseline> baseline;
    std::string digest;  // sha256 of the file, hex
    event::Sha256 sha256{};
};
// kNotFound where there is no such file.
Result<ReadBaseline> read_baseline_file(const std::string& path);

// A project's roots with absolute paths.
std::map<std::string, std::string> roots_of(const Project& project);

struct LoadedCriteria {
    judge::Criteria criteria;
    std::unique_ptr<baseline::Baseline> baseline;  // what criteria refer to
    std::map<std::string, std::string> digests;    // path -> sha256 hex of what counted
};
struct CriteriaOptions {
    std::string baseline;            // of --baseline, else empty
    std::string baseline_key;        // of --baseline-key, else empty
    std::vector<std::string> after;  // runs of --after
};
// Says on standard error what does not count: a
// suppression that has expired, a step that has no run yet.
Result<LoadedCriteria> load_criteria(const Project& project, const std::string& pipeline, const std::string& step,
                                     const CriteriaOptions& options);

}  // namespace fstracker::cli
