// SPDX-License-Identifier: Apache-2.0
#include "daemon/serve.hpp"

#include <grp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>

#include "core/base/clock.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/sign/key.hpp"
#include "daemon/broker/broker.hpp"
#include "daemon/control/listener.hpp"
#include "daemon/control/server.hpp"
#include "daemon/notify.hpp"
#include "fstracker/version.hpp"

namespace fstracker::daemon {

namespace {

using Clock = Broker::Clock;

class Loop : public Watcher {
  public:
    static Result<std::unique_ptr<Loop>> create() {
        std::unique_ptr<Loop> loop(new Loop);
        loop->epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
        if (!loop->epoll_) return base::fail_errno(errno, "epoll");
        sigset_t ours;
        sigemptyset(&ours);
        for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&ours, signal);
        sigprocmask(SIG_BLOCK, &ours, nullptr);
        ::signal(SIGPIPE, SIG_IGN);
        loop->signals_.reset(::signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK));
        if (!loop->signals_) return base::fail_errno(errno, "signals");
        loop->add(loop->signals_.get());
        loop->watch_the_clock();
        return loop;
    }

    void watch(int fd, const std::string& run) override {
        workers_[fd] = run;
        add(fd);
    }
    void forget(int fd) override {
        workers_.erase(fd);
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
    }

    // Until it is told to end.
    Status run(Broker& broker, control::Server& server) {
        add(server.fd());
        const auto watchdog = watchdog_interval();
        notify("READY=1");
        while (!ended_) {
            if (watchdog) notify("WATCHDOG=1");
            const int wait = milliseconds_until(broker.on_time(Clock::now()), server.next_deadline(), watchdog);
            std::array<epoll_event, 64> events{};
            const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), wait);
            if (count < 0 && errno != EINTR) return base::fail_errno(errno, "waiting");
            for (int i = 0; i < count; ++i) on_event(events.at(static_cast<std::size_t>(i)).data.fd, broker);
            server.dispatch(base::time_since_boot());
        }
        notify("STOPPING=1");
        return {};
    }

  private:
    Loop() = default;

    void add(int fd) const {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event);
    }

    // A timer that never comes to an end is cancelled when somebody sets the clock.
    void watch_the_clock() {
        if (!clock_) {
            clock_.reset(::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK));
            if (clock_) add(clock_.get());
        }
        itimerspec far{};
        far.it_value.tv_sec = std::numeric_limits<std::int32_t>::max();
        if (clock_) ::timerfd_settime(clock_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, nullptr);
    }

    void on_event(int fd, Broker& broker) {
        if (fd == signals_.get()) return on_signal(broker);
        if (clock_ && fd == clock_.get()) {
            std::uint64_t times = 0;
            static_cast<void>(::read(fd, &times, sizeof times) == sizeof times);
            watch_the_clock();
            return broker.on_clock_set();
        }
        if (const auto worker = workers_.find(fd); worker != workers_.end())
            broker.on_worker(std::string(worker->second));
    }

    void on_signal(Broker& /*broker*/) {
        signalfd_siginfo signal{};
        while (::read(signals_.get(), &signal, sizeof signal) == sizeof signal) {
            if (signal.ssi_signo != SIGHUP) ended_ = true;
        }
    }

    static int milliseconds_until(std::optional<Clock::time_point> broker, std::optional<std::int64_t> server,
                                  std::optional<std::chrono::microseconds> watchdog) {
        using std::chrono::milliseconds;
        constexpr milliseconds kForever{std::numeric_limits<int>::max()};
        milliseconds wait = kForever;
        const auto at_most = [&](milliseconds other) { wait = std::min(wait, std::max(other, milliseconds(0))); };
        if (broker) at_most(std::chrono::ceil<milliseconds>(*broker - Clock::now()));
        if (server)
            at_most(std::chrono::ceil<milliseconds>(std::chrono::nanoseconds(*server - base::time_since_boot())));
        if (watchdog) at_most(std::chrono::floor<milliseconds>(*watchdog));
        return wait == kForever ? -1 : static_cast<int>(wait.count());
    }

    base::Fd epoll_, signals_, clock_;
    std::map<int, std::string> workers_;  // descriptor -> run
    bool ended_ = false;
};

std::optional<gid_t> group_of(const std::string& name) {
    if (name.empty()) return std::nullopt;
    constexpr std::size_t kLongest = std::size_t{64} << 10;
    std::string text(kLongest, '\0');
    group entry{};
    group* found = nullptr;
    if (::getgrnam_r(name.c_str(), &entry, text.data(), text.size(), &found) == 0 && found != nullptr)
        return found->gr_gid;
    spdlog::warn("there is no group {}: only root may use the control socket", name);
    return std::nullopt;
}

// For as many clients and runs as the limits allow: a service that has no descriptor left serves nobody.
void raise_descriptor_limit() {
    constexpr rlim_t kEnough = 65536;
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= kEnough) return;
    files.rlim_cur = std::min(files.rlim_max, kEnough);
    ::setrlimit(RLIMIT_NOFILE, &files);
}

std::string parent_of(const std::string& path) { return std::filesystem::path(path).parent_path().native(); }

// A key before the first run: what a run is signed with is known when it begins. Its public half lies beside the
// socket.
Status make_key(const std::string& path, const std::string& socket) {
    auto key = sign::load_private_key(path, {});
    if (!key && key.error().kind == ErrorKind::kNotFound) {
        key = sign::create_key_files(path, sign::KeyType::kEcdsaP256);
        if (key) spdlog::info("made a key in {}", path);
    }
    if (!key) return fail(key.error());
    return base::write_file_durably(parent_of(socket) + "/key.pub", key->public_key().pem());
}

}  // namespace

Status serve(const Configuration& configuration) {
    constexpr unsigned kReachable = 0755;
    ::umask(0022);
    if (auto made = base::make_directories(parent_of(configuration.socket), kReachable); !made) return made;
    ::umask(0077);
    raise_descriptor_limit();
    auto loop = Loop::create();
    if (!loop) return fail(loop.error());
    for (const std::string& folder : {configuration.store, configuration.cache, parent_of(configuration.key)})
        if (auto made = base::make_directories(folder, 0700); !made) return made;
    if (auto key = make_key(configuration.key, configuration.socket); !key)
        return fail(key.error().within("the signing key"));

    auto listening = control::activated_socket();
    if (!listening) return fail(listening.error());
    std::unique_ptr<control::BoundSocket> bound;
    if (!*listening) {
        auto socket = control::BoundSocket::bind(configuration.socket, group_of(configuration.group));
        if (!socket) return fail(socket.error());
        bound = std::move(*socket);
        *listening = bound->take();
    }
    Broker broker(configuration, **loop);
    if (auto started = broker.start(); !started) return started;
    control::ServiceInfo info;
    info.version = std::string(kVersion);
    auto server = control::Server::create(std::move(**listening), broker, info);
    if (!server) return fail(server.error());
    spdlog::info("fstrackerd {} listens", kVersion);
    auto done = (*loop)->run(broker, **server);
    spdlog::info("ends; runs go on in the kernel, and with the next service");
    return done;
}

}  // namespace fstracker::daemon
