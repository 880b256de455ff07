// SPDX-License-Identifier: Apache-2.0
// Tells the service manager how the service does, sd_notify(3): where there is none, nothing happens.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace fstracker::daemon {

// "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=…".
void notify(std::string_view state);

// How often "WATCHDOG=1" is expected; half of the time after which the manager would kill this process.
std::optional<std::chrono::microseconds> watchdog_interval();

}  // namespace fstracker::daemon
