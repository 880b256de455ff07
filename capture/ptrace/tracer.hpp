// SPDX-License-Identifier: Apache-2.0
// The process that traces a step. It is a process of its own, in a session of its own, because a step under a filter
// cannot do without its tracer: what stops or ends the recorder must not stop the step, and what outlives the command
// still needs somebody who lets it go on.
//
//   recorder                          tracer
//      Request::kStart, the child   ->   attaches, lists what the child inherits
//                                   <-   an errno
//      Request::kEnd                ->   Totals, then fst_fold_key and fst_fold of each fold
//      end of file                  ->   records no more, and leaves when nothing is left to trace
//                                   <-   a byte kMuchWaits, at any time: the ring fills up
#pragma once

#include <sys/types.h>

#include <array>
#include <csignal>
#include <cstdint>

#include "capture/ptrace/shared_ring.hpp"
#include "core/base/fd.hpp"
#include "fstracker/abi/event.h"

namespace fstracker::capture {

enum class Request : std::int32_t { kStart = 1, kEnd = 2 };

// Sent with a request, and again until it is answered: the tracer waits for its tracees and not for messages.
inline constexpr int kRequestSignal = SIGIO;

struct RequestMessage {
    Request request = Request::kEnd;
    pid_t child = 0;
};

// What the tracer says. `kind` tells which of the members count.
struct TracerMessage {
    enum class Kind : std::int32_t { kMuchWaits = 1, kStarted = 2, kTotals = 3 };
    Kind kind = Kind::kMuchWaits;
    std::int32_t error = 0;
    std::uint64_t folds = 0;  // pairs that follow
    std::array<fst_counters, FST_KINDS> counters{};
};

// In the new process, after a fork of one without threads. Does not return.
[[noreturn]] void run_tracer(SharedRing& ring, base::Fd control);

// What a thread is attached with. When the tracer is killed, so is what it traces: its calls would fail from then on.
unsigned long trace_options();

}  // namespace fstracker::capture
