// SPDX-License-Identifier: Apache-2.0
// .fstracker.yaml at the root of a project: docs of its keys are in docs/cli.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace fstracker::project {

inline constexpr const char* kProjectFile = ".fstracker.yaml";

struct ProjectStep {
    std::string match;  // glob over the command line, arguments joined by one space; empty: named by --step alone
    std::vector<std::string> inputs_from;
    std::vector<std::string> outputs;
};

struct ProjectSuppression {
    std::string finding;
    std::string reason;
    std::string until;  // YYYY-MM-DD, the last day
    int line = 0;       // in the project file, from 1
};

struct ProjectFile {
    std::string pipeline;
    std::map<std::string, std::string> roots;
    std::map<std::string, std::vector<std::string>> roles;
    std::vector<std::pair<std::string, ProjectStep>> steps;  // in the file's order: the first that matches counts
    std::vector<ProjectSuppression> suppress;
};

// `name` is for errors: "NAME:LINE: …". An unknown key, a repeated one and a value of another shape are errors.
Result<ProjectFile> parse_project_file(std::string_view text, const std::string& name);

// The step whose `match` fits the command, or empty. A pattern is tried against the whole command line and against it
// with the program's folder left out, so that "python* train.py*" fits "/usr/bin/python3 train.py --fast".
std::string matching_step(const ProjectFile& project, const std::vector<std::string>& command);

}  // namespace fstracker::project
