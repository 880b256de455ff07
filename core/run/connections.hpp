// SPDX-License-Identifier: Apache-2.0
// Peers by process. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/event/event.hpp"
#include "core/run/process_table.hpp"
#include "core/run/record.hpp"

namespace fstracker::run {

// Address, port and protocol of the peer.
Connection peer_of(const event::Connect& connect);

class ConnectionTable {
  public:
    void connected(const event::Connect& connect);
    [[nodiscard]] std::vector<Connection> list(const ProcessTable& processes) const;

  private:
    using Key =
        std::tuple<event::ProcessId, std::string, std::uint16_t, std::string>;  // process, address, port, protocol
    std::map<Key, std::uint64_t> counts_;
};

}  // namespace fstracker::run
