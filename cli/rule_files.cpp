// SPDX-License-Identifier: Apache-2.0
#include "cli/rule_files.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/places.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"

namespace fstracker::cli {

namespace {

bool is_folder(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_directory(path, ignored);
}

std::string digest_of(const std::string& path, const sigma::RuleSet& rules) {
    std::string list;
    for (const sigma::RuleFile& file : rules.files()) {
        if (file.path == path) return file.sha256;
        if (file.path.starts_with(path + '/'))
            list += fmt::format("{}  {}\n", file.sha256, file.path.substr(path.size() + 1));
    }
    return base::to_hex(digest::sha256(list));
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
    if (const std::string own = root + "/.fstracker/rules"; is_folder(own)) paths.push_back(own);
    return paths;
}

Result<LoadedRules> load_rules(const std::string& root, const std::vector<std::string>& more) {
    std::vector<std::string> paths = standard_rules(root);
    paths.insert(paths.end(), more.begin(), more.end());
    sigma::RuleSet rules = sigma::load(paths);
    if (!rules.has_errors()) {
        LoadedRules loaded;
        for (const std::string& path : paths) loaded.digests[path] = digest_of(path, rules);
        loaded.rules = std::move(rules);
        return loaded;
    }
    const auto is_error = [](const sigma::Fault& fault) { return fault.severity == sigma::Fault::Severity::kError; };
    const auto& faults = rules.faults();
    const auto first = std::find_if(faults.begin(), faults.end(), is_error);
    const auto others = std::count_if(first + 1, faults.end(), is_error);
    return fail(ErrorKind::kInvalid, sigma::to_text(*first) + (others > 0 ? fmt::format(" (and {} more)", others) : ""),
                "mend or remove it; track rules check PATH lists all that is wrong");
}

}  // namespace fstracker::cli
