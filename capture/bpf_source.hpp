// SPDX-License-Identifier: Apache-2.0
// A run on a live kernel through BPF.
#pragma once

#include <future>
#include <memory>

#include "capture/bell.hpp"
#include "capture/bpf_object.hpp"
#include "capture/source.hpp"

namespace fstracker::capture {

class BpfSource : public Source {
  public:
    // Loads `settings.backend` ("auto": the strongest that loads and attaches). Nothing is recorded before start().
    static Result<std::unique_ptr<BpfSource>> open(BpfSettings settings);
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
    // Makes the gated child a member, and has its descriptors told.
    Status join(pid_t child);
    Status consume(const Sink& sink);
    [[nodiscard]] std::vector<event::Counters> counters() const;
    // Read and, while the run goes on, taken out to make room; at its end the table goes as a whole.
    enum class Table { kGoesOn, kIsDone };
    std::vector<event::FoldTotal> take_folds(const std::function<bool(event::ProcessId)>& wanted, Table table);
    [[nodiscard]] std::uint64_t missed() const;
    [[nodiscard]] bool has_unfollowed_requests() const;
    void make_room_for_objects();

    std::unique_ptr<BpfObject> object_;
    ring_buffer* ring_ = nullptr;
    Bell wake_;
    SourceInfo info_;
    const Sink* sink_ = nullptr;  // while the ring is read
    std::size_t accesses_since_harvest_ = 0;
    std::uint64_t records_ = 0;
    std::uint32_t object_parts_ = 0;
    std::future<void> quiet_;  // no program that saw the run active is still at it
};

}  // namespace fstracker::capture
