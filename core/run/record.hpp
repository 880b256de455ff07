// SPDX-License-Identifier: Apache-2.0
// What a run came to: plain data, made by Run (run.hpp) from events, written into evidence by core/evidence and read
// back by it, shown by core/report. Nothing here depends on the machine that recorded it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/event/event.hpp"

namespace fstracker::run {

// How strongly a digest is bound to what was accessed; evidence.md.
enum class Binding { kKernel, kStable, kOwn, kChanged, kContended, kNone };

// One line of the access table: an object's content under one path. Ordered by path, first use of the object, content.
struct FileEntry {
    event::Path path;
    std::string host_path;  // only where the host's name differs from the step's
    event::ObjectId object;
    std::uint32_t mode = 0;
    std::uint32_t access = 0;  // event::Access bits
    Binding binding = Binding::kNone;
    event::Refusal reason = event::Refusal::kError;  // of binding kNone
    std::optional<event::Sha256> digest;             // of every other binding
    std::string verity_digest;                       // "sha256:HEX" with binding kKernel
    std::uint64_t size = 0;
    std::uint64_t opens = 0;
    std::vector<event::ProcessId> processes;  // ascending
    std::int64_t first_access = 0;            // nanoseconds since the epoch
    std::int64_t last_access = 0;
    bool output = false;  // written or created by the run, and there at its end: a subject
    std::string role;     // filled by core/artifact
    std::string owner;    // package URL, or empty
    // Whether the owner's list has this digest for it; absent where there is no list or it has none. False without an
    // owner: it lies where packages are installed, and none of them lists it.
    std::optional<bool> owner_verified;
    std::string format;                // what the content is, "safetensors"; or empty
    std::vector<std::string> imports;  // callables that a pickle in it would import: "module.name", sorted, each once
    std::string unreadable;            // why the content could not be read to its end as that format, or empty

    bool operator==(const FileEntry&) const = default;
};

struct Resources {
    std::uint64_t cpu_nanoseconds = 0;
    std::uint64_t peak_memory_bytes = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
    bool operator==(const Resources&) const = default;
};

// What was executed: a name with the digest of its content, as it stands in the access table.
struct FileReference {
    event::Path path;
    event::ObjectId object;
    std::optional<event::Sha256> digest;
    bool operator==(const FileReference&) const = default;
};

struct Process {
    event::ProcessId id = 0;
    event::ProcessId parent = 0;
    std::uint32_t pid = 0;
    std::optional<FileReference> executable;  // absent for a fork that never executed
    std::optional<FileReference> script;
    std::vector<std::string> arguments;  // redacted already
    bool arguments_truncated = false;
    event::Path directory;
    std::uint32_t uid = 0;
    std::int64_t started = 0;
    std::optional<std::int64_t> finished;  // absent: still running when the run ended; where it executed: then
    std::optional<std::int32_t> status;    // as wait(2) gives it; only of the last execution of a process
    std::optional<Resources> resources;    // likewise
    bool operator==(const Process&) const = default;
};

struct Connection {
    std::string address;   // IPv4 or IPv6 in text, or the path of a unix socket ('@' first: abstract)
    std::string hostname;  // or empty
    std::uint16_t port = 0;
    std::string protocol;  // "tcp", "udp", "unix", or "ip-N"
    event::ProcessId process = 0;
    std::uint64_t count = 1;
    bool operator==(const Connection&) const = default;
};

struct DigestCounts {
    std::uint64_t wanted = 0;
    std::uint64_t done = 0;
    std::map<std::string, std::uint64_t> refused;  // by reason
    bool operator==(const DigestCounts&) const = default;
};

struct Ledger {
    std::map<std::string, event::Counters> kernel;  // by kind
    event::RecorderCounters user;
    DigestCounts digests;
    bool operator==(const Ledger&) const = default;

    // What does not balance or was lost, in one sentence each; empty for a ledger that is whole.
    [[nodiscard]] std::vector<std::string> faults() const;
};

inline constexpr std::size_t kMostEnteredBy = 20;

struct Completeness {
    bool complete = false;
    std::vector<std::string> reasons;  // why not
    Ledger ledger;
    std::uint64_t unhashed = 0;                    // entries of binding none but for not-regular
    std::uint64_t truncated = 0;                   // paths and argument vectors
    std::vector<std::string> blind_spots;          // English sentences, sorted
    std::vector<std::string> entered_blind_spots;  // those of them the run is known to have entered
    // By which processes, where that is known: at most kMostEnteredBy of each, ascending.
    std::map<std::string, std::vector<event::ProcessId>> entered_by;
    bool operator==(const Completeness&) const = default;
};

// What identifies a run and says how it was recorded. Known before the command starts but for the last three.
struct RunInfo {
    std::string id;  // unique; sorts by time
    std::string pipeline;
    std::string step;
    std::string host;     // URI
    std::string backend;  // "tracepoint", "fentry", "lsm", "ptrace"
    std::vector<std::string> hooks;
    std::string digest_mode;  // "full", "none", or a size
    std::string version;      // of fstracker
    std::string kernel;       // uname -r
    std::map<std::string, std::string>
        configuration;  // path -> sha256 hex of project file, baseline, rules that counted
    std::int64_t started = 0;
    std::int64_t finished = 0;
    std::int32_t status = 0;  // of the command, as wait(2) gives it
    bool operator==(const RunInfo&) const = default;
};

struct Record {
    RunInfo info;
    std::vector<Process> processes;  // by id
    std::vector<FileEntry> files;
    std::vector<Connection> connections;
    Completeness completeness;
    bool operator==(const Record&) const = default;
};

}  // namespace fstracker::run
