// SPDX-License-Identifier: Apache-2.0
// Everything that happens in a run, as values. Kernel records (include/fstracker/abi/event.h) become the first group
// (decode.hpp); the recorder adds the second. The event log holds both, one JSON object a line (log.hpp), and applying
// them in order to core/run's Run gives the run's record: nothing else does.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/event/object.hpp"

namespace fstracker::event {

// An entry of the process table: one execution, or a fork that has not executed. 0 is "none".
using ProcessId = std::uint32_t;

using Sha256 = std::array<std::uint8_t, 32>;

// A path as the step sees it: raw bytes, from its root. Absolute unless truncated (then the tail that could be had).
struct Path {
    std::string bytes;
    bool truncated = false;
    bool detached = false;  // the walk ended outside the task's root: bytes are relative to an unknown place
    bool deleted = false;   // already unlinked when it was read

    auto operator<=>(const Path&) const = default;
};

// How an object was accessed, as bits; the values of FST_READ and so on.
enum Access : std::uint32_t {
    kRead = 1,
    kWrite = 2,
    kCreate = 4,
    kTruncate = 8,
    kExecute = 16,
    kLoad = 32,
    kInherit = 64,
    kReceive = 128,
    kRename = 256,
    kLink = 512,
    kUnlink = 1024,
};
inline constexpr std::uint32_t kAccessMask = 2047;

// Who, when, and where in the stream. `time`: nanoseconds since the epoch. cpu and sequence tell gaps; the recorder's
// own events have neither (0).
struct Common {
    ProcessId process = 0;
    std::uint32_t pid = 0;  // thread group id in the initial pid namespace
    std::int64_t time = 0;
    std::uint32_t cpu = 0;
    std::uint64_t sequence = 0;
    std::uint16_t flags = 0;  // FST_… of the header

