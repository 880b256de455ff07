// SPDX-License-Identifier: Apache-2.0
// A worker as its broker sees it: started, talked to, reaped.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "daemon/run/order.hpp"

namespace fstracker::daemon {

// A file of memory with these bytes, sealed.
Result<base::Fd> memory_file(const std::string& bytes);

class WorkerProcess {
  public:
    // This program as a worker. It ends with this process.
    static Result<WorkerProcess> start();
    WorkerProcess(WorkerProcess&&) noexcept;
    WorkerProcess& operator=(WorkerProcess&&) noexcept;
    ~WorkerProcess();  // killed and reaped, if it has not ended

    // Begin with a run; `project` is a memory file.
    Status begin(const Order& order, const base::Fd& project) const;
    // Go on with the one in the making there.
    Status resume(const Order& order, const std::string& working_path) const;
    // Make incomplete runs of what is in the making in `order.store_root`, but for the runs in `order.after`.
    Status recover(const Order& order) const;
    Status abort() const;

    // Readable when it says something or has ended.
    [[nodiscard]] int socket() const { return socket_.get(); }
    [[nodiscard]] pid_t pid() const { return pid_; }

    // What it says; nothing: nothing now. An error: it has ended, or says what nobody understands.
    Result<std::optional<WorkerWord>> hear() const;
    // Waits for its end, which has come or is near, and gives the status of wait(2).
    int reap();

  private:
    WorkerProcess() = default;
    pid_t pid_ = -1;
    base::Fd socket_;
};

}  // namespace fstracker::daemon
