// SPDX-License-Identifier: Apache-2.0
// The run store's index: index.sqlite in its root, derived from the run directories and nothing more. Whoever puts a
// run into the store notes it here, if that is easily done; whoever looks brings it up to date first. So it may be
// removed at any time, and what is broken or of another version is made again.
//
//   run      a row for each run: what `track runs` shows, whose it is, and the stamps of the files it was read from
//   content  SHA-256; path: bytes. Each once
//   handling which run wrote, read, loaded or executed which content under which path
//
// A run is read again when its files' stamps are others. docs/run-directory.md.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/run/lineage.hpp"
#include "core/run/record.hpp"
#include "core/store/run_store.hpp"

namespace fstracker::store {

inline constexpr const char* kIndexFile = "index.sqlite";

// One thread; any number of processes.
class Index {
  public:
    // In memory, and so the slow way, where the store cannot be written, or is not the caller's.
    static Result<std::unique_ptr<Index>> open(const std::string& store_root);
    static Result<std::unique_ptr<Index>> in_memory(const std::string& store_root);
    ~Index();
    Index(const Index&) = delete;
    Index& operator=(const Index&) = delete;

    // A run that has come into the store, with its contents unless they are many: those are read by who asks.
    Status add(const std::string& id, const run::Record& record);

    // As RunStore::list(); brings the runs up to date, not their contents.
    Result<std::vector<RunEntry>> list();

    // Reads the contents of runs that are not known yet. `reader` reads the record of a run directory; what it cannot
    // read is given to `left_out`, now and each time.
    using Reader = std::function<Result<run::Record>(const std::string& directory)>;
    using LeftOut = std::function<void(const RunEntry&, const std::string& why)>;
    Status read_contents(const Reader& reader, const LeftOut& left_out);

    // As Lineage::under().
    Result<std::vector<event::Sha256>> under(const std::string& path);

    // As much of the lineage of all runs as tells of these contents what all of it would: of(), into() and out_of()
    // give the same.
    Result<run::Lineage> lineage_of(const std::vector<event::Sha256>& contents);

  private:
    struct State;
    explicit Index(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Does `act` with the store's index; once more with a new one when it turns out to be broken, and then in memory.
Status with_index(const std::string& store_root, const std::function<Status(Index&)>& act);

}  // namespace fstracker::store
