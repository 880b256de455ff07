// SPDX-License-Identifier: Apache-2.0
// Checks evidence with nothing but the files and a public key. Every fault is listed, not the first.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/evidence/trace.hpp"
#include "core/evidence/verdict.hpp"
#include "core/sign/key.hpp"

namespace fstracker::verify {

struct Options {
    std::optional<sign::PublicKey> key;  // without one nothing is verified, and that is a fault
    bool files = false;                  // re-hash what the record names and is still there
};

struct Fault {
    std::string where;  // "trace.sigstore.json", "events.ndjson.zst line 12", …
    std::string what;
};

struct Report {
    std::vector<Fault> faults;
    std::vector<std::string> checked;  // what held, in words
    std::vector<std::string>
        changed_on_disk;      // with Options::files: not faults of the evidence, but told; see `verified`
    bool incomplete = false;  // the evidence says so itself
    bool verified = false;    // no fault
    std::optional<evidence::TraceStatement> trace;  // when it could be read
    std::optional<evidence::VerdictStatement> verdict;
};

// kNotFound or another error only when there is nothing to check (exit 2); all else is in the report.
Result<Report> verify_run(const std::string& directory, const Options& options);

// A bundle file on its own: signature and structure.
Result<Report> verify_bundle_file(const std::string& path, const Options& options);

// For report and show: the run directory's record without any claim that it is authentic.
struct RunDocuments {
    evidence::TraceStatement trace;  // unfolded from files.ndjson.zst where there is one
    std::optional<evidence::VerdictStatement> verdict;
};
Result<RunDocuments> read_run(const std::string& directory);

}  // namespace fstracker::verify
