// SPDX-License-Identifier: Apache-2.0
// The socket that the service listens on: handed over by systemd, or bound here.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::control {

// The one listening Unix stream socket that socket activation (LISTEN_PID, LISTEN_FDS) passed to this process; nothing
// where it passed none. Takes the variables out of the environment: call it before there are threads, once.
Result<std::optional<base::Fd>> activated_socket();

// A socket bound at a path, which goes when this ends.
class BoundSocket {
  public:
    // Mode 0660; `group` is given to it where it is set. The directory must be writable by this user alone: that is the
    // caller's care. A socket that nobody listens on any more is replaced without a moment in which there is none;
    // one that somebody listens on, and anything that is no socket, is an error. `PATH.lock` is held meanwhile.
    static Result<std::unique_ptr<BoundSocket>> bind(const std::string& path, std::optional<gid_t> group);
    ~BoundSocket();
    BoundSocket(const BoundSocket&) = delete;
    BoundSocket& operator=(const BoundSocket&) = delete;

    // The listening socket, once: Server takes it.
    [[nodiscard]] base::Fd take() { return std::move(socket_); }

  private:
    BoundSocket() = default;
    std::string path_;
    base::Fd lock_;
    base::Fd socket_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace fstracker::control
