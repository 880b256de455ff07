// SPDX-License-Identifier: Apache-2.0
// A run in work, as the broker keeps it; and who may know of a run. Internal to daemon/broker.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/base/fd.hpp"
#include "daemon/broker/broker.hpp"
#include "daemon/broker/worker_process.hpp"
#include "daemon/control/service.hpp"
#include "daemon/run/order.hpp"

namespace fstracker::daemon {

// Root sees all runs, others their own.
inline bool may_see(std::uint32_t caller, std::optional<std::uint32_t> uid) { return caller == 0 || uid == caller; }
inline bool may_see(const control::Peer& peer, std::optional<std::uint32_t> uid) { return may_see(peer.uid, uid); }

struct Broker::Active {
    Order order;
    control::State state = control::State::kRecording;
    bool armed = false;
    std::optional<WorkerProcess> worker;
    base::Fd project;  // until the worker has it
    std::optional<control::Answer<control::StartRun>> starting;
    std::list<control::Answer<control::FinishRun>> waiting;
    int falls = 0;
    bool has_no_evidence = false;  // its last worker could not write it
    std::optional<Clock::time_point> next_worker;
};

}  // namespace fstracker::daemon
