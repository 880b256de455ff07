// SPDX-License-Identifier: Apache-2.0
// One run's place in the kernel side, with the maps that are its own: its ring buffer, what it was told already, what
// it has touched. Pinned beside the kernel's pins they outlive the process that reads them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "capture/bpf/kernel.hpp"
#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "core/event/event.hpp"

namespace fstracker::capture {

class KernelRun {
  public:
    // Makes the run's maps and takes the place of `number`, whose former run must have been released. The run is active
    // from then on, and has no member. `ring_bytes`: a power of two, a multiple of the page; 0: the usual size.
    static Result<std::unique_ptr<KernelRun>> begin(std::shared_ptr<Kernel> kernel, std::uint32_t number,
                                                    std::size_t ring_bytes);
    // One that pin() left, to be read on. It may have ended.
    static Result<std::unique_ptr<KernelRun>> reopen(std::shared_ptr<Kernel> kernel, std::uint32_t number,
                                                     const std::string& folder);

    // In `folder`, which is made; all or nothing.
    Status pin(const std::string& folder) const;

    // Frees the place of a run whose reader has all it wants, or that nobody reads: what is still recorded is dropped,
    // and pins are removed. Of the process that began runs.
    static Status release(const Kernel& kernel, std::uint32_t number, const std::string& folder);

    [[nodiscard]] const Kernel& kernel() const { return *kernel_; }
    [[nodiscard]] Kernel& kernel() { return *kernel_; }
    [[nodiscard]] std::uint32_t number() const { return number_; }
    [[nodiscard]] int ring() const { return ring_.get(); }

    // Nothing that begins later is recorded; programs that are at it may still be. Whether the run was active until now.
    [[nodiscard]] Result<bool> end() const;

    [[nodiscard]] std::vector<event::Counters> counters() const;

    // Fold totals of processes that `wanted` names, and with kTakeOut their entries go.
    enum class Entries { kTakeOut, kLeave };
    std::vector<event::FoldTotal> folds(const std::function<bool(event::ProcessId)>& wanted, Entries entries) const;

    // Of the run's: whether requests to an io_uring were left whose outcome was not seen.
    [[nodiscard]] bool has_unfollowed_requests() const;

    // Room for more objects that are watched for writers from outside, as long as there are parts: true when a part was
    // added. Where there is no memory for one, the kernel side says of each object beyond that it is not watched.
    bool add_objects();
    [[nodiscard]] std::uint64_t objects_room() const;

  private:
    KernelRun() = default;

    std::shared_ptr<Kernel> kernel_;
    std::uint32_t number_ = 0;
    base::Fd ring_;
    base::Fd folds_;
    std::uint32_t object_parts_ = 0;
};

}  // namespace fstracker::capture
