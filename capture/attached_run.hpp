// SPDX-License-Identifier: Apache-2.0
// A run that another process began in the kernel (capture/bpf/run.hpp), recorded by this one; should this one be
// killed, the next one goes on with it. Everything that takes is in the run's directory and in the pins:
// docs/service.md.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "capture/record_run.hpp"
#include "capture/recorder.hpp"
#include "core/base/result.hpp"
#include "core/judge/watch.hpp"

namespace fstracker::capture {

struct AttachedRun {
    RunRequest request;  // as of a run of one's own; what starts a command is not asked
    std::string id;
    std::string kernel_pins, run_pins;
    std::uint32_t number = 0;
    std::uint64_t missed_before = 0;  // Kernel::missed() when it began
    std::int64_t clock_offset = 0;    // from the kernel's time since boot to the epoch, nanoseconds
    std::int64_t started = 0;         // nanoseconds since the epoch
    std::uint32_t command_pid = 0;
    std::string service_note;  // JSON: what it takes to make this again
    std::string project;       // the project's files, packed; empty on resumption
};

class AttachedRecording {
  public:
    // Makes the run's directory in the store.
    static Result<std::unique_ptr<AttachedRecording>> begin(AttachedRun run);
    // Goes on with the one in `working_path`, up to where the recorder before it was killed. kNotFound when somebody
    // else writes it, or nobody can.
    static Result<std::unique_ptr<AttachedRecording>> resume(AttachedRun run, const std::string& working_path);
    ~AttachedRecording();
    AttachedRecording(const AttachedRecording&) = delete;
    AttachedRecording& operator=(const AttachedRecording&) = delete;

    // Called with what rules say while it happens, from record()'s thread. Before record().
    void tell_hits(judge::Watch::Listener listener);

    // Until the command ends, by the kernel's word, or `end` is set; then to the end, and writes the evidence. Makes
    // threads of its own. Of a command that ended before it executed anything nothing is kept, and it has not started.
    RunOutcome record(const CommandEnd& end);
    // Ends the wait in record() now. From any thread.
    void wake();

  private:
    struct State;
    explicit AttachedRecording(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::capture
