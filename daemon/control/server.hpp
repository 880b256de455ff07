// SPDX-License-Identifier: Apache-2.0
// The control socket's server: accepts, reads, has the Service called, writes. It has no thread and never waits;
// whoever owns it watches fd() beside whatever else it waits for:
//
//     poll on server.fd() until server.next_deadline(), then server.dispatch(now)
//
// Users are served in turns, one message each, so that what one of them sends costs another no more than its turns.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "daemon/control/connection.hpp"
#include "daemon/control/disposal.hpp"
#include "daemon/control/limits.hpp"
#include "daemon/control/route.hpp"
#include "daemon/control/service.hpp"

namespace fstracker::control {

struct ServerCounts {
    std::uint64_t accepted = 0;
    std::uint64_t turned_away = 0;  // for a limit
    std::uint64_t dropped = 0;      // for what they did, or did not do in time
    std::uint64_t messages = 0;
};

class Server {
  public:
    // Takes a listening Unix stream socket. `service` outlives it.
    static Result<std::unique_ptr<Server>> create(base::Fd listener, Service& service, ServiceInfo info,
                                                  const ServerLimits& limits = {});
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    // Readable when dispatch() has something to do.
    [[nodiscard]] int fd() const { return epoll_.get(); }
    // By when dispatch() is to be called all the same; nothing where it need not. In the time that dispatch() is given.
    [[nodiscard]] std::optional<std::int64_t> next_deadline() const;
    // `now`: base::time_since_boot(), or any other clock that does not go back.
    void dispatch(std::int64_t now);

    // No further connections; those that are there go on. The listening socket is closed.
    void stop_accepting();

    // Told of each client that was turned away or dropped, for the log. Texts are ours.
    void set_log(std::function<void(const Peer&, const std::string&)> log) { log_ = std::move(log); }
    [[nodiscard]] const ServerCounts& counts() const { return counts_; }
    [[nodiscard]] std::size_t connections() const { return connections_.size(); }

  private:
    Server(base::Fd listener, base::Fd epoll, base::Fd wake, Service& service, ServiceInfo info,
           const ServerLimits& limits);
    Status watch(int fd, std::uint64_t id) const;
    void accept(std::int64_t now);
    void take(base::Fd socket);
    void turn_away(base::Fd socket, const Peer& peer, const char* limit, std::size_t value);
    void serve();
    void reap(std::int64_t now);

    base::Fd listener_;
    base::Fd epoll_;
    base::Fd wake_;
    Service& service_;
    ServiceInfo info_;
    ServerLimits limits_;
    Disposal disposal_;
    std::map<std::uint64_t, std::shared_ptr<Connection>> connections_;  // by id
    std::map<std::uint32_t, std::size_t> users_;                        // how many of each uid
    std::uint64_t last_id_ = 1;
    std::uint32_t last_served_ = 0;  // uid
    std::optional<std::int64_t> accept_at_;
    ServerCounts counts_;
    std::function<void(const Peer&, const std::string&)> log_;
};

}  // namespace fstracker::control
