// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/address.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "core/base/errno_error.hpp"

namespace fstracker::control {

Result<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path))
        return fail(ErrorKind::kInvalid,
                    fmt::format("{}: a socket's path has 1 to {} bytes", path, sizeof(address.sun_path) - 1),
                    "choose a shorter path");
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

Result<base::Fd> stream_socket() {
    base::Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return base::fail_errno(errno, "a socket");
    return socket;
}

}  // namespace fstracker::control
