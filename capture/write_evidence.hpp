// SPDX-License-Identifier: Apache-2.0
// From a record to a run directory that is durable: roles, judgement, statements, signatures, files, commit.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/artifact/declared_roles.hpp"
#include "core/artifact/owners.hpp"
#include "core/base/result.hpp"
#include "core/digest/inspection.hpp"
#include "core/judge/verdict.hpp"
#include "core/judge/watch.hpp"
#include "core/run/record.hpp"
#include "core/sign/key.hpp"
#include "core/store/compression.hpp"
#include "core/store/run_directory.hpp"

namespace fstracker::capture {

// A run whose recorder died has no verdict: it was not there to say how the run went on.
enum class Recording { kLived, kDied };

struct EvidenceRequest {
    store::RunDirectoryWriter& directory;
    store::LogWriter& log;  // finished here
    const sign::PrivateKey& key;
    int exit_status;
    double command_seconds;
    std::chrono::steady_clock::time_point finish_start;
    std::uint64_t bytes_hashed;
    Recording recorder = Recording::kLived;
    const judge::Watch* watch = nullptr;               // has seen every event; none: no rule was asked
    const digest::Inspections* inspections = nullptr;  // of the contents; none: nobody looked
    artifact::DeclaredRoles roles = {};                // of the project
    artifact::PackageLists packages = {};              // of this machine
    judge::Criteria criteria = {};                     // but for the watch
    std::optional<std::uint32_t> owner = {};           // uid of whose run it is, where that is not the recorder's user
};

struct WrittenEvidence {
    run::Record record;  // with roles
    judge::Judgement judgement;
};

// An error: nothing was committed.
Result<WrittenEvidence> write_evidence(run::Record record, const EvidenceRequest& request);

}  // namespace fstracker::capture
