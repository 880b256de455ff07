// SPDX-License-Identifier: Apache-2.0
#include "cli/criteria.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "cli/baseline_files.hpp"
#include "cli/names.hpp"
#include "cli/places.hpp"
#include "cli/terminal.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/hex.hpp"
#include "core/base/time.hpp"
#include "core/baseline/baseline_text.hpp"
#include "core/digest/digest.hpp"
#include "core/report/printable.hpp"
#include "core/verify/baseline_signature.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::cli {
namespace {

constexpr std::size_t kLongestBaseline = std::size_t{256} << 20;

bool exists(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0;
}

std::string today() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count();
    return base::format_time(nanoseconds).substr(0, std::string_view("YYYY-MM-DD").size());
}

std::vector<judge::Suppression> valid_suppressions(const Project& project) {
    std::vector<judge::Suppression> valid;
    for (const auto& suppression : project.file.suppress) {
        if (suppression.until < today())
            tell_note(fmt::format("{}/{}:{}: the suppression of {} expired on {} and does not count", project.root,
                                  kProjectFile, suppression.line, suppression.finding, suppression.until));
        else
            valid.push_back({suppression.finding, suppression.reason, suppression.until});
    }
    return valid;
}

// What a run left behind, by the path that this run will see it under: the step's directory may be another.
Status take_outputs(const std::string& directory, const std::map<std::string, std::string>& roots,
                    const std::string& here, judge::Inputs& inputs) {
    const auto key = configured_public_key();
    verify::Options how;
    if (key) how.key = *key;
    const auto report = verify::verify_run(directory, how);
    if (!report) return fail(report.error());
    if (!report->verified) {
        const auto why =
            report->faults.empty() ? std::string() : report->faults.front().where + ": " + report->faults.front().what;
        return fail(ErrorKind::kInvalid, fmt::format("{}: its evidence does not verify: {}", directory, why),
                    "track verify lists all that is wrong");
    }
    const auto run = verify::read_run(directory);
    if (!run) return fail(run.error());
    const auto& record = run->trace.record;
    const baseline::PathNames theirs(roots, baseline::work_of(record));
    const baseline::PathNames ours(roots, here);
    for (const auto& entry : record.files) {
        if (!entry.output || !entry.digest) continue;
        const auto named = theirs.named(entry.path.bytes);
        const auto path = named.starts_with("$WORK") ? ours.concrete(named) : entry.path.bytes;
        auto& input = inputs[path];
        input.digests.insert(*entry.digest);
        input.step = record.info.step;
        input.run = record.info.id;
    }
    return {};
}

// The newest complete run of each step whose outputs this one consumes.
Result<std::vector<std::string>> runs_before(const Project& project, const std::string& pipeline,
                                             const std::string& step) {
    std::vector<std::string> directories;
    const auto known = std::find_if(project.file.steps.begin(), project.file.steps.end(),
                                    [&](const auto& one) { return one.first == step; });
    if (known == project.file.steps.end() || known->second.inputs_from.empty()) return directories;
    const auto root = store_root();
    if (!root) return fail(root.error());
    const auto runs = store::RunStore(*root).list();
    if (!runs) return fail(runs.error());
    for (const auto& wanted : known->second.inputs_from) {
        const auto newest = std::find_if(runs->begin(), runs->end(), [&](const store::RunEntry& run) {
            return run.step == wanted && run.pipeline == pipeline && run.complete;
        });
        if (newest == runs->end())
            tell_note(fmt::format("inputs_from: there is no complete run of step {} in the run store to compare with",
                                  wanted));
        else
            directories.push_back(newest->directory);
    }
    return directories;
}

Result<judge::Inputs> inputs_of(const Project& project, const std::string& pipeline, const std::string& step,
                                const std::vector<std::string>& after,
                                const std::map<std::string, std::string>& roots) {
    judge::Inputs inputs;
    std::vector<std::string> directories;
    for (const auto& run : after) {
        const auto directory = resolve_run(run);
        if (!directory) return fail(directory.error().within("--after"));
        directories.push_back(*directory);
    }
    if (after.empty()) {
        auto before = runs_before(project, pipeline, step);
        if (!before) return fail(before.error());
        directories = std::move(*before);
    }
    if (directories.empty()) return inputs;
    const auto here = current_directory();
    if (!here) return fail(here.error());
    for (const auto& directory : directories)
        if (auto status = take_outputs(directory, roots, *here, inputs); !status)
            return fail(status.error().within(after.empty() ? "inputs_from" : "--after"));
    return inputs;
}

