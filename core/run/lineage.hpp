// SPDX-License-Identifier: Apache-2.0
// Which runs wrote and read a content, and how contents went from run to run. Rests on digests alone: a content that
// was copied under another name, or to another machine's run directory, is the same.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/run/record.hpp"

namespace fstracker::run {

// What one run did with a content.
struct Handling {
    std::size_t run = 0;  // index into Lineage::runs()
    std::string path;     // bytes, one of its names in that run
    std::int64_t when = 0;
    bool wrote = false;        // it is an output; else the run read, loaded or executed it
    std::uint32_t access = 0;  // AccessBit
};

// An output of one run that another read.
struct Passage {
    std::size_t from = 0, to = 0;  // indices into Lineage::runs()
    event::Sha256 content{};
    std::string written_as, read_as;
};

class Lineage {
  public:
    struct Run {
        std::string id, pipeline, step;
        std::int64_t started = 0, finished = 0;  // nanoseconds since the epoch
        bool complete = false;
    };

    // Keeps 32 bytes and a name for each content of the record; devices, empty files and files without a digest have
    // none. In any order.
    void add(const Record& record);

    // The same from what was kept of such records: runs in the order in which they would be added, and of each its
    // handlings of a content in the order in which they were kept.
    std::size_t add(Run run);
    void add(const event::Sha256& content, Handling handling) { handlings_[content].push_back(std::move(handling)); }
    [[nodiscard]] const std::map<event::Sha256, std::vector<Handling>>& handlings() const { return handlings_; }

    [[nodiscard]] const std::vector<Run>& runs() const { return runs_; }

    // Of one content, the oldest first.
    [[nodiscard]] std::vector<Handling> of(const event::Sha256& content) const;

    // Contents that a run has under that path, each once.
    [[nodiscard]] std::vector<event::Sha256> under(const std::string& path) const;

    // What came into `runs`, and into the runs it came from; what went out of them, and on. Each passage once, nearest
    // first. Of several runs that wrote a content, the last one to begin before the reader ended.
    [[nodiscard]] std::vector<Passage> into(const std::vector<std::size_t>& runs) const;
    [[nodiscard]] std::vector<Passage> out_of(const std::vector<std::size_t>& runs) const;

    // From the run that wrote a content to those that read it. `handlings` are all of that content.
    [[nodiscard]] std::vector<Passage> passages(const event::Sha256& content,
                                                const std::vector<Handling>& handlings) const;

  private:
    [[nodiscard]] std::vector<Passage> passages() const;

    std::vector<Run> runs_;
    std::map<event::Sha256, std::vector<Handling>> handlings_;
};

}  // namespace fstracker::run
