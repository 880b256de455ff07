// SPDX-License-Identifier: Apache-2.0
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "capture/ptrace/observe.hpp"

namespace fstracker::capture {

namespace {

constexpr unsigned kMessagesMost = 1024;  // UIO_MAXIOV, the kernel's own limit

// Of a socket address of `size` bytes. Empty for families that are not recorded.
std::optional<Peer> peer_of(const sockaddr_storage& address, std::size_t size) {
    Peer peer;
    peer.family = address.ss_family;
    const auto bytes = peer.address.begin();
    if (peer.family == AF_INET && size >= sizeof(sockaddr_in)) {
        const auto& inet = reinterpret_cast<const sockaddr_in&>(address);
        peer.port = ntohs(inet.sin_port);
        std::memcpy(&*bytes, &inet.sin_addr, sizeof inet.sin_addr);
        return peer;
    }
    if (peer.family == AF_INET6 && size >= offsetof(sockaddr_in6, sin6_scope_id)) {
        const auto& inet = reinterpret_cast<const sockaddr_in6&>(address);
        peer.port = ntohs(inet.sin6_port);
        std::memcpy(&*bytes, &inet.sin6_addr, sizeof inet.sin6_addr);
        return peer;
    }
    if (peer.family == AF_UNIX && size > offsetof(sockaddr_un, sun_path)) {
        const auto& local = reinterpret_cast<const sockaddr_un&>(address);
        peer.path.assign(local.sun_path, std::min(size, sizeof local) - offsetof(sockaddr_un, sun_path));
        return peer;
    }
    return std::nullopt;
}

std::optional<Peer> peer_in_memory(const Task& task, std::uint64_t address, std::uint64_t size) {
    sockaddr_storage storage{};
    const std::size_t wanted = std::min<std::size_t>(size, sizeof storage);
    if (wanted < sizeof storage.ss_family || read_memory(task.tid, address, &storage, wanted) != wanted)
        return std::nullopt;
    return peer_of(storage, wanted);
}

std::uint16_t protocol_of(const base::Fd& socket) {
    int protocol = 0;
    socklen_t size = sizeof protocol;
    return ::getsockopt(socket.get(), SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0
               ? static_cast<std::uint16_t>(protocol)
               : std::uint16_t{0};
}

// As the kernel has it; of a unix socket, what the other end is bound to.
std::optional<Peer> peer_of_socket(const base::Fd& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getpeername(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return std::nullopt;
    auto peer = peer_of(address, size);
    if (peer) std::swap(peer->path, peer->bound);
    return peer;
}

bool is_nowhere(const Peer& peer) {
    return peer.family == AF_INET &&
           std::all_of(peer.address.begin(), peer.address.begin() + 4, [](std::uint8_t byte) { return byte == 0; });
}

// A datagram with an address of its own.
void tell_datagram(Task& task, Journal& journal, std::uint64_t address, std::uint64_t size) {
    if (address == 0) return;
    auto peer = peer_in_memory(task, address, size);
    if (!peer) return;
    if (peer->family != AF_UNIX) peer->protocol = protocol_of(task.take(task.call->descriptor(0)));
    journal.connected(task.actor(), *peer);
}

std::uint64_t name_of_message(const Task& task, std::uint64_t message, std::uint64_t& size) {
    msghdr header{};
    if (!read_value(task.tid, message, header)) return 0;
    size = header.msg_namelen;
    return reinterpret_cast<std::uint64_t>(header.msg_name);
}

unsigned message_count(const Task& task, std::int64_t result) {
    if (task.call->call == Call::kSendmsg) return 1;
    return static_cast<unsigned>(std::clamp<std::int64_t>(result, 0, kMessagesMost));
}

}  // namespace

void tell_connected(Task& task, Journal& journal, const base::Fd& socket) {
    const auto peer = peer_of_socket(socket);
    if (peer && peer->family == AF_UNIX) journal.connected(task.actor(), *peer);
}

Follow entering_send(Task& task) {
    const auto count = static_cast<std::int64_t>(task.call->arguments[2] & 0xffffffff);
    for (unsigned i = 0; i < message_count(task, count); ++i) {
        std::uint64_t size = 0;
        if (name_of_message(task, task.call->arguments[1] + i * sizeof(mmsghdr), size) != 0)
            return Follow::kToItsReturn;
    }
    return Follow::kNo;
}

void returned_from_send(Task& task, Journal& journal, std::int64_t result) {
    if (result < 0) return;
    const auto& a = task.call->arguments;
    if (task.call->call == Call::kSendto) return tell_datagram(task, journal, a[4], a[5]);
    for (unsigned i = 0; i < message_count(task, result); ++i) {
        std::uint64_t size = 0;
        const std::uint64_t name = name_of_message(task, a[1] + i * sizeof(mmsghdr), size);
        tell_datagram(task, journal, name, size);
    }
}

// The peer as the kernel's socket has it; while the connection is being made, the call's argument.
void returned_from_connect(Task& task, Journal& journal, std::int64_t result) {
    if (result != 0 && result != -EINPROGRESS) return;
    const base::Fd socket = task.take(task.call->descriptor(0));
    std::optional<Peer> peer = socket ? peer_of_socket(socket) : std::nullopt;
    if (!peer || peer->family == AF_UNIX) {
        const auto given = peer_in_memory(task, task.call->arguments[1], task.call->arguments[2]);
        if (!peer)
            peer = given;
        else if (given && given->family == AF_UNIX)
            peer->path = given->path;
    }
    if (!peer || is_nowhere(*peer)) return;
    if (peer->family != AF_UNIX && socket) peer->protocol = protocol_of(socket);
    journal.connected(task.actor(), *peer);
}

}  // namespace fstracker::capture
