// SPDX-License-Identifier: Apache-2.0
#include "core/project/project_file.hpp"

#include <fmt/format.h>
#include <fnmatch.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <functional>
#include <set>

#include "core/report/words.hpp"

namespace fstracker::project {
namespace {

// Thrown inside this file only, caught in parse_project_file: YAML's own faults are exceptions too.
struct Fault {
    int line;
    std::string what;
    std::string hint;
};

[[noreturn]] void refuse(const YAML::Node& node, std::string what, std::string hint = {}) {
    throw Fault{node.Mark().line + 1, std::move(what), std::move(hint)};
}

std::string text(const YAML::Node& node, const std::string& what) {
    if (!node.IsScalar()) refuse(node, what + " must be text");
    return node.Scalar();
}

std::vector<std::string> texts(const YAML::Node& node, const std::string& what) {
    if (!node.IsSequence()) refuse(node, what + " must be a list", "write it as [one, two]");
    std::vector<std::string> values;
    for (const auto& value : node) values.push_back(text(value, "an entry of " + what));
    return values;
}

using Setter = std::function<void(const std::string& key, const YAML::Node& key_node, const YAML::Node& value)>;

void each(const YAML::Node& node, const std::string& what, const Setter& set) {
    if (node.IsNull()) return;
    if (!node.IsMap()) refuse(node, what + " must be a mapping");
    std::set<std::string> seen;
    for (const auto& entry : node) {
        const auto key = text(entry.first, "a key of " + what);
        if (!seen.insert(key).second) refuse(entry.first, "the key " + key + " is there twice");
        set(key, entry.first, entry.second);
    }
}

ProjectStep read_step(const YAML::Node& node, const std::string& what) {
    ProjectStep step;
    each(node, what, [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
        if (key == "match")
            step.match = text(value, "match");
        else if (key == "inputs_from")
            step.inputs_from = texts(value, "inputs_from");
        else if (key == "outputs")
            step.outputs = texts(value, "outputs");
        else
            refuse(at, "unknown key " + key + " in " + what, "a step has match, inputs_from and outputs");
    });
    return step;
}

bool is_date(const std::string& value) {
    constexpr std::string_view kShape = "dddd-dd-dd";
    return value.size() == kShape.size() &&
           std::equal(value.begin(), value.end(), kShape.begin(),
                      [](char c, char shape) { return shape == 'd' ? c >= '0' && c <= '9' : c == shape; });
}

ProjectSuppression read_suppression(const YAML::Node& node) {
    ProjectSuppression suppression;
    suppression.line = node.Mark().line + 1;
    each(node, "an entry of suppress", [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
        if (key == "finding")
            suppression.finding = text(value, key);
        else if (key == "reason")
            suppression.reason = text(value, key);
        else if (key == "until")
            suppression.until = text(value, key);
        else
            refuse(at, "unknown key " + key + " in suppress", "an entry has finding, reason and until");
    });
    if (suppression.finding.empty() || suppression.reason.empty() || suppression.until.empty())
        refuse(node, "an entry of suppress needs finding, reason and until");
    if (!is_date(suppression.until)) refuse(node, "until is no date: " + suppression.until, "write it as 2027-02-01");
    return suppression;
}

void read_roles(const YAML::Node& node, ProjectFile& project) {
    each(node, "roles", [&](const std::string& role, const YAML::Node& at, const YAML::Node& patterns) {
        const auto& known = report::roles();
        if (std::find(known.begin(), known.end(), role) == known.end())
            refuse(at, "there is no role " + role, fmt::format("roles are {}", fmt::join(known, ", ")));
        project.roles[role] = texts(patterns, "the patterns of role " + role);
    });
}

ProjectFile read(const YAML::Node& document) {
    ProjectFile project;
    each(document, "the project file", [&](const std::string& key, const YAML::Node& at, const YAML::Node& value) {
        if (key == "pipeline")
            project.pipeline = text(value, key);
        else if (key == "roots")
            each(value, key, [&](const std::string& name, const YAML::Node&, const YAML::Node& path) {
                project.roots[name] = text(path, "the path of root " + name);
            });
        else if (key == "roles")
            read_roles(value, project);
        else if (key == "steps")
            each(value, key, [&](const std::string& name, const YAML::Node&, const YAML::Node& step) {
                project.steps.emplace_back(name, read_step(step, "step " + name));
            });
        else if (key == "suppress") {
            if (!value.IsSequence()) refuse(value, "suppress must be a list");
            for (const auto& entry : value) project.suppress.push_back(read_suppression(entry));
        } else
            refuse(at, "unknown key " + key, "keys are pipeline, roots, roles, steps and suppress");
    });
    return project;
}

}  // namespace

Result<ProjectFile> parse_project_file(std::string_view text, const std::string& name) {
    try {
        return read(YAML::Load(std::string(text)));
    } catch (const Fault& fault) {
        return fail(ErrorKind::kInvalid, fmt::format("{}:{}: {}", name, fault.line, fault.what), fault.hint);
    } catch (const YAML::Exception& error) {
        return fail(ErrorKind::kInvalid, fmt::format("{}:{}: {}", name, error.mark.line + 1, error.msg),
                    "the file must be YAML");
    }
}

std::string matching_step(const ProjectFile& project, const std::vector<std::string>& command) {
    const auto line = fmt::format("{}", fmt::join(command, " "));
    const auto folder = command.empty() ? std::string::npos : command.front().rfind('/');
    const auto bare = folder == std::string::npos ? line : line.substr(folder + 1);
    for (const auto& [name, step] : project.steps) {
        if (step.match.empty()) continue;
        if (::fnmatch(step.match.c_str(), line.c_str(), 0) == 0 || ::fnmatch(step.match.c_str(), bare.c_str(), 0) == 0)
            return name;
    }
    return {};
}

}  // namespace fstracker::project
