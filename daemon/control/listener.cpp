// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/listener.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "core/base/errno_error.hpp"
#include "daemon/control/address.hpp"

namespace fstracker::control {

namespace {

constexpr int kFirstPassed = 3;
constexpr int kBacklog = 128;

std::optional<long> number_in(const char* variable) {
    const char* text = std::getenv(variable);
    if (text == nullptr) return std::nullopt;
    const std::string_view view(text);
    long number = 0;
    const auto parsed = std::from_chars(view.begin(), view.end(), number);
    if (parsed.ec != std::errc() || parsed.ptr != view.end()) return std::nullopt;
    return number;
}

int option_of(int socket, int option) {
    int value = -1;
    socklen_t length = sizeof(value);
    return ::getsockopt(socket, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

// Somebody listens there, as far as can be told.
bool is_alive(const sockaddr_un& address) {
    auto probe = stream_socket();
    if (!probe) return true;
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    return ::connect(probe->get(), generic, sizeof(address)) == 0 || errno != ECONNREFUSED;
}

Error taken(const std::string& path) {
    return {ErrorKind::kInvalid, path + ": another process listens there", "stop it, or choose another path"};
}

Status check_place(const std::string& path, const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT) return {};
        return base::fail_errno(errno, path);
    }
    if (!S_ISSOCK(status.st_mode))
        return fail(ErrorKind::kInvalid, path + ": is there and is no socket", "remove it, or choose another path");
    if (is_alive(address)) return fail(taken(path));
    return {};
}

}  // namespace

Result<std::optional<base::Fd>> activated_socket() {
    const auto pid = number_in("LISTEN_PID");
    const auto count = number_in("LISTEN_FDS");
    for (const char* variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
    if (!pid || !count || *pid != ::getpid() || *count == 0) return std::optional<base::Fd>();
    if (*count != 1)
        return fail(ErrorKind::kInvalid, fmt::format("socket activation passed {} descriptors, not one", *count),
                    "give the .socket unit one ListenStream=");
    base::Fd socket(kFirstPassed);
    if (option_of(socket.get(), SO_DOMAIN) != AF_UNIX || option_of(socket.get(), SO_TYPE) != SOCK_STREAM ||
        option_of(socket.get(), SO_ACCEPTCONN) != 1)
        return fail(ErrorKind::kInvalid, "socket activation passed no listening Unix stream socket",
                    "ListenStream= takes a path");
    if (::fcntl(socket.get(), F_SETFD, FD_CLOEXEC) != 0 || ::fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0)
        return base::fail_errno(errno, "the socket that was passed");
    return std::optional<base::Fd>(std::move(socket));
}

Result<std::unique_ptr<BoundSocket>> BoundSocket::bind(const std::string& path, std::optional<gid_t> group) {
    const auto address = address_of(path);
    if (!address) return fail(address.error());
    const std::string lock_path = path + ".lock";
    base::Fd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!lock) return base::fail_errno(errno, lock_path);
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
        return errno == EWOULDBLOCK ? fail(taken(path)) : base::fail_errno(errno, lock_path);
    if (auto place = check_place(path, *address); !place) return fail(place.error());

    // Bound beside its place and renamed when it is ready: who finds it finds it with its mode, and listening.
    const std::string beside = path + ".new";
    const auto temporary = address_of(beside);
    if (!temporary) return fail(temporary.error());
    if (::unlink(beside.c_str()) != 0 && errno != ENOENT) return base::fail_errno(errno, beside);
    auto socket = stream_socket();
    if (!socket) return fail(socket.error());
    constexpr mode_t kOwnerOnly = 0600;
    constexpr mode_t kOwnerAndGroup = 0660;
    ::fchmod(socket->get(), kOwnerOnly);  // Linux gives it to the file that bind() makes
    if (::bind(socket->get(), reinterpret_cast<const sockaddr*>(&*temporary), sizeof(*temporary)) != 0)
        return base::fail_errno(errno, beside);
    struct stat status {};
    const bool ready = (!group || ::lchown(beside.c_str(), static_cast<uid_t>(-1), *group) == 0) &&
                       ::chmod(beside.c_str(), kOwnerAndGroup) == 0 && ::listen(socket->get(), kBacklog) == 0 &&
                       ::lstat(beside.c_str(), &status) == 0 && ::rename(beside.c_str(), path.c_str()) == 0;
    if (!ready) {
        const int error = errno;
        ::unlink(beside.c_str());
        return base::fail_errno(error, path);
    }
    std::unique_ptr<BoundSocket> bound(new BoundSocket());
    bound->path_ = path;
    bound->lock_ = std::move(lock);
    bound->socket_ = std::move(*socket);
    bound->device_ = status.st_dev;
    bound->inode_ = status.st_ino;
    return bound;
}

BoundSocket::~BoundSocket() {
    struct stat status {};
    if (::lstat(path_.c_str(), &status) == 0 && status.st_dev == device_ && status.st_ino == inode_)
        ::unlink(path_.c_str());
}

}  // namespace fstracker::control
