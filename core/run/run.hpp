// SPDX-License-Identifier: Apache-2.0
// Events to a record. A Run is a pure state machine: the same events in the same order give the same record, whether
// they come from a live kernel or from an event log. One thread owns it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/event/event.hpp"
#include "core/run/record.hpp"

namespace fstracker::run {

// A content that should be hashed now: it was read, executed or loaded.
struct HashWanted {
    event::Object object;
    event::Path path;
    std::uint32_t pid = 0;
    std::int32_t descriptor = -1;
};

// An object whose state at the end of the run matters.
struct Tracked {
    event::ObjectId object;
    std::span<const event::Path> paths;  // the oldest first; the run's, as long as nothing but ends is applied to it
    std::uint32_t pid = 0;               // a process that used it
    std::int32_t descriptor = -1;
    event::Object last;     // as last seen
    bool replaced = false;  // its inode is another object's by now: nothing that leads there is this one
};

class Run {
  public:
    Run();
    ~Run();
    Run(Run&&) noexcept;
    Run& operator=(Run&&) noexcept;

    void apply(const event::Event& event);

    // What apply() found worth hashing since the last call.
    std::vector<HashWanted> take_wanted();

    // After the command's end, all Digested events applied: what to look at once more. The caller applies a FinalStamp
    // for each, or Unchanged for those that are as they were last seen, hashes what wanted_at_end() then names, and applies those Digested events.
    [[nodiscard]] std::vector<Tracked> tracked() const;
    [[nodiscard]] std::vector<HashWanted> wanted_at_end() const;

    [[nodiscard]] std::size_t object_count() const;

    // Whether, as far as was seen, a process other than the command has not ended.
    [[nodiscard]] bool has_others_running() const;

    // The record so far; `info` is the caller's. Sets finished and status from RunEnded.
    [[nodiscard]] Record record(RunInfo info) const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::run
