// SPDX-License-Identifier: Apache-2.0
// The kernel side, loaded and attached for one backend and shared by every run: by this process alone, or pinned in a
// folder of a BPF file system, where it stays when this process ends and is adopted by the next one. Runs have places
// in it (capture/bpf/run.hpp).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "capture/bpf/settings.hpp"
#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::capture {

// Runs at once. A run's number is its place, 1 to kPlaces - 1, and above it a count of the runs that had that place.
inline constexpr std::uint32_t kPlaces = 64;
constexpr std::uint32_t place_of(std::uint32_t number) { return number % kPlaces; }

// Maps that user space reads or writes.
enum class KernelMap { kHosts, kRuns, kCounters, kRings, kFolds, kObjects, kRequests };
inline constexpr std::size_t kKernelMaps = 7;

class BpfObject;

class Kernel {
  public:
    // Loads `settings.backend` ("auto": the strongest that loads and attaches). Gone with this object.
    static Result<std::shared_ptr<Kernel>> load(BpfSettings settings);
    // What pin() left. kNotFound where there is nothing whole; kPermission and others when it cannot be opened.
    static Result<std::shared_ptr<Kernel>> adopt(const std::string& folder);
    ~Kernel();
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;

    // Leaves everything in `folder`, which must not be there yet and lies in a BPF file system: it stays there until
    // unpin(folder), and programs stay attached until detach() or that. All or nothing.
    Status pin(const std::string& folder);
    // Detaches, once nobody has it open any more. Nothing where there is no such folder.
    static Status unpin(const std::string& folder);
    // A folder's name for pin(): it says what the programs are, so that two versions of them have two folders.
    [[nodiscard]] std::string pin_name() const;
    // Whether what is pinned by that name is of a layout that this version reads.
    static bool is_readable(const std::string& pin_name);

    // Of what is pinned: while nobody records, attached programs cost the machine a little for nothing.
    Status attach();
    Status detach();
    [[nodiscard]] bool attached() const { return attached_; }

    [[nodiscard]] const std::string& backend() const { return backend_; }
    [[nodiscard]] const std::vector<std::string>& hooks() const { return hooks_; }
    [[nodiscard]] int map(KernelMap which) const { return maps_[static_cast<std::size_t>(which)]; }

    // Program runs that the kernel skipped since they were loaded, for whichever run.
    [[nodiscard]] std::uint64_t missed() const;

    // The kernel's idea of the time of day; called again when the clock was set.
    Status set_clock() const;

    // Makes `child` the first member of run `number`, and has the descriptors that it holds told. One thread, one
    // process at a time.
    Status join(std::uint32_t number, pid_t child) const;
    // From now on writers from outside are told of to that run, or no longer.
    Status set_recording(std::uint32_t number, bool recording) const;

    // Detaches in a thread of its own, unless pinned. No run may be active.
    void detach_beside();

  private:
    Kernel() = default;

    std::unique_ptr<BpfObject> object_;  // none: adopted
    std::string folder_;             // of its pins; empty: it has none
    bool attached_ = true;
    std::vector<base::Fd> opened_;  // by adopt()
    std::string backend_;
    std::vector<std::string> hooks_;
    int maps_[kKernelMaps] = {};
    int iterator_ = -1;
    std::vector<int> programs_;  // one for each of hooks_
};

}  // namespace fstracker::capture
