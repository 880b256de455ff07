// SPDX-License-Identifier: Apache-2.0
// A project: the folder that .fstracker.yaml lies in, what that says, and where the rest of what is said of its steps
// lies.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/base/result.hpp"
#include "core/baseline/baseline.hpp"
#include "core/event/event.hpp"
#include "core/project/files.hpp"
#include "core/project/project_file.hpp"

namespace fstracker::project {

struct Project {
    std::string root;  // folder
    ProjectFile file;
    std::map<std::string, std::string> digests;  // path of the project file -> sha256 hex; empty where there is none
};
std::string project_file_path(const std::string& root);
Result<Project> load_project(Files& files, const std::string& root);

// A project's roots with absolute paths.
std::map<std::string, std::string> roots_of(const Project& project);

// One line of printable text without '/': a name that is also a folder's. Never empty.
std::string as_name(const std::string& text);

// .fstracker/baseline/PIPELINE/STEP.yaml of the project.
std::string baseline_path(const std::string& root, const std::string& pipeline, const std::string& step);
// Beside the baseline's file: who vouches for it.
std::string signature_path(const std::string& path);
// .fstracker/rules of the project.
std::string rules_folder(const std::string& root);

struct ReadBaseline {
    std::unique_ptr<baseline::Baseline> baseline;
    std::string digest;  // sha256 of the file, hex
    event::Sha256 sha256{};
};
// kNotFound where there is no such file.
Result<ReadBaseline> read_baseline_file(Files& files, const std::string& path);

}  // namespace fstracker::project
