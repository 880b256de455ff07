// SPDX-License-Identifier: Apache-2.0
// What recording a run takes beside a source and a command, whether this process started the command or not.
#pragma once

#include <chrono>
#include <string>

#include "capture/record_run.hpp"
#include "capture/recorder.hpp"
#include "capture/source.hpp"
#include "core/artifact/owners.hpp"
#include "core/base/result.hpp"
#include "core/digest/hasher.hpp"
#include "core/judge/watch.hpp"
#include "core/run/record.hpp"
#include "core/sign/key.hpp"
#include "core/store/compression.hpp"
#include "core/store/run_directory.hpp"

namespace fstracker::capture {

// Made on first use where the request names no key.
Result<sign::PrivateKey> signing_key(const RunRequest& request);

Result<digest::HasherOptions> hasher_options(const RunRequest& request);
// A digest taken while an unseen writer had the file mapped must not pass for one of a quiet file in a later run.
void set_apart_from_watched(const SourceInfo& source, digest::HasherOptions& options);

run::RunInfo describe(const RunRequest& request, const SourceInfo& source, std::string id);

// Memory may run out anywhere. The command goes on all the same, and the record says that it ends early.
void record_or_give_up(Recorder& recorder, const CommandEnd& end);

// References to what the caller owns; `recorder` is done.
struct RunParts {
    const RunRequest& request;
    run::RunInfo info;
    store::RunDirectoryWriter& directory;
    store::LogWriter& log;
    digest::Hasher& hasher;
    Recorder& recorder;
    const judge::Watch* watch;
    const sign::PrivateKey& key;
    const digest::Inspections* inspections_before = nullptr;  // of a recorder that was killed
};

// The evidence of a run that was recorded. Fills in what `outcome` says of it; without a judgement nothing was
// committed and its problems say why. `exit_status` and `command_seconds` are set already.
void write_down(RunParts& parts, std::chrono::steady_clock::time_point finish_start, RunOutcome& outcome);

// Notes a run that has come into the store in the store's index. As well as it can: who looks next reads the rest.
void note_in_index(const std::string& store_root, const std::string& id, const run::Record& record);

}  // namespace fstracker::capture
