// SPDX-License-Identifier: Apache-2.0
#include "core/project/project.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/base/hex.hpp"
#include "core/baseline/baseline_text.hpp"
#include "core/digest/digest.hpp"
#include "core/report/printable.hpp"

namespace fstracker::project {

std::string project_file_path(const std::string& root) { return root + '/' + kProjectFile; }

Result<Project> load_project(Files& files, const std::string& root) {
    Project project;
    project.root = root;
    const auto path = project_file_path(root);
    if (!files.exists(path)) return project;
    constexpr std::size_t kMostBytes = 1U << 20;
    auto text = files.read(path, kMostBytes);
    if (!text) return fail(text.error().within(path));
    auto parsed = parse_project_file(*text, path);
    if (!parsed) return fail(parsed.error());
    project.file = std::move(*parsed);
    project.digests[path] = base::to_hex(digest::sha256(*text));
    return project;
}

std::map<std::string, std::string> roots_of(const Project& project) {
    auto roots = project.file.roots;
    for (auto& [name, path] : roots)
        if (!path.starts_with('/')) path = project.root + '/' + path;
    return roots;
}

std::string as_name(const std::string& text) {
    auto name = report::printable(text);
    std::replace(name.begin(), name.end(), '\\', '_');
    while (!name.empty() && name.front() == '.') name.erase(0, 1);
    std::replace(name.begin(), name.end(), '/', '_');
    return name.empty() ? "step" : name;
}

std::string baseline_path(const std::string& root, const std::string& pipeline, const std::string& step) {
    return fmt::format("{}/.fstracker/baseline/{}/{}.yaml", root, as_name(pipeline), as_name(step));
}

std::string signature_path(const std::string& path) { return path + ".sigstore.json"; }

std::string rules_folder(const std::string& root) { return root + "/.fstracker/rules"; }

Result<ReadBaseline> read_baseline_file(Files& files, const std::string& path) {
    constexpr std::size_t kMostBytes = std::size_t{256} << 20;
    auto text = files.read(path, kMostBytes);
    if (!text) return fail(text.error().within(path));
    auto parsed = baseline::read_baseline(*text, report::printable(path));
    if (!parsed) return fail(parsed.error());
    ReadBaseline read;
    read.baseline = std::make_unique<baseline::Baseline>(std::move(*parsed));
    read.sha256 = digest::sha256(*text);
    read.digest = base::to_hex(read.sha256);
    return read;
}

}  // namespace fstracker::project
