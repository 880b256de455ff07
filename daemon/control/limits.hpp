// SPDX-License-Identifier: Apache-2.0
// What one end of the control socket takes from the other. docs/control.md tells them to people.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fstracker::control {

inline constexpr std::int64_t kSecond = 1'000'000'000;  // nanoseconds, as all times here

// What a message may be.
struct MessageLimits {
    std::size_t bytes = std::size_t{1} << 20;
    std::size_t descriptors = 16;  // that have come and whose message has not been taken
    unsigned depth = 16;           // of arrays and objects within each other
    std::size_t values = 100'000;  // of all kinds
};

// Linux passes no more at once (SCM_MAX_FD).
inline constexpr std::size_t kMostDescriptorsAtOnce = 253;

struct ServerLimits {
    MessageLimits message;
    std::int64_t half_message = 5 * kSecond;          // from the first byte of a message to its last
    std::int64_t idle = 60 * kSecond;                 // of a connection that waits for no answer
    std::int64_t unread = 30 * kSecond;               // of replies that wait, while the peer takes nothing at all
    std::size_t queued_bytes = std::size_t{1} << 20;  // of replies that wait beside the first
    std::size_t queued_descriptors = 512;
    std::size_t connections = 512;
    std::size_t connections_per_user = 64;
    std::size_t disposals_per_user = 256;    // descriptors that nobody has a use for and that are still being closed
    std::size_t reserved_for_root = 16;      // above `connections`; root has no limit per user
    std::int64_t turn = 5 * kSecond / 1000;  // of a dispatch(), once each user has been served
    std::int64_t accept_again = kSecond;     // after the host had no descriptor left
};

// A client's, of replies.
inline constexpr MessageLimits kReplyLimits{std::size_t{16} << 20, 4 * kMostDescriptorsAtOnce, 32, 2'000'000};

}  // namespace fstracker::control