// Outputs of the newest run of this step that nobody has to look at. What cannot be read or verified explains nothing.
judge::Inputs left_before(const std::string& pipeline, const std::string& step, const std::string& here,
                          const std::map<std::string, std::string>& roots) {
    judge::Inputs inputs;
    const auto root = store_root();
    if (!root) return inputs;
    const auto runs = store::RunStore(*root).list();
    if (!runs) return inputs;
    const auto newest = std::find_if(runs->begin(), runs->end(), [&](const store::RunEntry& run) {
        return run.step == step && run.pipeline == pipeline && run.complete && run.verdict != "ALERT";
    });
    if (newest != runs->end() && !take_outputs(newest->directory, roots, here, inputs)) inputs.clear();
    return inputs;
}

Status check_signature(const std::string& path, const ReadBaseline& read, const std::string& key_file) {
    const auto key = sign::load_public_key(key_file);
    if (!key) return fail(key.error().within("--baseline-key"));
    auto held = verify::check_baseline_signature(signature_path(path), read.sha256, *key);
    if (held) return held;
    return fail(ErrorKind::kInvalid, "baseline: " + held.error().message,
                "who holds the private key of " + key_file + " signs it with track baseline sign " + path);
}

}  // namespace

Result<Project> current_project() {
    const auto here = current_directory();
    if (!here) return fail(here.error());
    Project project;
    project.root = project_root(*here);
    const auto path = project.root + '/' + kProjectFile;
    if (!exists(path)) return project;
    constexpr std::size_t kMostBytes = 1U << 20;
    auto text = base::read_regular_file(path, kMostBytes);
    if (!text) return fail(text.error().within(path));
    auto parsed = parse_project_file(*text, path);
    if (!parsed) return fail(parsed.error());
    project.file = std::move(*parsed);
    project.digests[path] = base::to_hex(digest::sha256(*text));
    return project;
}

std::string baseline_path(const std::string& root, const std::string& pipeline, const std::string& step) {
    return fmt::format("{}/.fstracker/baseline/{}/{}.yaml", root, as_name(pipeline), as_name(step));
}

Result<ReadBaseline> read_baseline_file(const std::string& path) {
    auto text = base::read_regular_file(path, kLongestBaseline);
    if (!text) return fail(text.error().within(path));
    auto parsed = baseline::read_baseline(*text, report::printable(path));
    if (!parsed) return fail(parsed.error());
    ReadBaseline read;
    read.baseline = std::make_unique<baseline::Baseline>(std::move(*parsed));
    read.sha256 = digest::sha256(*text);
    read.digest = base::to_hex(read.sha256);
    return read;
}

std::map<std::string, std::string> roots_of(const Project& project) {
    auto roots = project.file.roots;
    for (auto& [name, path] : roots)
        if (!path.starts_with('/')) path = project.root + '/' + path;
    return roots;
}

Result<LoadedCriteria> load_criteria(const Project& project, const std::string& pipeline, const std::string& step,
                                     const CriteriaOptions& options) {
    const std::string& given = options.baseline;
    const auto key = options.baseline_key.empty() ? environment("FSTRACKER_BASELINE_KEY") : options.baseline_key;
    LoadedCriteria loaded;
    loaded.criteria.roots = roots_of(project);
    loaded.criteria.suppressions = valid_suppressions(project);
    std::error_code ignored;
    const auto path = given.empty() ? baseline_path(project.root, pipeline, step)
                                    : std::filesystem::absolute(given, ignored).lexically_normal().string();
    if (!given.empty() || key || exists(path)) {
        auto read = read_baseline_file(path);
        if (!read) {
            auto error = read.error().within("baseline");
            if (key && error.kind == ErrorKind::kNotFound)
                error.hint = "a signed baseline is asked for by key " + *key + ": learn it, and sign it";
            return fail(std::move(error));
        }
        if (key)
            if (auto held = check_signature(path, *read, *key); !held) return fail(held.error());
        const auto& known = *read->baseline;
        if (given.empty() && (known.pipeline != pipeline || known.step != step))
            return fail(ErrorKind::kInvalid,
                        fmt::format("baseline: {} is of step {} of {}, not of {} of {}", path, known.step,
                                    known.pipeline, step, pipeline),
                        "learn the step's own with track baseline learn, or name this one with --baseline");
        loaded.digests[path] = read->digest;
        loaded.criteria.baseline_use.file = path;
        loaded.criteria.baseline_use.digest = read->digest;
        loaded.baseline = std::move(read->baseline);
        loaded.criteria.baseline = loaded.baseline.get();
        const auto here = current_directory();
        if (!here) return fail(here.error());
        loaded.criteria.left_before = [pipeline, step, here = *here, roots = loaded.criteria.roots] {
            return left_before(pipeline, step, here, roots);
        };
    }
    auto inputs = inputs_of(project, pipeline, step, options.after, loaded.criteria.roots);
    if (!inputs) return fail(inputs.error());
    loaded.criteria.inputs = std::move(*inputs);
    return loaded;
}

}  // namespace fstracker::cli
