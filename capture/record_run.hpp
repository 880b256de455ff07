// SPDX-License-Identifier: Apache-2.0
// Records one run in this process: arms capture, runs the command, drains, digests, judges, signs, writes the run
// directory. Called from one thread, before that process has threads of its own; it blocks until the evidence is
// durable.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/artifact/declared_roles.hpp"
#include "core/base/result.hpp"
#include "core/judge/verdict.hpp"
#include "core/run/record.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::capture {

// All of it is decided before anything starts; nothing is looked up in the environment later.
struct RunRequest {
    std::vector<std::string> command;  // not empty; found through PATH as execvp does
    std::string pipeline;
    std::string step;
    std::string out;  // the run directory, exactly; empty: a new one in the store
    std::string store_root;
    std::string cache_file;       // the digest cache; empty: none
    std::string key_path;         // PEM private key
    bool key_path_given = false;  // not given: the key is made on first use
    std::string key_passphrase;
    std::string backend = "auto";
    std::string digest = "full";  // "full", "none", or a number of bytes above which a file is not hashed
    std::size_t ring_bytes = 0;   // of the kernel's ring buffer, a power of two; 0: the usual size
    std::string btf;              // the kernel's type information; empty: its own
    std::string version;
    std::map<std::string, std::string> configuration;  // path -> sha256 hex of each file that the judgement rests on
    const sigma::RuleSet* rules = nullptr;             // outlives the run; none: no rule is asked
    judge::Criteria criteria;                          // but for the watch, which is the run's own
    artifact::DeclaredRoles roles;                     // that the project's files have
    std::optional<std::uint32_t> owner;                // uid of whose run it is, where that is not the recorder's user
};

struct RunOutcome {
    int exit_status = 125;  // the command's own, 128 + N for signal N, 126, 127; 125 when the tracker failed
    bool command_started = false;
    std::string run_id;
    std::string directory;
    std::optional<run::Record> record;
    std::optional<judge::Judgement> judgement;
    double command_seconds = 0;
    double finish_seconds = 0;
    std::uint64_t bytes_hashed = 0;
    std::vector<Error> problems;  // what a person must be told; the run went on all the same
};

// An error: nothing of the command was started.
Result<RunOutcome> record_run(const RunRequest& request);

// What one backend can do on this host. refused_by and remedy are empty when it is usable.
struct BackendReport {
    std::string name;
    bool usable = false;
    std::string refused_by;           // the first thing in the way
    std::string remedy;               // what a person can do about it
    std::vector<std::string> misses;  // what it would never see
};

// The strongest first. Loads and unloads what it probes; touches no run.
std::vector<BackendReport> probe_backends();

}  // namespace fstracker::capture
