// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/places.hpp"
#include "cli/service.hpp"
#include "cli/since.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/base/time.hpp"
#include "core/evidence/text.hpp"
#include "core/report/printable.hpp"
#include "core/store/index.hpp"

namespace fstracker::cli {
namespace {

struct RunsOptions {
    std::string pipeline;
    std::string step;
    std::string since;
    bool json = false;
};

const char* word(control::Verdict verdict) {
    switch (verdict) {
        case control::Verdict::kClean: return "CLEAN";
        case control::Verdict::kReview: return "REVIEW";
        case control::Verdict::kAlert: return "ALERT";
        case control::Verdict::kIncomplete: return "INCOMPLETE";
    }
    return "";
}

std::string as_json(const std::vector<store::RunEntry>& runs) {
    using evidence::display;
    auto list = nlohmann::json::array();
    for (const auto& run : runs) {
        list.push_back(
            {{"run", display(run.id)},
             {"directory", run.directory.empty() ? nlohmann::json(nullptr) : nlohmann::json(display(run.directory))},
             {"pipeline", display(run.pipeline)},
             {"step", display(run.step)},
             {"verdict", run.verdict.empty() ? nlohmann::json(nullptr) : nlohmann::json(display(run.verdict))},
             {"complete", run.complete},
             {"startedOn", base::format_time(run.started)}});
    }
    return list.dump(2) + '\n';
}

std::string as_table(const std::vector<store::RunEntry>& runs) {
    using report::printable;
    std::vector<std::vector<std::string>> rows;
    rows.reserve(runs.size());
    for (const auto& run : runs) {
        rows.push_back({printable(run.id), run.verdict.empty() ? "no verdict" : printable(run.verdict),
                        printable(run.pipeline), printable(run.step)});
    }
    return table({{"RUN"}, {"VERDICT"}, {"PIPELINE"}, {"STEP"}}, rows, table_width());
}

// Those whose evidence is there. A store that this user can read has them already.
void add_those_of_service(const std::vector<control::Run>& of_service, std::vector<store::RunEntry>& runs) {
    std::set<std::string> known;
    for (const auto& run : runs) known.insert(run.id);
    for (const auto& run : of_service) {
        const bool has_evidence = run.state == control::State::kDone || run.state == control::State::kInterrupted;
        if (!has_evidence || known.contains(run.run)) continue;
        store::RunEntry entry;
        entry.id = run.run;
        entry.pipeline = run.pipeline;
        entry.step = run.step;
        entry.verdict = run.verdict ? word(*run.verdict) : "";
        entry.complete = run.complete.value_or(false);
        entry.started = base::parse_time(run.started).value_or(0);
        runs.push_back(std::move(entry));
    }
    std::stable_sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
}

Result<int> run(const RunsOptions& options) {
    std::int64_t since = INT64_MIN;
    if (!options.since.empty()) {
        const auto now =
            std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
                .count();
        const auto parsed = parse_since(options.since, now);
        if (!parsed) return fail(parsed.error());
        since = *parsed;
    }
    auto root = store_root();
    if (!root) return fail(root.error());
    recover_dead_runs(*root);
    auto runs = store::RunStore(*root).list();
    if (!runs) return fail(runs.error());
    const auto of_service = runs_of_service();
    if (!of_service) return fail(of_service.error());
    add_those_of_service(*of_service, *runs);
    std::vector<store::RunEntry> chosen;
    for (auto& run : *runs) {
        const bool takes = (options.pipeline.empty() || run.pipeline == options.pipeline) &&
                           (options.step.empty() || run.step == options.step) && run.started >= since;
        if (takes) chosen.push_back(std::move(run));
    }
    const auto text = options.json     ? as_json(chosen)
                      : chosen.empty() ? "no runs in " + report::printable(*root) + '\n'
                                       : as_table(chosen);
    if (auto printed = print(text); !printed) return fail(printed.error());
    return 0;
}

Action declare(CLI::App& app, const Trailer&) {
    auto options = std::make_shared<RunsOptions>();
    app.add_option("--pipeline", options->pipeline, "Only runs of this pipeline")->type_name("NAME");
    app.add_option("--step", options->step, "Only runs of this step")->type_name("NAME");
    app.add_option("--since", options->since,
                   "Only runs that began since: 2026-01-31, 2026-01-31T12:00:00Z, or an age as 90m, 36h, 7d")
        ->type_name("TIME");
    app.add_flag("--json", options->json, "As a JSON array");
    return [options] { return run(*options); };
}

}  // namespace

const Verb kRunsVerb = {
    "runs",
    "runs [OPTIONS]",
    "List the runs in the run store, newest first",
    "The run store is $FSTRACKER_STORE, else /var/lib/fstracker/runs for root, else fstracker/runs in "
    "$XDG_STATE_HOME or ~/.local/state. Runs of this user that the service holds are among them, without a directory."
    "\n\nExit status: 0; 2 when the store could not be read.",
    false,
    2,
    declare};

}  // namespace fstracker::cli
