// SPDX-License-Identifier: Apache-2.0
// A server on a thread of its own, with a service behind it, until the test is over.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "core/base/clock.hpp"
#include "daemon/control/client.hpp"
#include "daemon/control/listener.hpp"
#include "daemon/control/server.hpp"
#include "tests/unit/control/fake_service.hpp"
#include "tests/unit/scratch.hpp"

namespace fstracker::control::testing {

using fstracker::testing::Scratch;

// Until `stop` can be read.
inline void run_loop(Server& server, FakeService& service, int stop) {
    for (;;) {
        auto watched = service.watched();
        watched.push_back({server.fd(), POLLIN, 0});
        watched.push_back({stop, POLLIN, 0});
        int wait = -1;
        if (const auto deadline = server.next_deadline()) {
            constexpr std::int64_t kMillisecond = 1'000'000;
            wait = static_cast<int>(std::max<std::int64_t>(0, *deadline - base::time_since_boot()) / kMillisecond + 1);
        }
        ::poll(watched.data(), watched.size(), wait);
        if (watched.back().revents != 0) return;
        server.dispatch(base::time_since_boot());
        service.look();
    }
}

class RunningServer {
  public:
    explicit RunningServer(const ServerLimits& limits = {})
        : path_(scratch_ / "socket"), stop_(::eventfd(0, EFD_CLOEXEC)) {
        auto bound = BoundSocket::bind(path_, std::nullopt);
        if (!bound) throw std::runtime_error(bound.error().message);
        bound_ = std::move(*bound);
        auto server = Server::create(bound_->take(), service_, {"v", "p", "1", "u"}, limits);
        if (!server) throw std::runtime_error(server.error().message);
        server_ = std::move(*server);
        thread_ = std::thread([this] { run_loop(*server_, service_, stop_.get()); });
    }
    ~RunningServer() { stop(); }
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    // From then on the test's thread may look at the service and the server.
    void stop() {
        if (!thread_.joinable()) return;
        const std::uint64_t one = 1;
        if (::write(stop_.get(), &one, sizeof(one)) < 0) return;
        thread_.join();
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const FakeService& service() const { return service_; }
    [[nodiscard]] const Server& server() const { return *server_; }
    void end() { server_.reset(); }

    [[nodiscard]] Client client() const {
        auto client = Client::connect(path_, Milliseconds(5000));
        if (!client) throw std::runtime_error(client.error().error.message);
        return std::move(*client);
    }

  private:
    Scratch scratch_;
    std::string path_;
    base::Fd stop_;
    FakeService service_;
    std::unique_ptr<BoundSocket> bound_;
    std::unique_ptr<Server> server_;
    std::thread thread_;
};

}  // namespace fstracker::control::testing
