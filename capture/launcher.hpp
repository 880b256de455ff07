// SPDX-License-Identifier: Apache-2.0
// The command, started behind a gate: its process exists and waits, and executes only when capture is armed. What the
// command finds is what it would find without us: descriptors, signal mask and dispositions, limits, group, terminal.
#pragma once

#include <sys/types.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "capture/ptrace/seccomp_filter.hpp"
#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::capture {

// Signal state that the command is given back. Taken before this process changes its own.
struct SignalState {
    sigset_t mask{};
    struct sigaction child {};
};

// Blocks, in the calling thread and those it makes later, the signals that this process passes on to the command and
// those that would end it for a failed write, and makes sure that children can be waited for.
SignalState take_over_signals();

class Launcher {
  public:
    // Forks. The child waits; when this process dies before release(), it ends without executing.
    static Result<std::unique_ptr<Launcher>> fork_gated(std::vector<std::string> command, const SignalState& signals);
    ~Launcher();  // a child that was never released is reaped

    [[nodiscard]] pid_t pid() const { return pid_; }

    // Before release(): the child lets `tracer` attach to it and installs the filter that stops it at calls that
    // matter. From then on it needs that tracer.
    Result<Privileges> prepare_for_tracer(pid_t tracer);

    // Lets the command execute. 0, or the errno of the execution that failed (the child has ended then).
    int release();

  private:
    Launcher() = default;
    pid_t pid_ = -1;
    base::Fd gate_;    // what the child is to do, and its answers
    base::Fd report_;  // read from: errno of a failed execution, or end of file
    bool released_ = false;
};

}  // namespace fstracker::capture
