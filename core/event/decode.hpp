// SPDX-License-Identifier: Apache-2.0
// One wire record to one event. A pure function: never throws, never reads outside the span, keeps nothing of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.hpp"
#include "core/event/event.hpp"

namespace fstracker::event {

// Adds to CLOCK_BOOTTIME nanoseconds to give nanoseconds since the epoch.
struct ClockOffset {
    std::int64_t nanoseconds = 0;
};

// An Error (kInvalid) says what does not hold: size, kind, a string's length, a field out of range.
Result<Event> decode(std::span<const std::byte> record, ClockOffset clock);

// The common part alone; only for kernel kinds, nullptr otherwise.
const Common* common_of(const Event& event);

}  // namespace fstracker::event
