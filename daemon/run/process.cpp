// SPDX-License-Identifier: Apache-2.0
#include "daemon/run/process.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <optional>
#include <sstream>
#include <string_view>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"

namespace fstracker::daemon {

namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 10;

// The rest of the line that begins with `name`.
std::optional<std::string> line_of(const std::string& text, std::string_view name) {
    std::size_t at = text.starts_with(name) ? 0 : text.find("\n" + std::string(name));
    if (at == std::string::npos) return std::nullopt;
    at = text.find(name, at) + name.size();
    return text.substr(at, text.find('\n', at) - at);
}

std::optional<std::uint64_t> start_of(std::uint32_t pid) {
    const auto stat = base::read_file("/proc/" + std::to_string(pid) + "/stat", kMostBytes);
    if (!stat) return std::nullopt;
    const std::size_t end = stat->rfind(')');  // of the name, which may hold anything
    if (end == std::string::npos) return std::nullopt;
    std::istringstream fields(stat->substr(end + 1));
    constexpr int kBefore = 19;  // between the name and the time of start, proc(5)
    std::string skipped;
    for (int i = 0; i < kBefore; ++i) fields >> skipped;
    std::uint64_t started = 0;
    return fields >> started ? std::optional(started) : std::nullopt;
}

bool is_alive(int pidfd) { return ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) == 0 || errno == EPERM; }

}  // namespace

Result<ProcessFacts> facts_of(int pidfd) {
    const auto gone = [] { return fail(ErrorKind::kNotFound, "the process has ended"); };
    if (pidfd < 0) return fail(ErrorKind::kInvalid, "the descriptor is no pidfd");
    const auto info = base::read_file("/proc/self/fdinfo/" + std::to_string(pidfd), kMostBytes);
    if (!info) return fail(info.error());
    const auto number = line_of(*info, "Pid:\t");
    if (!number) return fail(ErrorKind::kInvalid, "the descriptor is no pidfd");
    ProcessFacts facts;
    std::int64_t pid = 0;
    std::from_chars(number->data(), number->data() + number->size(), pid);
    if (pid == 0) return fail(ErrorKind::kInvalid, "the process is in another pid namespace than the service");
    if (pid < 0) return gone();
    facts.pid = static_cast<std::uint32_t>(pid);
    const std::string folder = "/proc/" + std::to_string(pid);
    const auto status = base::read_file(folder + "/status", kMostBytes);
    const auto started = start_of(facts.pid);
    std::error_code ignored;
    facts.here = std::filesystem::read_symlink(folder + "/cwd", ignored).native();
    if (!status || !started || !is_alive(pidfd)) return gone();
    facts.started = *started;
    std::array<std::uint32_t, 4> uids{};
    std::istringstream uid_fields(line_of(*status, "Uid:\t").value_or(""));
    for (std::uint32_t& uid : uids) uid_fields >> uid;
    std::istringstream gid_fields(line_of(*status, "Gid:\t").value_or(""));
    if (!(gid_fields >> facts.gid) || !uid_fields) return fail(ErrorKind::kSystem, folder + "/status cannot be read");
    facts.uid = uids[0];
    facts.one_user = uids[1] == uids[0] && uids[2] == uids[0] && uids[3] == uids[0];
    return facts;
}

base::Fd open_process(std::uint32_t pid, std::uint64_t started) {
    base::Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (process && start_of(pid) != started) process.reset();
    return process;
}

}  // namespace fstracker::daemon
