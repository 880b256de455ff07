// SPDX-License-Identifier: Apache-2.0
// What was taken from the kernel and is not in the event log yet, kept in shared memory of a file: a process that is
// killed loses none of it. Entries are numbered lines of the log; the log's own flush makes them superfluous.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::store {

// One thread. An entry is whole or not there; entries are kept in the order of append().
class Journal {
  public:
    // Opens or makes the file and begins with an empty journal at its first clear().
    static Result<std::unique_ptr<Journal>> open(const std::string& path);
    ~Journal();
    Journal(const Journal&) = delete;
    Journal& operator=(const Journal&) = delete;

    // `lines`: whole lines with their newlines, `count` of them, the next ones of the log. When this returns they
    // outlive this process (not the machine). An error (no space on the disk): they are not in the journal, nothing
    // else changes.
    Status append(std::string_view lines, std::uint64_t count);

    // Everything that was appended is in the log's file: the journal is empty, and goes on behind line number `next`
    // (from 0).
    void clear(std::uint64_t next);

    [[nodiscard]] std::uint64_t bytes() const;

    // Calls `line` for each line that the journal at `path` has and a log of `known` lines lacks, in order, without
    // newline. The number of lines that are missing between the two: 0 when nothing is. No journal: nothing to call.
    static Result<std::uint64_t> read(const std::string& path, std::uint64_t known,
                                      const std::function<Status(std::string_view)>& line);

  private:
    struct State;
    explicit Journal(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::store
