// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/pidfd.hpp"

#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"

namespace fstracker::control {

namespace {

constexpr std::size_t kMostText = std::size_t{64} << 10;

// The numbers of the line "NAME:\t1\t2\t3".
std::vector<std::int64_t> numbers_of(std::string_view text, std::string_view name) {
    std::vector<std::int64_t> numbers;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = std::min(text.find('\n', begin), text.size());
        auto line = text.substr(begin, end - begin);
        begin = end + 1;
        if (!line.starts_with(name) || line.size() == name.size() || line[name.size()] != ':') continue;
        line.remove_prefix(name.size() + 1);
        for (;;) {
            line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
            std::int64_t number = 0;
            const auto parsed = std::from_chars(line.begin(), line.end(), number);
            if (parsed.ec != std::errc()) return numbers;
            numbers.push_back(number);
            line.remove_prefix(static_cast<std::size_t>(parsed.ptr - line.begin()));
        }
    }
    return numbers;
}

tl::unexpected<Error> no_pidfd() {
    return fail(ErrorKind::kInvalid, "the descriptor is no pidfd of a process that lives",
                "send one of pidfd_open(2), and keep its process until the run is over");
}

// 0 signals nothing; of another process's descriptor it is EBADF, of one that has ended ESRCH.
bool lives(const base::Fd& pidfd) {
    return ::syscall(SYS_pidfd_send_signal, pidfd.get(), 0, nullptr, 0) == 0 || errno == EPERM;
}

}  // namespace

Result<ProcessOwner> owner_of(const base::Fd& pidfd) {
    if (!lives(pidfd)) return no_pidfd();
    const auto about = base::read_file(fmt::format("/proc/self/fdinfo/{}", pidfd.get()), kMostText);
    if (!about) return fail(about.error());
    const auto pid = numbers_of(*about, "Pid");
    if (pid.size() != 1 || pid[0] <= 0) return no_pidfd();
    const auto status = base::read_file(fmt::format("/proc/{}/status", pid[0]), kMostText);
    if (!status) return no_pidfd();
    const auto ids = numbers_of(*status, "Uid");
    // It lives still, so the pid was its own all the time.
    if (ids.size() != 4 || !lives(pidfd)) return no_pidfd();
    const auto id = [&ids](std::size_t at) { return static_cast<std::uint32_t>(ids.at(at)); };
    return ProcessOwner{static_cast<pid_t>(pid[0]), id(0), id(1), id(2)};
}

}  // namespace fstracker::control
