// SPDX-License-Identifier: Apache-2.0
// The kernel side, opened, configured for one backend, loaded and attached; detached and unloaded by its destructor.
// The only header through which the skeleton is seen.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "capture/bpf/settings.hpp"
#include "core/base/result.hpp"
#include "fstracker.skel.h"

namespace fstracker::capture {

class BpfObject {
  public:
    // Errors name the first thing that refused and carry what an administrator can change as the hint.
    static Result<std::unique_ptr<BpfObject>> load(const BpfSettings& settings);
    ~BpfObject();
    BpfObject(const BpfObject&) = delete;
    BpfObject& operator=(const BpfObject&) = delete;

    // The iterator is not attached: it runs when it is read.
    Status attach();
    void detach();
    // The same in a thread of its own, since each tracepoint's removal waits for the whole machine. Nothing else of
    // this object may be attached or detached after it; the destructor waits for it.
    void detach_beside();

    [[nodiscard]] fstracker_bpf* get() const { return skeleton_; }
    [[nodiscard]] const std::vector<std::string>& hooks() const { return hooks_; }
    // Of the backend's programs, which are in the order of hooks(): descriptors; and links, once they are attached.
    [[nodiscard]] std::vector<int> programs() const;
    [[nodiscard]] const std::vector<bpf_link*>& links() const { return links_; }

  private:
    BpfObject() = default;
    enum class Optional { kAll, kThoseInTheTypes, kNone };
    static Result<std::unique_ptr<BpfObject>> load(const BpfSettings& settings, Optional optional);

    fstracker_bpf* skeleton_ = nullptr;
    std::vector<bpf_program*> attached_;  // those of the backend
    std::vector<bpf_link*> links_;
    std::vector<std::string> hooks_;
    std::future<void> detacher_;
};

}  // namespace fstracker::capture
