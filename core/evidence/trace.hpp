// SPDX-License-Identifier: Apache-2.0
// A run's record as an in-toto Statement with predicate runtime-trace v0.1, in canonical JSON, and back:
// docs/evidence.md. Reading what was written gives the same record, and writing what was read gives the same bytes.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/event/event.hpp"
#include "core/run/record.hpp"

namespace fstracker::evidence {

inline constexpr std::string_view kTracePredicate = "https://in-toto.io/attestation/runtime-trace/v0.1";

struct Subject {
    std::string name;
    std::string uri;  // or empty
    event::Sha256 digest{};
    bool operator==(const Subject&) const = default;
};

// A directory whose entries are not listed one by one: what it stands for, in sum. Its files are lines of
// files.ndjson.zst.
struct FoldedDirectory {
    event::Path path;
    std::uint64_t files = 0;    // entries of the access table
    std::uint64_t bytes = 0;    // their sizes, summed
    std::uint64_t outputs = 0;  // those of them that would be subjects; with any, the directory is one in their place
    std::uint64_t opens = 0;
    std::uint32_t access = 0;  // of any of them
    std::int64_t first_access = 0;
    std::int64_t last_access = 0;
    event::Sha256 digest{};  // of the sorted list `sha256  path` of those that have a digest, as sha256sum(1) writes it
    bool operator==(const FoldedDirectory&) const = default;
};

// Beyond these the access table is folded by directory and the whole table goes into files.ndjson.zst.
// The process table does not fold: where it alone comes near the limit, the access table may still take a quarter of
// it.
struct TraceLimits {
    std::size_t outputs = 1000;
    std::size_t statement_bytes = 8U << 20;
};

struct TraceDocument {
    std::string statement;         // canonical JSON
    std::vector<Subject> outputs;  // those of its subjects that are outputs
    bool folded = false;           // then the whole table, an entry of fileAccess a line, was given to be compressed
};

// `subjects`: the logs, whose digests are known before the statement is. A folded statement needs the digest of the
// compressed files.ndjson as a subject too, so the caller compresses it in `compress_files`, which returns that digest.
TraceDocument write_trace(const run::Record& record, std::vector<Subject> subjects, const TraceLimits& limits,
                          const std::function<event::Sha256(const std::string& files_ndjson)>& compress_files);

struct TraceStatement {
    std::vector<Subject> subjects;
    run::Record record;   // record.files: the entries that are listed one by one
    bool folded = false;  // then files.ndjson.zst has the whole table, and `directories` what is not listed
    std::vector<FoldedDirectory> directories;
};

// Strict: structure as docs/schema/trace.schema.json says, unknown fields are errors.
Result<TraceStatement> read_trace(std::string_view statement);

// One entry of fileAccess, as in the statement and in files.ndjson.zst.
std::string write_file_entry(const run::FileEntry& entry);
Result<run::FileEntry> read_file_entry(std::string_view json);

}  // namespace fstracker::evidence
