// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>

#include "core/base/fd.hpp"

namespace fstracker::daemon {

void notify(std::string_view state) {
    const char* given = std::getenv("NOTIFY_SOCKET");
    const std::string_view path = given == nullptr ? std::string_view() : given;
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() < 2 || path.size() >= sizeof address.sun_path) return;
    std::copy(path.begin(), path.end(), address.sun_path);
    if (path.front() == '@') address.sun_path[0] = '\0';  // an abstract name
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    const base::Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (socket)
        static_cast<void>(::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                                   reinterpret_cast<const sockaddr*>(&address), size));
}

std::optional<std::chrono::microseconds> watchdog_interval() {
    const char* given = std::getenv("WATCHDOG_USEC");
    const std::string_view text = given == nullptr ? std::string_view() : given;
    std::int64_t microseconds = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), microseconds);
    if (text.empty() || parsed.ec != std::errc() || microseconds <= 0) return std::nullopt;
    return std::chrono::microseconds(microseconds / 2);
}

}  // namespace fstracker::daemon
