// SPDX-License-Identifier: Apache-2.0
// What the tracer knows of the threads that it traces. One thread.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "capture/ptrace/call.hpp"
#include "capture/ptrace/journal.hpp"
#include "capture/ptrace/look.hpp"
#include "core/base/fd.hpp"

namespace fstracker::capture {

struct TracedProcess {
    pid_t tgid = 0;
    std::uint32_t entry = 0;  // of the run's process table
    std::uint32_t uid = 0;
    View view;
    bool has_forked = false;
    unsigned alive = 0;             // threads that have not ended
    std::optional<fst_exit> spent;  // once the last of them ends

    [[nodiscard]] Actor actor() const { return {entry, static_cast<std::uint32_t>(tgid)}; }
};

// One name of a call that changes names, and what it led to before the call.
struct NameBefore {
    SeenName seen;
    int directory = 0;
    base::Fd handle;
    std::optional<fst_object> object;
};

// The call that a thread is in, between the stop at its entry and the one at its return.
struct CurrentCall {
    Call call = Call::kNone;
    std::array<std::uint64_t, 6> arguments{};
    bool existed = true;  // what an open with O_CREAT leads to
    NameBefore first, second;

    [[nodiscard]] int descriptor(std::size_t index) const { return static_cast<int>(arguments.at(index)); }
};

// Lets the thread go on now, while what is left to do needs it no more. Called once or not at all.
using GoOn = std::function<void()>;

struct Task {
    pid_t tid = 0;
    std::shared_ptr<TracedProcess> process;
    base::Fd handle;  // a pidfd; opened on first use
    bool handle_tried = false;
    bool ended = false;
    std::optional<CurrentCall> call;  // to be followed to its return

    base::Fd take(int descriptor) {
        if (!handle_tried) handle = open_task(tid);
        handle_tried = true;
        return take_descriptor(tid, handle, descriptor);
    }
    [[nodiscard]] const View& view() const { return process->view; }
    [[nodiscard]] Actor actor() const { return process->actor(); }
};

}  // namespace fstracker::capture
