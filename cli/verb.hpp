// SPDX-License-Identifier: Apache-2.0
// A verb of `track`: one file each declares its options and gives what it does. The help and the man page are made from
// the same declarations.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace fstracker::cli {

// What came after "--": a command that is not ours to read.
struct Trailer {
    bool separator = false;  // "--" was there
    std::vector<std::string> command;
};

// Called once the options hold what was given: the exit status, or an error that main prints.
using Action = std::function<Result<int>()>;

struct Verb {
    const char* name;
    const char* usage;    // what follows "track"
    const char* summary;  // one sentence without full stop
    const char* details;  // further paragraphs for help and man page, exit statuses among them
    bool takes_command;   // "--" begins a command
    int failure_status;   // for errors of usage, and those that an Action returns
    Action (*declare)(CLI::App& app, const Trailer& trailer);
};

extern const Verb kRunVerb;
extern const Verb kVerifyVerb;
extern const Verb kReportVerb;
extern const Verb kShowVerb;
extern const Verb kRunsVerb;
extern const Verb kDiffVerb;
extern const Verb kLineageVerb;
extern const Verb kBaselineVerb;
extern const Verb kRulesVerb;
extern const Verb kKeysVerb;
extern const Verb kStatusVerb;
extern const Verb kDoctorVerb;

// In the order they are listed.
const std::vector<const Verb*>& all_verbs();
const Verb* find_verb(const std::string& name);

// A verb that a later version will have: said clearly instead of "unknown".
bool is_future_verb(const std::string& name);

}  // namespace fstracker::cli
