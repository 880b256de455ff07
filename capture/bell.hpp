// SPDX-License-Identifier: Apache-2.0
// Ends another thread's wait.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include "core/base/fd.hpp"

namespace fstracker::capture {

class Bell {
  public:
    Bell() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

    // From any thread; it is heard once.
    void ring() const {
        const std::uint64_t one = 1;
        static_cast<void>(::write(event_.get(), &one, sizeof one) == sizeof one);
    }

    // Waits for the bell, for the other descriptor, or for so long. True when the other one has something.
    bool wait_with(int other, int milliseconds) const {
        std::array<pollfd, 2> wanted{pollfd{other, POLLIN, 0}, pollfd{event_.get(), POLLIN, 0}};
        ::poll(wanted.data(), wanted.size(), milliseconds);
        std::uint64_t rung = 0;
        if ((wanted[1].revents & POLLIN) != 0)
            static_cast<void>(::read(event_.get(), &rung, sizeof rung) == sizeof rung);
        return (wanted[0].revents & (POLLIN | POLLHUP)) != 0;
    }

    // Readable once it has been rung, for those who wait for more than one thing.
    [[nodiscard]] int fd() const { return event_.get(); }

  private:
    base::Fd event_;
};

}  // namespace fstracker::capture
