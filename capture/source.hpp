// SPDX-License-Identifier: Apache-2.0
// Where a run's records come from: the seam between a live kernel and everything after it. The BPF backends are one
// implementation; tests put a scripted one in its place. One thread uses a Source.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/event/event.hpp"

namespace fstracker::capture {

// What a backend is, for the evidence.
struct SourceInfo {
    std::string backend;
    std::vector<std::string> hooks;
    std::vector<std::string> blind_spots;  // what it can never see, one sentence each
    bool sees_writers = true;              // whoever else has an object open for writing
};

// The source's own account, once it has stopped.
struct SourceTotals {
    std::vector<event::Counters> kernel;  // by kind, summed over CPUs
    std::vector<event::FoldTotal> folds;  // times still CLOCK_BOOTTIME in `last`
    std::uint64_t missed = 0;             // program runs that the kernel skipped
    bool unfollowed_requests = false;     // an io_uring was asked for something, and what came of it was not seen
};

class Source {
  public:
    // Called with whole wire records (fstracker/abi/event.h), valid during the call.
    using Sink = std::function<void(std::span<const std::byte>)>;

    virtual ~Source() = default;

    [[nodiscard]] virtual const SourceInfo& info() const = 0;

    // Makes `child`, which waits at its gate, the run's first process, and delivers what it inherits.
    virtual Status start(pid_t child) = 0;

    // Waits up to `milliseconds` for records to gather, delivers what there is, and says how many.
    virtual Result<std::size_t> poll(int milliseconds, const Sink& sink) = 0;

    // Makes a poll() that waits return, now or the next one. From any thread.
    virtual void wake() = 0;

    // Fold totals of processes that have ended, taken out of the kernel's table when it has grown; usually none.
    virtual std::vector<event::FoldTotal> harvest(const std::function<bool(event::ProcessId)>& ended) = 0;

    // What begins after this returns is not recorded. Delivers what there is; what is still on its way is delivered by
    // stop(), which follows.
    virtual Status end(const Sink& sink) = 0;

    // Delivers what was on its way.
    virtual Result<SourceTotals> stop(const Sink& sink) = 0;
};

}  // namespace fstracker::capture
