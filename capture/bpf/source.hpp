// SPDX-License-Identifier: Apache-2.0
// A run on a live kernel through BPF.
#pragma once

#include <future>
#include <memory>

#include "capture/bell.hpp"
#include "capture/bpf/kernel.hpp"
#include "capture/bpf/run.hpp"
#include "capture/source.hpp"

struct ring_buffer;  // of libbpf

namespace fstracker::capture {

class BpfSource : public Source {
  public:
    // A kernel side and in it the one run of this process. Nothing is recorded before start().
    static Result<std::unique_ptr<BpfSource>> open(BpfSettings settings);
    // A run that others have begun and started: start() does nothing. `missed_before`: what kernel().missed() was then.
    static Result<std::unique_ptr<BpfSource>> attach(std::unique_ptr<KernelRun> run, std::uint64_t missed_before);
    // A recorder before this one may have ended the run already, and was killed then.
    void expect_ended() { may_have_ended_ = true; }
    ~BpfSource() override;

    [[nodiscard]] const SourceInfo& info() const override { return info_; }
    Status start(pid_t child) override;
    Result<std::size_t> poll(int milliseconds, const Sink& sink) override;
    void wake() override { wake_.ring(); }
    std::vector<event::FoldTotal> harvest(const std::function<bool(event::ProcessId)>& ended) override;
    Status end(const Sink& sink) override;
    Result<SourceTotals> stop(const Sink& sink) override;

  private:
    BpfSource() = default;
    Status consume(const Sink& sink);

    std::unique_ptr<KernelRun> run_;
    bool started_ = false;
    bool may_have_ended_ = false;
    std::uint64_t missed_before_ = 0;
    ring_buffer* ring_ = nullptr;
    Bell wake_;
    SourceInfo info_;
    const Sink* sink_ = nullptr;  // while the ring is read
    std::size_t accesses_since_harvest_ = 0;
    std::uint64_t records_ = 0;
    std::future<void> quiet_;  // no program that saw the run active is still at it
};

}  // namespace fstracker::capture
