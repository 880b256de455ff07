// SPDX-License-Identifier: Apache-2.0
#include "core/run/connections.hpp"

#include <arpa/inet.h>
#include <sys/un.h>

#include <fmt/format.h>

namespace fstracker::run {

namespace {

std::string protocol_word(const event::Connect& connect) {
    if (connect.family == AF_UNIX) return "unix";
    if (connect.protocol == IPPROTO_TCP) return "tcp";
    if (connect.protocol == IPPROTO_UDP) return "udp";
    return fmt::format("ip-{}", connect.protocol);
}

std::string address_text(const event::Connect& connect) {
    if (connect.family == AF_UNIX) {
        std::string path = connect.path;
        if (!path.empty() && path.front() == '\0') {
            path.front() = '@';
            return path;
        }
        return path.substr(0, path.find('\0'));
    }
    char text[INET6_ADDRSTRLEN] = {};
    return inet_ntop(connect.family, connect.address.data(), text, sizeof(text)) != nullptr ? text : "";
}

}  // namespace

Connection peer_of(const event::Connect& connect) {
    return {address_text(connect), {}, connect.port, protocol_word(connect), connect.common.process, 1};
}

void ConnectionTable::connected(const event::Connect& connect) {
    ++counts_[Key{connect.common.process, address_text(connect), connect.port, protocol_word(connect)}];
}

std::vector<Connection> ConnectionTable::list(const ProcessTable& processes) const {
    std::map<Key, std::uint64_t> merged;
    for (const auto& [key, count] : counts_) {
        Key listed = key;
        std::get<0>(listed) = processes.listed(std::get<0>(key));
        merged[listed] += count;
    }
    std::vector<Connection> connections;
    connections.reserve(merged.size());
    for (const auto& [key, count] : merged)
        connections.push_back(
            Connection{std::get<1>(key), {}, std::get<2>(key), std::get<3>(key), std::get<0>(key), count});
    return connections;
}

}  // namespace fstracker::run
