// SPDX-License-Identifier: Apache-2.0
// A run without privilege: the step is stopped by a seccomp filter at the calls that matter, and a process of its own
// (tracer.hpp) takes the objects from its descriptors.
#pragma once

#include <sys/types.h>

#include <memory>

#include "capture/bell.hpp"
#include "capture/launcher.hpp"
#include "capture/ptrace/shared_ring.hpp"
#include "capture/ptrace/tracer.hpp"
#include "capture/source.hpp"
#include "core/base/fd.hpp"

namespace fstracker::capture {

class PtraceSource : public Source {
  public:
    // Makes the tracing process and has the gated child install its filter: from here on that child, and nothing else,
    // can be started. `ring_bytes`: a power of two; 0: the usual size. This process must not have threads yet.
    static Result<std::unique_ptr<PtraceSource>> open(Launcher& launcher, std::size_t ring_bytes);
    ~PtraceSource() override;  // what is still traced goes on, with the tracing process

    [[nodiscard]] const SourceInfo& info() const override { return info_; }
    [[nodiscard]] Privileges privileges() const { return privileges_; }
    Status start(pid_t child) override;
    Result<std::size_t> poll(int milliseconds, const Sink& sink) override;
    void wake() override { wake_.ring(); }
    std::vector<event::FoldTotal> harvest(const std::function<bool(event::ProcessId)>& ended) override;
    Status end(const Sink& sink) override;
    Result<SourceTotals> stop(const Sink& sink) override;

  private:
    explicit PtraceSource(SharedRing ring) : ring_(std::move(ring)) {}
    Result<TracerMessage> hear(TracerMessage::Kind kind);
    bool hear_bytes(void* bytes, std::size_t size);
    Status request(Request what, pid_t child);

    SharedRing ring_;
    base::Fd control_;
    Bell wake_;
    pid_t tracer_ = -1;
    Privileges privileges_ = Privileges::kKept;
    SourceInfo info_;
};

// How a step would be filtered, or why this process cannot trace one. Starts a child that it ends again.
Result<Privileges> probe_ptrace();

}  // namespace fstracker::capture
