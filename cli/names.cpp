// SPDX-License-Identifier: Apache-2.0
#include "cli/names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace fstracker::cli {
namespace {

std::string base_name(const std::string& path) {
    const auto end = path.find_last_not_of('/');
    if (end == std::string::npos) return path;
    const auto folder = path.rfind('/', end);
    const auto begin = folder == std::string::npos ? 0 : folder + 1;
    return path.substr(begin, end + 1 - begin);
}

// "python3.11" is python; "bash" is bash.
std::string without_version(const std::string& name) {
    const auto end = name.find_last_not_of("0123456789.");
    return end == std::string::npos ? name : name.substr(0, end + 1);
}

struct Interpreter {
    std::string_view name;
    std::string_view with_value;   // letters of options that take the next argument
    std::string_view inline_code;  // letters after which there is no script
    bool modules;                  // -m NAME runs a module
};

constexpr std::array<Interpreter, 9> kInterpreters = {{{"python", "WX", "c", true},
                                                       {"pypy", "WX", "c", true},
                                                       {"bash", "oO", "c", false},
                                                       {"sh", "o", "c", false},
                                                       {"dash", "o", "c", false},
                                                       {"perl", "I", "eE", false},
                                                       {"ruby", "I", "e", false},
                                                       {"node", "r", "ep", false},
                                                       {"Rscript", "", "e", false}}};

std::string script_of(const Interpreter& interpreter, const std::vector<std::string>& command) {
    for (std::size_t i = 1; i < command.size(); ++i) {
        const auto& argument = command[i];
        if (argument.empty() || argument == "-") return {};
        if (argument.front() != '-') return base_name(argument);
        if (argument == "--") return i + 1 < command.size() ? base_name(command[i + 1]) : std::string();
        if (argument.size() > 1 && argument[1] == '-') continue;
        const char last = argument.back();
        if (interpreter.modules && last == 'm') return i + 1 < command.size() ? command[i + 1] : std::string();
        if (interpreter.inline_code.find(last) != std::string_view::npos) return {};
        if (argument.size() == 2 && interpreter.with_value.find(last) != std::string_view::npos) ++i;
    }
    return {};
}

// A program that runs the command behind its own arguments. Long options without '=' take the next argument when they
// are named here.
struct Wrapper {
    std::string_view name;
    std::string_view with_value;       // letters of options that take the next argument
    std::string_view long_with_value;  // each with a blank before and after it
    std::size_t operands;              // before the command
};

constexpr std::array<Wrapper, 10> kWrappers = {
    {{"env", "uC", " unset chdir ", 0},
     {"nice", "n", " adjustment ", 0},
     {"ionice", "cn", " class classdata ", 0},
     {"timeout", "ks", " kill-after signal ", 1},
     {"nohup", "", " ", 0},
     {"setsid", "", " ", 0},
     {"stdbuf", "ioe", " input output error ", 0},
     {"time", "fo", " format output ", 0},
     {"sudo", "ughpCDRrtT", " user group host prompt chdir chroot role type close-from command-timeout ", 0},
     {"setpriv", "",
      " reuid regid ruid euid rgid egid groups inh-caps ambient-caps bounding-set securebits pdeathsig selinux-label "
      "apparmor-profile ",
      0}}};

// Where the wrapped command begins; the size of `command` where that cannot be told.
std::size_t wrapped_command(const Wrapper& wrapper, const std::vector<std::string>& command) {
    std::size_t operands = wrapper.operands;
    bool options = true;
    const bool assigns = wrapper.name == "env" || wrapper.name == "sudo";
    for (std::size_t i = 1; i < command.size(); ++i) {
        const auto& argument = command[i];
        if (options && argument == "--") {
            options = false;
        } else if (options && argument.starts_with("--")) {
            if (wrapper.name == "env" && argument.starts_with("--split-string")) return command.size();
            if (wrapper.long_with_value.find(' ' + argument.substr(2) + ' ') != std::string_view::npos) ++i;
        } else if (options && argument.size() > 1 && argument.front() == '-') {
            if (wrapper.name == "env" && argument.find('S') != std::string::npos) return command.size();
            if (wrapper.with_value.find(argument.back()) != std::string_view::npos) ++i;
        } else if (assigns && argument.find('=') != std::string::npos) {
            options = false;
        } else if (operands > 0) {
            options = false;
            --operands;
        } else {
            return i;
        }
    }
    return command.size();
}

std::vector<std::string> without_wrappers(std::vector<std::string> command) {
    for (;;) {
        const auto name = base_name(command.front());
        const auto wrapper = std::find_if(kWrappers.begin(), kWrappers.end(),
                                          [&name](const Wrapper& candidate) { return candidate.name == name; });
        if (wrapper == kWrappers.end()) return command;
        const auto begin = wrapped_command(*wrapper, command);
        if (begin >= command.size()) return command;
        command.erase(command.begin(), command.begin() + static_cast<std::ptrdiff_t>(begin));
    }
}

}  // namespace

std::string ci_pipeline(const Environment& environment) {
    using Names = std::array<const char*, 2>;  // project, job
    constexpr std::array<Names, 7> kSystems = {{{"GITHUB_REPOSITORY", "GITHUB_JOB"},
                                                {"CI_PROJECT_PATH", "CI_JOB_NAME"},
                                                {"BUILDKITE_PIPELINE_SLUG", "BUILDKITE_STEP_KEY"},
                                                {"CIRCLE_PROJECT_REPONAME", "CIRCLE_JOB"},
                                                {"BUILD_DEFINITIONNAME", "AGENT_JOBNAME"},
                                                {"BITBUCKET_REPO_FULL_NAME", "BITBUCKET_STEP_UUID"},
                                                {"JOB_NAME", "STAGE_NAME"}}};
    for (const auto& [project, job] : kSystems) {
        const auto name = environment(project);
        if (!name) continue;
        // JOB_NAME alone is too common a name to mean Jenkins.
        if (std::string_view(project) == "JOB_NAME" && !environment("JENKINS_URL")) continue;
        const auto job_name = environment(job);
        return job_name ? *name + '/' + *job_name : *name;
    }
    return {};
}

std::string step_name(const std::vector<std::string>& given) {
    if (given.empty()) return "step";
    const auto command = without_wrappers(given);
    const auto program = base_name(command.front());
    const auto bare = without_version(program);
    const auto interpreter = std::find_if(kInterpreters.begin(), kInterpreters.end(),
                                          [&bare](const Interpreter& candidate) { return candidate.name == bare; });
    if (interpreter == kInterpreters.end()) return as_name(program);
    const auto script = script_of(*interpreter, command);
    return as_name(script.empty() ? program : script);
}

}  // namespace fstracker::cli
