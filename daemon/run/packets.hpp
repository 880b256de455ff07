// SPDX-License-Identifier: Apache-2.0
// Packets with descriptors on a SOCK_SEQPACKET socket between broker and worker.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::daemon {

inline constexpr std::size_t kLongestPacket = std::size_t{192} << 10;

struct Packet {
    std::string text;
    std::vector<base::Fd> descriptors;
};

// Does not wait. An error: the other end is gone, or takes nothing.
Status send_packet(int socket, const std::string& text, const std::vector<int>& descriptors = {});

// Nothing: the other end is gone. With `wait` it is waited for; without, and where there is none, an empty packet.
Result<std::optional<Packet>> receive_packet(int socket, bool wait);

}  // namespace fstracker::daemon
