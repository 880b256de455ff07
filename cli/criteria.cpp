// SPDX-License-Identifier: Apache-2.0
#include "cli/criteria.hpp"

#include <filesystem>
#include <utility>

#include "cli/names.hpp"
#include "cli/places.hpp"
#include "cli/rule_files.hpp"
#include "cli/terminal.hpp"
#include "core/base/clock.hpp"
#include "core/base/time.hpp"

namespace fstracker::cli {
namespace {

std::string today() { return base::format_time(base::unix_time()).substr(0, std::string_view("YYYY-MM-DD").size()); }

Result<project::Asked> asked_for(const Project& project, const RunOptions& options,
                                 const std::vector<std::string>& command) {
    project::Asked asked;
    const auto& root = project.root;
    asked.pipeline = options.pipeline;
    if (asked.pipeline.empty()) asked.pipeline = project.file.pipeline;
    if (asked.pipeline.empty()) asked.pipeline = ci_pipeline(environment);
    if (asked.pipeline.empty()) asked.pipeline = as_name(root.substr(root.rfind('/') + 1));
    asked.step = options.step.empty() ? project::matching_step(project.file, command) : options.step;
    if (asked.step.empty()) asked.step = step_name(command);
    const auto here = current_directory();
    if (!here) return fail(here.error());
    asked.here = *here;
    asked.today = today();
    std::error_code ignored;
    if (!options.baseline.empty())
        asked.baseline = std::filesystem::absolute(options.baseline, ignored).lexically_normal().string();
    asked.baseline_key =
        options.baseline_key.empty() ? environment("FSTRACKER_BASELINE_KEY").value_or("") : options.baseline_key;
    if (!options.after.empty()) asked.after = options.after;
    return asked;
}

}  // namespace

Result<Project> current_project(project::Files& files) {
    const auto here = current_directory();
    if (!here) return fail(here.error());
    return project::load_project(files, project_root(*here));
}

Result<Project> current_project() {
    project::DiskFiles files;
    return current_project(files);
}

Result<project::ReadBaseline> read_baseline_file(const std::string& path) {
    project::DiskFiles files;
    return project::read_baseline_file(files, path);
}

Result<JudgedRun> judged_run(project::Files& files, const RunOptions& options, const std::vector<std::string>& command,
                             Recorder recorder) {
    JudgedRun run;
    auto project = current_project(files);
    if (!project) return fail(project.error());
    run.project = std::move(*project);
    auto asked = asked_for(run.project, options, command);
    if (!asked) return fail(asked.error());
    run.asked = std::move(*asked);
    project::PastRuns runs;
    if (recorder == Recorder::kThisProcess) {
        const auto store = store_root();
        if (!store) return fail(store.error());
        runs = {*store, configured_public_key, std::nullopt, resolve_run};
    }
    auto judging = project::load_judging(files, run.project, {shipped_rules(), options.rules}, run.asked,
                                         recorder == Recorder::kThisProcess ? &runs : nullptr);
    if (!judging) return fail(judging.error());
    run.judging = std::move(*judging);
    for (const auto* notes : {&run.judging.criteria.expired, &run.judging.criteria.missing})
        for (const auto& note : *notes) tell_note(note);
    return run;
}

}  // namespace fstracker::cli
