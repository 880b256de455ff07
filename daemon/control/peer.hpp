// SPDX-License-Identifier: Apache-2.0
// Who is at the other end of a Unix socket, by the kernel's word: as it was when the peer connected (for a client: when
// the service began to listen).
#pragma once

#include <cstdint>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::control {

struct Peer {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::int32_t pid = 0;  // may be another process's by now
    base::Fd process;      // a pidfd, which is that process for sure; only where the kernel gives it (Linux 6.5)
};

Result<Peer> peer_of(int socket);

}  // namespace fstracker::control
