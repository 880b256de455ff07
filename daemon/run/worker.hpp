// SPDX-License-Identifier: Apache-2.0
// The process that records one run: its order comes through the socket to the broker, its evidence goes into the store.
// It may be killed at any time: another worker goes on where it was.
#pragma once

namespace fstracker::daemon {

// Descriptor of the socket in a worker.
inline constexpr int kWorkerSocket = 3;

// The whole process: gives its exit status. Ends with the broker.
int run_worker();

}  // namespace fstracker::daemon
