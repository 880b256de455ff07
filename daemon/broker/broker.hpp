// SPDX-License-Identifier: Apache-2.0
// What the service does: begins runs for callers and hands each to a worker, has another worker go on where one ended
// before its time, tells of runs to those whose they are. One thread, which never waits.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/store/run_store.hpp"
#include "daemon/broker/kernel_sides.hpp"
#include "daemon/broker/worker_process.hpp"
#include "daemon/configuration.hpp"
#include "daemon/control/service.hpp"
#include "daemon/run/order.hpp"

namespace fstracker::daemon {

// Whoever waits for descriptors on the broker's behalf.
class Watcher {
  public:
    virtual ~Watcher() = default;
    // Has `run` of the broker called (Broker::on_worker) when `fd` is readable.
    virtual void watch(int fd, const std::string& run) = 0;
    virtual void forget(int fd) = 0;
};

class Broker : public control::Service {
  public:
    Broker(Configuration configuration, Watcher& watcher);
    ~Broker() override;

    // Goes on with what an earlier service left.
    Status start();
    // A worker has said something, or ended.
    void on_worker(const std::string& run);
    // Does what is due, and says when to call again; nothing: not before something else happens.
    using Clock = std::chrono::steady_clock;
    std::optional<Clock::time_point> on_time(Clock::time_point now);
    void on_clock_set() { kernel_.set_clock(); }

    void start_run(const control::Peer& peer, control::StartRun::Parameters parameters,
                   control::Descriptors descriptors, control::Answer<control::StartRun> answer) override;
    void finish_run(const control::Peer& peer, control::FinishRun::Parameters parameters,
                    control::Answer<control::FinishRun> answer) override;
    void abort_run(const control::Peer& peer, control::AbortRun::Parameters parameters,
                   control::Answer<control::AbortRun> answer) override;
    void list_runs(const control::Peer& peer, control::ListRuns::Parameters parameters,
                   control::Answer<control::ListRuns> answer) override;
    void get_run(const control::Peer& peer, control::GetRun::Parameters parameters,
                 control::Answer<control::GetRun> answer) override;
    void subscribe(const control::Peer& peer, control::Subscribe::Parameters parameters,
                   control::Answer<control::Subscribe> answer) override;
    void get_status(const control::Peer& peer, control::Answer<control::GetStatus> answer) override;
    void reload(const control::Peer& peer, control::Answer<control::Reload> answer) override;

  private:
    struct Active;

    Active* find(const control::Peer& peer, const std::string& run);
    void give_to_worker(Active& run);
    void armed(Active& run);
    void concluded(Active& run, const WorkerWord& word);
    void worker_ended(Active& run);
    void given_up(Active& run, const Error& why);
    void tell_finding(const Active& run, const std::string& finding);
    void remove(Active& run);
    [[nodiscard]] std::string working_path(const std::string& run) const;
    void recover();

    Configuration configuration_;
    Watcher& watcher_;
    KernelSides kernel_;
    store::RunStore store_;
    std::int64_t started_;
    std::map<std::string, std::unique_ptr<Active>> runs_;  // by id
    std::optional<Error> trouble_;                         // why no run can be recorded, when last tried
    std::optional<Clock::time_point> idle_since_;
    std::optional<control::Store> store_said_;  // as it was when somebody asked last
    Clock::time_point store_said_at_;
    std::optional<WorkerProcess> recovery_;
    struct Subscriber {
        std::uint32_t uid;
        std::optional<std::string> run;
        control::Answer<control::Subscribe> answer;
        std::uint64_t lost = 0;
    };
    std::list<Subscriber> subscribers_;
};

}  // namespace fstracker::daemon