    auto operator<=>(const Common&) const = default;
};

// From the kernel ---------------------------------------------------------------------------------------------------

struct Fork {
    Common common;  // process: the new entry; pid: the child
    ProcessId parent = 0;
    std::uint32_t uid = 0;
    auto operator<=>(const Fork&) const = default;
};

struct Exec {
    Common common;  // process: the new entry
    ProcessId parent = 0;
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    Object object;
    Path path;
    bool is_script = false;
    std::optional<Object> script;  // absent, though is_script, where the kernel side could only learn its name
    Path script_path;
    std::string filename;  // as given to the system call
    Path directory;
    std::vector<std::string> arguments;
    std::uint32_t argument_count = 0;  // as the kernel counted them; more than arguments.size() when truncated
    bool arguments_truncated = false;
    auto operator<=>(const Exec&) const = default;
};

struct Exit {
    Common common;
    std::int32_t status = 0;  // as wait(2) gives it
    std::uint64_t cpu_nanoseconds = 0;
    std::uint64_t peak_memory_bytes = 0;
    std::uint64_t bytes_read = 0;
    std::uint64_t bytes_written = 0;
    auto operator<=>(const Exit&) const = default;
};

struct FileAccess {
    Common common;
    std::uint32_t access = 0;  // Access bits
    std::int32_t descriptor = -1;
    Object object;
    Path path;
    std::uint32_t name = 0;  // tells one name of the object from another; 0: not known
    auto operator<=>(const FileAccess&) const = default;
};

enum class NameOperation { kRename = 1, kLink, kSymlink, kUnlink, kRmdir, kMkdir, kMknod, kTruncate, kExchange };

struct NameChange {
    Common common;
    NameOperation operation = NameOperation::kRename;
    std::uint32_t touched_count = 0;
    std::vector<Object> touched;  // whose change time moved, directories among them
    Path base;                    // of a relative name
    std::string name;             // as given
    Path second_base;
    std::string second_name;
    auto operator<=>(const NameChange&) const = default;
};

struct Connect {
    Common common;
    std::uint16_t family = 0;    // AF_INET, AF_INET6, AF_UNIX
    std::uint16_t protocol = 0;  // IPPROTO_…
    std::uint16_t port = 0;
    std::array<std::uint8_t, 16> address{};
    std::string path;   // of a unix socket, as the step gave it; a leading NUL: abstract
    std::string bound;  // likewise, as the peer has bound it; empty: not known
    Path place;         // of the peer's socket; empty: not known, or none
    auto operator<=>(const Connect&) const = default;
};

struct ForeignWriter {
    Common common;  // process 0; pid: the writer
    Object object;
    std::string command;
    Path path;
    auto operator<=>(const ForeignWriter&) const = default;
};

struct Blind {
    Common common;
    std::uint32_t what = 0;  // enum fst_blind
    std::int32_t detail = 0;
    auto operator<=>(const Blind&) const = default;
};

// From the recorder -------------------------------------------------------------------------------------------------

// How often an access that had been sent already happened again.
struct FoldTotal {
    ProcessId process = 0;
    ObjectId object;
    std::uint32_t access = 0;
    std::uint64_t count = 0;
    std::int64_t last = 0;   // nanoseconds since the epoch
    std::uint32_t name = 0;  // of the FileAccess that was sent
    auto operator<=>(const FoldTotal&) const = default;
};

// Why an object has no digest. The words of evidence.md.
enum class Refusal { kGone, kTooLarge, kNotRegular, kPermission, kLost, kError };

// What came of hashing an object that was wanted with the stamp `wanted`.
struct Digested {
    std::int64_t time = 0;
    ObjectId object;
    Stamp wanted;
    Stamp before;  // of the object that was hashed
    Stamp after;
    std::optional<Sha256> digest;  // or
    Refusal refusal = Refusal::kError;
    bool cached = false;       // from the digest cache
    bool verity = false;       // fs-verity was on for the open file
    std::string verity_digest; // "sha256:HEX" when it was
    auto operator<=>(const Digested&) const = default;
};

// The object as it was when the run had ended; absent: nothing of that identity could be reached any more.
struct FinalStamp {
    ObjectId object;
    std::optional<Stamp> stamp;
    std::vector<std::string> gone_paths;  // of the paths it was known by: those that did not lead there any more
    auto operator<=>(const FinalStamp&) const = default;
};

// The objects that had no FinalStamp: each had, when the run had ended, the stamp it was last seen with, and was under
// every path it was known by. Comes after the last FinalStamp; one line in place of one for each file that was read.
struct Unchanged {
    std::uint64_t objects = 0;  // how many
    auto operator<=>(const Unchanged&) const = default;
};

// What a NameChange came to: the names, resolved, and the object when it is certain which it was.
struct Renamed {
    Common common;
    NameOperation operation = NameOperation::kRename;
    std::optional<Object> object;
    Path path;         // the name that was made, or that went
    Path second_path;  // rename, exchange, link: the other one (rename: the old name)
    auto operator<=>(const Renamed&) const = default;
};

// One kind's line of the kernel's ledger, summed over CPUs. `kind` is a name of kKindNames, or "fold".
struct Counters {
    std::string kind;
    std::uint64_t seen = 0;
    std::uint64_t folded = 0;
    std::uint64_t delivered = 0;
    std::map<std::string, std::uint64_t> lost;  // by reason; only those that are not 0
    std::uint64_t truncated = 0;
    std::uint64_t unreadable = 0;
    auto operator<=>(const Counters&) const = default;
};

// What the recorder itself counted, once, at the end.
struct RecorderCounters {
    std::uint64_t received = 0;
    std::uint64_t decoded = 0;
    std::uint64_t malformed = 0;
    std::uint64_t sequence_gaps = 0;
    std::uint64_t missed = 0;  // program runs that the kernel skipped
    auto operator<=>(const RecorderCounters&) const = default;
};

// A blind spot in words, decided by the capture side (what this backend can never see). entered: known to have mattered.
struct BlindSpot {
    std::string text;
    bool entered = false;
    auto operator<=>(const BlindSpot&) const = default;
};

struct RunEnded {
    std::int64_t time = 0;
    std::int32_t status = 0;    // of the command, as wait(2) gives it
    bool recorder_failed = false;
    std::string failure;        // why, in one line
    auto operator<=>(const RunEnded&) const = default;
};

using Event = std::variant<Fork, Exec, Exit, FileAccess, NameChange, Connect, ForeignWriter, Blind, FoldTotal, Digested,
                           FinalStamp, Unchanged, Renamed, Counters, RecorderCounters, BlindSpot, RunEnded>;

// The kinds of the wire by number (enum fst_kind), as the ledger names them.
inline constexpr std::array<const char*, 9> kKindNames = {"",     "fork",    "exec",   "exit", "access",
                                                          "name", "connect", "writer", "blind"};
// The reasons of loss by number (enum fst_loss).
inline constexpr std::array<const char*, 3> kLossNames = {"ring-full", "no-scratch", "membership"};
// And the recorder's own: there was no room on the disk for the record.
inline constexpr const char* kLostLogFull = "log-full";
// Blind spots by number (enum fst_blind), as the event log names them.
inline constexpr std::array<const char*, 14> kBlindNames = {
    "",           "io-uring",       "32-bit",        "received",  "ptrace",      "process-memory", "descriptor-race",
    "fanotify",   "seccomp-notify", "membership",    "mprotect",  "clone-from-outside",
    "ptrace-refused", "io-uring-request"};

}  // namespace fstracker::event
