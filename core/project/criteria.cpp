// SPDX-License-Identifier: Apache-2.0
#include "core/project/criteria.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/verify/baseline_signature.hpp"

namespace fstracker::project {

namespace {

void take_suppressions(const Project& project, const std::string& today, LoadedCriteria& loaded) {
    for (const auto& suppression : project.file.suppress) {
        if (suppression.until < today)
            loaded.expired.push_back(fmt::format("{}:{}: the suppression of {} expired on {} and does not count",
                                                 project_file_path(project.root), suppression.line, suppression.finding,
                                                 suppression.until));
        else
            loaded.criteria.suppressions.push_back({suppression.finding, suppression.reason, suppression.until});
    }
}

Status check_signature(Files& files, const std::string& path, const ReadBaseline& read, const std::string& key_file) {
    constexpr std::size_t kMostBytes = 1U << 16;
    const auto pem = files.read_any(key_file, kMostBytes);
    if (!pem) return fail(pem.error().within("--baseline-key"));
    const auto key = sign::PublicKey::from_pem(*pem);
    if (!key) return fail(key.error().within(key_file).within("--baseline-key"));
    const auto refuse = [&](const std::string& why) {
        return fail(ErrorKind::kInvalid, "baseline: " + why,
                    "who holds the private key of " + key_file + " signs it with track baseline sign " + path);
    };
    const auto bundle = signature_path(path);
    const auto kind = files.kind(bundle);
    if (!kind || *kind == Files::Kind::kNone) return refuse(bundle + ": is missing");
    if (*kind != Files::Kind::kFile) return refuse(bundle + ": is not a regular file");
    const auto bytes = files.read(bundle, verify::kMostBaselineSignatureBytes);
    if (!bytes) return refuse(bundle + ": cannot be read: " + bytes.error().message);
    const auto held = verify::check_baseline_signature(*bytes, bundle, read.sha256, *key);
    return held ? held : refuse(held.error().message);
}

// What the run of this step before left, where nobody has to look at that. What cannot be read or verified explains
// nothing.
judge::Inputs left_before(const PastRuns& runs, const Asked& asked, const std::map<std::string, std::string>& roots) {
    judge::Inputs inputs;
    auto known = list_runs(runs);
    if (!known) return inputs;
    std::erase_if(*known, [](const store::RunEntry& run) { return run.verdict == "ALERT"; });
    const auto* newest = first_complete(*known, asked.pipeline, asked.step);
    if (newest != nullptr && !take_outputs(runs, newest->directory, roots, asked.here, inputs)) inputs.clear();
    return inputs;
}

Status take_baseline(Files& files, const Project& project, const Asked& asked, const PastRuns* runs,
                     LoadedCriteria& loaded) {
    const bool named = !asked.baseline.empty();
    const bool signed_one = !asked.baseline_key.empty();
    const auto path = named ? asked.baseline : baseline_path(project.root, asked.pipeline, asked.step);
    if (!named && !signed_one && !files.exists(path)) return {};
    auto read = read_baseline_file(files, path);
    if (!read) {
        auto error = read.error().within("baseline");
        if (signed_one && error.kind == ErrorKind::kNotFound)
            error.hint = "a signed baseline is asked for by key " + asked.baseline_key + ": learn it, and sign it";
        return fail(std::move(error));
    }
    if (signed_one)
        if (auto held = check_signature(files, path, *read, asked.baseline_key); !held) return held;
    const auto& known = *read->baseline;
    if (!named && (known.pipeline != asked.pipeline || known.step != asked.step))
        return fail(ErrorKind::kInvalid,
                    fmt::format("baseline: {} is of step {} of {}, not of {} of {}", path, known.step, known.pipeline,
                                asked.step, asked.pipeline),
                    "learn the step's own with track baseline learn, or name this one with --baseline");
    loaded.digests[path] = read->digest;
    loaded.criteria.baseline_use.file = path;
    loaded.criteria.baseline_use.digest = read->digest;
    loaded.baseline = std::move(read->baseline);
    loaded.criteria.baseline = loaded.baseline.get();
    if (runs != nullptr)
        loaded.criteria.left_before = [runs = *runs, asked, roots = loaded.criteria.roots] {
            return left_before(runs, asked, roots);
        };
    return {};
}

// Directories of the newest complete run of each step whose outputs this one consumes.
Result<std::vector<std::string>> runs_before(const Project& project, const Asked& asked, const PastRuns& runs,
                                             LoadedCriteria& loaded) {
    std::vector<std::string> directories;
    const auto step = std::find_if(project.file.steps.begin(), project.file.steps.end(),
                                   [&](const auto& one) { return one.first == asked.step; });
    if (step == project.file.steps.end() || step->second.inputs_from.empty()) return directories;
    const auto known = list_runs(runs);
    if (!known) return fail(known.error());
    for (const auto& wanted : step->second.inputs_from) {
        if (const auto* newest = first_complete(*known, asked.pipeline, wanted); newest != nullptr) {
            directories.push_back(newest->directory);
            loaded.inputs_from.push_back(newest->id);
        } else {
            loaded.missing.push_back(fmt::format(
                "inputs_from: there is no complete run of step {} in the run store to compare with", wanted));
        }
    }
    return directories;
}

Status take_inputs(const Project& project, const Asked& asked, const PastRuns& runs, LoadedCriteria& loaded) {
    std::vector<std::string> directories;
    if (asked.after) {
        for (const auto& run : *asked.after) {
            const auto directory = directory_of(runs, run);
            if (!directory) return fail(directory.error().within("--after"));
            directories.push_back(*directory);
        }
    } else {
        auto before = runs_before(project, asked, runs, loaded);
        if (!before) return fail(before.error());
        directories = std::move(*before);
    }
    for (const auto& directory : directories)
        if (auto taken = take_outputs(runs, directory, loaded.criteria.roots, asked.here, loaded.criteria.inputs);
            !taken)
            return fail(taken.error().within(asked.after ? "--after" : "inputs_from"));
    return {};
}

}  // namespace

Result<LoadedCriteria> load_criteria(Files& files, const Project& project, const Asked& asked, const PastRuns* runs) {
    LoadedCriteria loaded;
    loaded.criteria.roots = roots_of(project);
    take_suppressions(project, asked.today, loaded);
    if (auto taken = take_baseline(files, project, asked, runs, loaded); !taken) return fail(taken.error());
    if (runs != nullptr)
        if (auto taken = take_inputs(project, asked, *runs, loaded); !taken) return fail(taken.error());
    return loaded;
}

Result<Judging> load_judging(Files& files, const Project& project, const RuleSources& sources, const Asked& asked,
                             const PastRuns* runs) {
    Judging judging;
    judging.configuration = project.digests;
    auto roles = artifact::DeclaredRoles::make(project.file.roles, project.file.roots, project.root);
    if (!roles) return fail(roles.error().within(project_file_path(project.root)));
    judging.roles = std::move(*roles);
    auto rules = load_rules(files, project.root, sources);
    if (!rules) return fail(rules.error().within("rules"));
    judging.rules = std::move(*rules);
    auto criteria = load_criteria(files, project, asked, runs);
    if (!criteria) return fail(criteria.error());
    judging.criteria = std::move(*criteria);
    for (const auto* digests : {&judging.rules.digests, &judging.criteria.digests})
        judging.configuration.insert(digests->begin(), digests->end());
    return judging;
}

}  // namespace fstracker::project
