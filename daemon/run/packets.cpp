// SPDX-License-Identifier: Apache-2.0
#include "daemon/run/packets.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/errno_error.hpp"

namespace fstracker::daemon {

namespace {

constexpr std::size_t kMostDescriptors = 32;

}  // namespace

Status send_packet(int socket, const std::string& text, const std::vector<int>& descriptors) {
    if (text.size() > kLongestPacket || descriptors.size() > kMostDescriptors)
        return fail(ErrorKind::kInvalid, "too much is said at once between the service and a worker");
    iovec piece{const_cast<char*>(text.data()), text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
        const std::size_t bytes = descriptors.size() * sizeof(int);
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(bytes);
        cmsghdr* head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(bytes);
        std::memcpy(CMSG_DATA(head), descriptors.data(), bytes);
    }
    ssize_t sent = 0;
    while ((sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT)) < 0 && errno == EINTR) {
    }
    if (sent < 0) return base::fail_errno(errno, "talking between the service and a worker");
    return {};
}

Result<std::optional<Packet>> receive_packet(int socket, bool wait) {
    Packet packet;
    packet.text.resize(kLongestPacket);
    iovec piece{packet.text.data(), packet.text.size()};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t got = 0;
    while ((got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT))) < 0 && errno == EINTR) {
    }
    if (got < 0 && errno == EAGAIN) return std::optional(Packet{});
    if (got < 0 && errno != ECONNRESET) return base::fail_errno(errno, "talking between the service and a worker");
    if (got <= 0) return std::optional<Packet>();
    for (cmsghdr* head = CMSG_FIRSTHDR(&message); head != nullptr; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS) continue;
        for (std::size_t at = 0; at + sizeof(int) <= head->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(head) + at, sizeof fd);
            packet.descriptors.emplace_back(fd);
        }
    }
    packet.text.resize(static_cast<std::size_t>(got));
    return std::optional(std::move(packet));
}

}  // namespace fstracker::daemon
