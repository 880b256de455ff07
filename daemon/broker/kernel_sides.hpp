// SPDX-License-Identifier: Apache-2.0
// The kernel side that new runs get, and those of versions before this one as long as their runs go on; all of them
// pinned in one folder of a BPF file system. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "capture/bpf/kernel.hpp"
#include "core/base/result.hpp"

namespace fstracker::daemon {

class KernelSides {
  public:
    // `folder`: made where it is not there; its parent is one of a BPF file system. `backend`: "auto" or a name.
    KernelSides(std::string folder, std::string backend, std::size_t ring_bytes);

    // Takes over what is pinned, and says which runs are.
    struct PinnedRun {
        std::string kernel_pins, run_pins;
        std::uint32_t number = 0;
    };
    Result<std::vector<PinnedRun>> adopt();

    // The kernel side for new runs: loaded and pinned where it is not there yet. Attached, since somebody is about to
    // record.
    Result<const capture::Kernel*> current();
    // The same, where it is there.
    [[nodiscard]] const capture::Kernel* known() const;

    struct Place {
        std::string kernel_pins, run_pins;
        std::uint32_t number = 0;
        std::uint64_t missed_before = 0;
        std::string backend;
    };
    // A run with its place and pins, whose first member `pid` is. Nothing is left behind where that fails.
    Result<Place> begin(std::uint32_t pid);
    // Frees a place, whoever began it.
    void release(const std::string& kernel_pins, const std::string& run_pins, std::uint32_t number);

    // Detaches what no run needs, removes what no run will need. Called when nobody has recorded for a while.
    void rest();
    // The clock was set.
    void set_clock();

  private:
    struct Side {
        std::shared_ptr<capture::Kernel> kernel;
        std::map<std::uint32_t, std::uint32_t> runs;  // place -> number
    };

    Result<Side*> side_for_new_runs();

    std::string folder_, backend_;
    std::size_t ring_bytes_;
    std::map<std::string, Side> sides_;  // by folder
    std::string current_;                // of sides_; empty: none yet
};

}  // namespace fstracker::daemon
