// SPDX-License-Identifier: Apache-2.0
// The run store: a folder of run directories, each named by its run id. A run that lives elsewhere (--out) is a
// symbolic link of that name. docs/run-directory.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/store/compression.hpp"
#include "core/store/run_directory.hpp"

namespace fstracker::store {

// A run id: UTC time to the millisecond and 64 random bits, so that ids sort by time: "20261122T193810123Z-5f0c…".
std::string make_run_id(std::int64_t unix_nanoseconds, std::uint64_t random);
bool is_run_id(std::string_view text);

struct RunEntry {
    std::string id;
    std::string directory;
    std::string pipeline;
    std::string step;
    std::string verdict;
    bool complete = false;
    std::int64_t started = 0;          // nanoseconds since the epoch, from the id
    std::optional<std::uint32_t> uid;  // whose run it is, where the service recorded it
    std::string backend;
};

// Of a run directory anywhere, named by its id or not. kNotFound when it has no trace.
Result<RunEntry> read_entry(const std::string& directory);

// Holds nothing but the root's name: any number may look at one store, while recorders add to it.
class RunStore {
  public:
    explicit RunStore(std::string root);

    [[nodiscard]] const std::string& root() const;
    // The directory a new run goes to. Makes the store (mode 0700) where it is not there.
    Result<std::string> directory_for(const std::string& id) const;
    // Lets the store know a run that lives elsewhere (--out).
    Status remember(const std::string& id, const std::string& directory) const;
    // Of a run that is being recorded elsewhere (--out): where, so that it is found should its recorder die.
    Status note_recording(const std::string& id, const std::string& working_path) const;
    void forget_recording(const std::string& id) const;
    // Directories in the making that the store knows, whether or not their recorders live.
    struct Recording {
        std::string id;
        std::string working_path;
        bool elsewhere = false;
    };
    std::vector<Recording> recordings() const;
    // A run id, a unique prefix of one, "latest" (the newest that has a trace), or a run directory, to its directory.
    Result<std::string> resolve(const std::string& run) const;
    // The one of that id. kNotFound when it is none, or has no trace.
    Result<RunEntry> entry(const std::string& id) const;
    // Newest first. What has no trace is left out: unreadable directories, runs that are being recorded, links to what
    // is gone. Names and verdict come from summary.json, which is unsigned and may be missing: then they are empty.
    Result<std::vector<RunEntry>> list() const;

    // All names that are run ids, newest first; none where the store is not there.
    Result<std::vector<std::string>> ids() const;
    // Where the run of that id is, whether or not there is anything.
    Result<std::string> directory_of(const std::string& id) const;

  private:
    std::string root_;
};

}  // namespace fstracker::store
