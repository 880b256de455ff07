// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/disposal.hpp"

#include <fcntl.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "daemon/control/frame.hpp"

namespace fstracker::control {

namespace {

constexpr auto kPatience = std::chrono::seconds(1);

// Sockets within what a socket was sent, within what it was sent, …
constexpr unsigned kDeepest = 4;

void dispose(base::Fd descriptor, unsigned depth = 0) {
    int domain = 0;
    socklen_t length = sizeof(domain);
    if (::getsockopt(descriptor.get(), SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0) return;
    const linger none{};
    ::setsockopt(descriptor.get(), SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    if (domain != AF_UNIX || depth == kDeepest) return;
    Incoming unread({~std::size_t{0}, ~std::size_t{0}, 0, 0},
                    [depth](base::Fd inner) { dispose(std::move(inner), depth + 1); });
    ::shutdown(descriptor.get(), SHUT_RDWR);
    while (unread.read(descriptor.get()) == Incoming::Read::kSome) unread.forget();
}

}  // namespace

bool closes_at_once(int descriptor) {
    if (::fcntl(descriptor, F_GET_SEALS) >= 0) return true;
    std::array<char, 64> name{};
    const auto link = fmt::format("/proc/self/fd/{}", descriptor);
    const auto length = ::readlink(link.c_str(), name.data(), name.size());
    if (length <= 0) return false;
    // Of a file it would begin with a slash.
    const std::string_view kind(name.data(), static_cast<std::size_t>(length));
    return kind == "anon_inode:[pidfd]" || kind.starts_with("pidfd:[");
}

struct Disposal::State {
    mutable std::mutex mutex;
    std::condition_variable ended;
    // By user; whoever is in here has a thread.
    std::map<std::uint32_t, std::deque<base::Fd>> users;

    // The thread of a user: ends when there is nothing left.
    void work(std::uint32_t user) {
        std::unique_lock lock(mutex);
        for (auto& queue = users.at(user); !queue.empty();) {
            auto descriptor = std::move(queue.front());
            lock.unlock();
            dispose(std::move(descriptor));
            lock.lock();
            queue.pop_front();
        }
        users.erase(user);
        ended.notify_all();
    }
};

Disposal::Disposal() : state_(std::make_shared<State>()) {}

Disposal::~Disposal() {
    std::unique_lock lock(state_->mutex);
    state_->ended.wait_for(lock, kPatience, [this] { return state_->users.empty(); });
}

void Disposal::take(base::Fd descriptor, std::uint32_t user) {
    {
        const std::lock_guard lock(state_->mutex);
        const auto [queue, is_first] = state_->users.try_emplace(user);
        queue->second.push_back(std::move(descriptor));
        if (!is_first) return;
    }
    try {
        std::thread([state = state_, user] { state->work(user); }).detach();
    } catch (const std::system_error&) {  // there may be no further thread: here, then
        state_->work(user);
    }
}

void Disposal::end_connection(base::Fd socket, std::uint32_t user) {
    if (!socket) return;
    // From here on nothing comes any more. What came before and was not read may hold descriptors.
    ::shutdown(socket.get(), SHUT_RDWR);
    int unread = 0;
    if (::ioctl(socket.get(), SIOCINQ, &unread) != 0 || unread > 0) take(std::move(socket), user);
}

std::size_t Disposal::waiting(std::uint32_t user) const {
    const std::lock_guard lock(state_->mutex);
    const auto queue = state_->users.find(user);
    return queue == state_->users.end() ? 0 : queue->second.size();
}

}  // namespace fstracker::control
