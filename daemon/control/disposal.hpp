// SPDX-License-Identifier: Apache-2.0
// Closes descriptors that others sent. close(2) of a TCP socket that lingers, or of a file of a FUSE file system, waits
// for as long as whoever sent it likes: that is done on threads, one for each user who has sent such things.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/base/fd.hpp"

namespace fstracker::control {

// Whether it is what the interface has a use for, a pidfd or a memory file: those are closed at once, wherever.
bool closes_at_once(int descriptor);

// For one thread. What is being closed when this ends is waited for a second.
class Disposal {
  public:
    Disposal();
    ~Disposal();
    Disposal(const Disposal&) = delete;
    Disposal& operator=(const Disposal&) = delete;

    // Has it closed. Of a Unix socket what it was sent and nobody has read is closed likewise.
    void take(base::Fd descriptor, std::uint32_t user);
    // A connection's own socket, at its end: closed here where that cannot wait.
    void end_connection(base::Fd socket, std::uint32_t user);
    // How many of that user's have not been closed yet.
    [[nodiscard]] std::size_t waiting(std::uint32_t user) const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace fstracker::control
