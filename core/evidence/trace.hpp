// SPDX-License-Identifier: Apache-2.0
// A run's record as an in-toto Statement with predicate runtime-trace v0.1, in canonical JSON, and back.
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

// Beyond these the access table is folded by directory and the whole table goes into files.ndjson.zst.
struct TraceLimits {
    std::size_t outputs = 1000;
    std::size_t statement_bytes = 8U << 20;
};

struct TraceDocument {
    std::string statement;       // canonical JSON
    bool folded = false;         // then
    std::string files_ndjson;    // the whole table, an entry of fileAccess a line; not yet compressed
};

// `subjects`: the logs, whose digests are known before the statement is. A folded statement needs the digest of the
// compressed files.ndjson as a subject too, so the caller compresses it in `compress_files`, which returns that digest.
TraceDocument write_trace(const run::Record& record, std::vector<Subject> subjects, const TraceLimits& limits,
                          const std::function<event::Sha256(const std::string& files_ndjson)>& compress_files);

struct TraceStatement {
    std::vector<Subject> subjects;
    run::Record record;   // with folded entries as they stand when `folded`
    bool folded = false;  // then record.files is only the folded table; files.ndjson.zst has the whole
};

// Strict: structure as docs/schema/trace.schema.json says, unknown fields are errors.
Result<TraceStatement> read_trace(std::string_view statement);

// One entry of fileAccess, as in the statement and in files.ndjson.zst.
std::string write_file_entry(const run::FileEntry& entry);
Result<run::FileEntry> read_file_entry(std::string_view json);

}  // namespace fstracker::evidence
