// SPDX-License-Identifier: Apache-2.0
#include "core/base/clock.hpp"

#include <ctime>

namespace fstracker::base {

namespace {

std::int64_t read(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

std::int64_t unix_time() { return read(CLOCK_REALTIME); }

std::int64_t time_since_boot() { return read(CLOCK_BOOTTIME); }

}  // namespace fstracker::base
