// SPDX-License-Identifier: Apache-2.0
// Run directories (contract.md, docs/run-directory.md) and the store that keeps them. A run directory is made under a
// hidden name beside its place and renamed when it is whole.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace fstracker::store {

inline constexpr const char* kTraceFile = "trace.sigstore.json";
inline constexpr const char* kVerdictFile = "verdict.sigstore.json";
inline constexpr const char* kEventsFile = "events.ndjson.zst";
inline constexpr const char* kFilesFile = "files.ndjson.zst";
inline constexpr const char* kSummaryFile = "summary.json";

// A run id: UTC time to the millisecond and 64 random bits, so that ids sort by time: "20261122T193810123Z-5f0c…".
std::string make_run_id(std::int64_t unix_nanoseconds, std::uint64_t random);
bool is_run_id(std::string_view text);

// A run directory in the making. Without commit() nothing is left behind.
class RunDirectoryWriter {
   public:
    // `final_path` must not exist, or be an empty directory; its parent must exist and be writable (checked now, before
    // the command starts).
    static Result<std::unique_ptr<RunDirectoryWriter>> create(const std::string& final_path);
    ~RunDirectoryWriter();

    [[nodiscard]] const std::string& working_path() const;  // where files are written until commit()
    Status write(std::string_view name, std::string_view bytes);
    // Syncs everything, renames to the final path, syncs the parent. A file `owner` given: chowns to it first.
    Status commit();
    // Keeps the directory under "<final>.partial" for a person to look at, after a failure that lost the evidence.
    Status keep_partial();

   private:
    struct State;
    explicit RunDirectoryWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

struct RunEntry {
    std::string id;
    std::string directory;
    std::string pipeline;
    std::string step;
    std::string verdict;
    bool complete = false;
    std::int64_t started = 0;
};

class RunStore {
   public:
    explicit RunStore(std::string root);

    [[nodiscard]] const std::string& root() const;
    // The directory a new run goes to. Makes the store (mode 0700) where it is not there.
    Result<std::string> directory_for(const std::string& id);
    // Lets the store know a run that lives elsewhere (--out).
    Status remember(const std::string& id, const std::string& directory);
    // A run id, a unique prefix of one, "latest", or a run directory, to its directory.
    Result<std::string> resolve(const std::string& run) const;
    // Newest first. Unreadable directories are left out.
    Result<std::vector<RunEntry>> list() const;

   private:
    std::string root_;
};

// zstd, one frame with checksum and content size.
Result<std::string> compress(std::string_view bytes, int level = 3);
Result<std::string> decompress(std::string_view bytes, std::size_t most);

// Lines into a zstd file as they come, with the digest of the compressed bytes at the end.
class LogWriter {
   public:
    static Result<std::unique_ptr<LogWriter>> create(const std::string& path);
    ~LogWriter();
    Status append(std::string_view lines);
    // Ends the frame, syncs, and gives the SHA-256 of the file.
    Result<std::string> finish_hex();

   private:
    struct State;
    explicit LogWriter(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Calls `line` for each line (without newline) of a zstd-compressed file; stops at the first error it returns.
Status for_each_line(const std::string& path, const std::function<Status(std::string_view)>& line);

}  // namespace fstracker::store
