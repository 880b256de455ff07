// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/baseline_actions.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"

namespace fstracker::cli {
namespace {

Action declare(CLI::App& app, const Trailer&) {
    auto options = std::make_shared<BaselineOptions>();
    app.add_option(
           "ACTION", options->what,
           "learn: make or extend a step's baseline from runs. show: what it knows. diff: what of a run it does "
           "not know. review: settle that, one by one. accept: let findings in by their ids. sign: vouch for its file")
        ->required()
        ->type_name("")
        ->check(CLI::IsMember({"learn", "show", "diff", "review", "accept", "sign"}));
    app.add_option(
           "RUN", options->words,
           "Runs: an id, a unique prefix of one, latest, or a run directory. For accept one run, then findings; for "
           "sign, baselines")
        ->type_name("");
    app.add_option("-o,--baseline", options->file,
                   "The baseline's file. Default: .fstracker/baseline/PIPELINE/STEP.yaml of the project")
        ->type_name("FILE");
    app.add_option("--reason", options->reason, "Why the findings are let in; kept in the baseline")->type_name("TEXT");
    app.add_option("--key", options->key,
                   "sign: PEM private key. Default: fstracker/key.pem in $XDG_CONFIG_HOME or ~/.config")
        ->type_name("FILE");
    app.add_flag("--shape", options->shape,
                 "accept: where the files have one (data/part-{n}.csv), let in all of that shape there");
    app.add_flag("--replace", options->replace, "learn: begin anew, whatever the file holds");
    app.add_flag("--json", options->json, "As JSON");
    return [options]() -> Result<int> {
        if (options->what == "learn") return learn_baseline(*options);
        if (options->what == "show") return show_baseline(*options);
        if (options->what == "diff") return diff_baseline(*options);
        if (options->what == "sign") return sign_baseline(*options);
        return options->what == "accept" ? accept_findings(*options) : review_run(*options);
    };
}

}  // namespace

const Verb kBaselineVerb = {
    "baseline",
    "baseline [OPTIONS] learn|show|diff|review|accept|sign [RUN…|FILE…]",
    "Learn what a step always does, and settle what is new",
    "learn builds a step's baseline from runs whose evidence verifies, oldest first. A run that may not teach is named "
    "with the reason: it is incomplete, it has a finding of high or above that nobody settled, or it is of another "
    "step. Where the file is there already, its runs stay, and what further runs bring must be known to it or be "
    "accepted. Under 3 runs a baseline is learning and says nothing; with 5 it is stable.\n\n"
    "review walks from the most surprising to the least and asks; it needs a terminal. accept RUN FINDING… --reason "
    "TEXT does the same by name. Either lets in files as they are called or, where they are data, cache or output with "
    "numbers, dates or the like in their names, all of that shape.\n\n"
    "sign writes FILE.sigstore.json: run --baseline-key then takes no baseline but one that this key has signed.\n\n"
    "Exit status: learn: 0 if a run taught, else 1. diff: 0 nothing new, 1 something. accept, review: 0, or 1 where "
    "nothing was let in. sign: 0. 2 when a run or the baseline could not be read.",
    false,
    2,
    declare};

}  // namespace fstracker::cli
