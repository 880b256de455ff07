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

std::string socket_text(std::string name) {
    if (name.starts_with('\0')) {
        name.front() = '@';
        return name;
    }
    return name.substr(0, name.find('\0'));
}

// Where the peer's socket lies, as for any other file; else the name that says most about it.
std::string address_text(const event::Connect& connect) {
    if (connect.family == AF_UNIX) {
        const event::Path& place = connect.place;
        if (!place.bytes.empty() && !place.truncated && !place.detached) return place.bytes;
        const bool anywhere = connect.path.starts_with('/') || connect.path.starts_with('\0');
        return socket_text(anywhere || connect.bound.empty() ? connect.path : connect.bound);
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
