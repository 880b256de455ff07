// SPDX-License-Identifier: Apache-2.0
#include "cli/rule_files.hpp"

#include <filesystem>
#include <system_error>

#include "cli/places.hpp"
#include "core/project/project.hpp"

namespace fstracker::cli {

namespace {

bool is_folder(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored);
}

}  // namespace

std::string shipped_rules() {
    if (const auto given = environment("FSTRACKER_RULES")) return *given;
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error) return {};
    const std::string folder = (program.parent_path().parent_path() / "share/fstracker/rules").string();
    return is_folder(folder) ? folder : std::string();
}

std::vector<std::string> standard_rules(const std::string& root) {
    std::vector<std::string> paths;
    if (const std::string shipped = shipped_rules(); !shipped.empty()) paths.push_back(shipped);
    if (const std::string own = project::rules_folder(root); is_folder(own)) paths.push_back(own);
    return paths;
}

}  // namespace fstracker::cli
