// SPDX-License-Identifier: Apache-2.0
#include "core/project/past_runs.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/verify/verify.hpp"

namespace fstracker::project {

namespace {

bool counts(const PastRuns& runs, const store::RunEntry& run) {
    return !runs.uid || (run.uid == runs.uid && run.directory == store::RunStore(runs.store_root).root() + '/' + run.id);
}

}  // namespace

Result<std::string> directory_of(const PastRuns& runs, const std::string& run) {
    if (runs.resolve) return runs.resolve(run);
    const auto entry = store::RunStore(runs.store_root).entry(run);
    if (!entry || !counts(runs, *entry)) return fail(ErrorKind::kNotFound, "there is no run '" + run + "'");
    return entry->directory;
}

Result<std::vector<store::RunEntry>> list_runs(const PastRuns& runs) {
    auto known = store::RunStore(runs.store_root).list();
    if (known) std::erase_if(*known, [&](const store::RunEntry& run) { return !counts(runs, run); });
    return known;
}

const store::RunEntry* first_complete(const std::vector<store::RunEntry>& runs, const std::string& pipeline,
                                      const std::string& step) {
    const auto found = std::find_if(runs.begin(), runs.end(), [&](const store::RunEntry& run) {
        return run.step == step && run.pipeline == pipeline && run.complete;
    });
    return found == runs.end() ? nullptr : &*found;
}

Status take_outputs(const PastRuns& runs, const std::string& directory, const std::map<std::string, std::string>& roots,
                    const std::string& here, judge::Inputs& inputs) {
    const auto key = runs.key();
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

}  // namespace fstracker::project
