// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/server.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <exception>
#include <utility>

#include "core/base/clock.hpp"
#include "core/base/errno_error.hpp"
#include "daemon/control/envelope.hpp"

namespace fstracker::control {

namespace {

constexpr std::uint64_t kListener = 0;
constexpr std::uint64_t kWake = 1;
constexpr int kAcceptedAtOnce = 64;

}  // namespace

Server::Server(base::Fd listener, base::Fd epoll, base::Fd wake, Service& service, ServiceInfo info,
               const ServerLimits& limits)
    : listener_(std::move(listener)),
      epoll_(std::move(epoll)),
      wake_(std::move(wake)),
      service_(service),
      info_(std::move(info)),
      limits_(limits) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::create(base::Fd listener, Service& service, ServiceInfo info,
                                               const ServerLimits& limits) {
    base::Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return base::fail_errno(errno, "epoll");
    base::Fd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake) return base::fail_errno(errno, "eventfd");
    std::unique_ptr<Server> server(
        new Server(std::move(listener), std::move(epoll), std::move(wake), service, std::move(info), limits));
    if (auto watched = server->watch(server->listener_.get(), kListener); !watched) return fail(watched.error());
    if (auto watched = server->watch(server->wake_.get(), kWake); !watched) return fail(watched.error());
    return server;
}

Status Server::watch(int fd, std::uint64_t id) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = id;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return base::fail_errno(errno, "epoll");
    return {};
}

void Server::stop_accepting() {
    listener_.reset();
    accept_at_.reset();
}

std::optional<std::int64_t> Server::next_deadline() const {
    auto first = accept_at_;
    for (const auto& [id, connection] : connections_)
        if (const auto deadline = connection->deadline()) first = std::min(first.value_or(*deadline), *deadline);
    return first;
}

void Server::dispatch(std::int64_t now) {
    if (accept_at_ && now >= *accept_at_) {
        accept_at_.reset();
        if (!watch(listener_.get(), kListener)) accept_at_ = now + limits_.accept_again;
    }
    // Room for every connection, so that nobody has to wait for another's turn to be seen at all.
    std::vector<epoll_event> events(connections_.size() + 2);
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), 0);
    events.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    bool can_accept = false;
    for (const auto& event : events) {
        if (event.data.u64 == kListener) {
            can_accept = true;
        } else if (event.data.u64 == kWake) {
            std::uint64_t ignored = 0;
            if (::read(wake_.get(), &ignored, sizeof(ignored)) < 0) continue;  // another has read it
        } else if (const auto found = connections_.find(event.data.u64); found != connections_.end()) {
            found->second->on_events(event.events);
        }
    }
    serve();
    if (can_accept) accept(now);
    reap(now);
}

void Server::serve() {
    std::map<std::uint32_t, std::deque<std::shared_ptr<Connection>>> waiting;  // by uid
    for (const auto& [id, connection] : connections_)
        if (connection->has_turn()) waiting[connection->peer().uid].push_back(connection);
    // Each user has one turn; further ones until the time is up. The next dispatch begins with the user after the last.
    const std::int64_t until = base::time_since_boot() + limits_.turn;
    bool first_round = true;
    while (!waiting.empty() && (first_round || base::time_since_boot() < until)) {
        auto user = waiting.upper_bound(last_served_);
        for (std::size_t users = waiting.size(); users > 0; --users) {
            if (user == waiting.end()) user = waiting.begin();
            auto connection = std::move(user->second.front());
            user->second.pop_front();
            last_served_ = user->first;
            if (auto message = connection->take_message()) {
                ++counts_.messages;
                try {
                    route(std::move(*message), *connection, service_, info_, limits_.message);
                } catch (const std::exception& problem) {  // memory
                    connection->drop(problem.what());
                }
            }
            if (connection->has_message()) user->second.push_back(std::move(connection));
            user = user->second.empty() ? waiting.erase(user) : std::next(user);
        }
        first_round = false;
    }
    if (std::any_of(connections_.begin(), connections_.end(), [](const auto& c) { return c.second->has_message(); })) {
        const std::uint64_t one = 1;
        if (::write(wake_.get(), &one, sizeof(one)) < 0) return;  // it is awake
    }
}

void Server::reap(std::int64_t now) {
    std::vector<std::shared_ptr<Connection>> gone;
    for (auto at = connections_.begin(); at != connections_.end();) {
        at->second->check_time(now);
        if (!at->second->dropped()) {
            ++at;
            continue;
        }
        const auto user = users_.find(at->second->peer().uid);
        if (--user->second == 0) users_.erase(user);
        gone.push_back(std::move(at->second));
        at = connections_.erase(at);
    }
    for (const auto& connection : gone) {
        if (!connection->why().empty()) {
            ++counts_.dropped;
            if (log_) log_(connection->peer(), connection->why());
        }
        connection->tell_gone();
    }
}

void Server::accept(std::int64_t now) {
    for (int i = 0; i < kAcceptedAtOnce && listener_; ++i) {
        base::Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket) {
            take(std::move(socket));
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, listener_.get(), nullptr);
            accept_at_ = now + limits_.accept_again;
            return;
        }
        if (errno != EINTR && errno != ECONNABORTED) return;
    }
}

void Server::take(base::Fd socket) {
    auto peer = peer_of(socket.get());
    if (!peer) return;
    const bool root = peer->uid == 0;
    const auto user = users_.find(peer->uid);
    if (!root && user != users_.end() && user->second >= limits_.connections_per_user)
        return turn_away(std::move(socket), *peer, "connectionsPerUser", limits_.connections_per_user);
    if (connections_.size() >= limits_.connections + (root ? limits_.reserved_for_root : 0))
        return turn_away(std::move(socket), *peer, "connections", limits_.connections);
    if (!root && disposal_.waiting(peer->uid) > limits_.disposals_per_user)
        return turn_away(std::move(socket), *peer, "descriptors", limits_.disposals_per_user);
    ++counts_.accepted;
    ++users_[peer->uid];
    const std::uint64_t id = ++last_id_;
    connections_.emplace(id, std::make_shared<Connection>(std::move(socket), std::move(*peer), id, epoll_.get(),
                                                          wake_.get(), disposal_, limits_));
}

void Server::turn_away(base::Fd socket, const Peer& peer, const char* limit, std::size_t value) {
    ++counts_.turned_away;
    Outgoing out;
    out.push(error_text(LimitReached{limit, value}), {});
    out.write(socket.get());
    if (log_) log_(peer, fmt::format("turned away: {} is {}", limit, value));
    // Beyond all measure descriptors are closed here, come what may, rather than kept.
    constexpr std::size_t kBeyond = 4;
    if (disposal_.waiting(peer.uid) < kBeyond * limits_.disposals_per_user)
        disposal_.end_connection(std::move(socket), peer.uid);
}

}  // namespace fstracker::control
