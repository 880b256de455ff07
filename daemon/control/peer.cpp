// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/peer.hpp"

#include <sys/socket.h>

#include <cerrno>

#include "core/base/errno_error.hpp"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace fstracker::control {

Result<Peer> peer_of(int socket) {
    ucred credentials{};
    socklen_t length = sizeof(credentials);
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return base::fail_errno(errno, "the peer's credentials");
    Peer peer{credentials.uid, credentials.gid, credentials.pid, {}};
    int process = -1;
    length = sizeof(process);
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &process, &length) == 0) peer.process.reset(process);
    return peer;
}

}  // namespace fstracker::control
