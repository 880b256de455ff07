// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/frame.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "daemon/control/disposal.hpp"

namespace fstracker::control {

namespace {

constexpr std::size_t kAtOnce = std::size_t{64} << 10;
constexpr std::size_t kControlBytes = CMSG_SPACE(kMostDescriptorsAtOnce * sizeof(int));

Descriptors descriptors_of(msghdr& header) {
    Descriptors descriptors;
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof(int));
            descriptors.emplace_back(fd);
        }
    }
    return descriptors;
}

}  // namespace

Incoming::Read Incoming::read(int socket) {
    std::array<char, kAtOnce> bytes;  // NOLINT(cppcoreguidelines-init-variables): recvmsg fills what is used
    alignas(cmsghdr) std::array<char, kControlBytes> control;
    iovec data{bytes.data(), bytes.size()};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const ssize_t length = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length < 0) return errno == EAGAIN || errno == EINTR ? Read::kNothingNow : Read::kBroken;
    auto descriptors = descriptors_of(header);
    for (auto& descriptor : descriptors)
        if (discard_ && !closes_at_once(descriptor.get())) discard_(std::move(descriptor));
    if ((header.msg_flags & MSG_CTRUNC) != 0) return Read::kTooManyDescriptors;
    if (length == 0) return Read::kEnd;
    buffer_.append(bytes.data(), static_cast<std::size_t>(length));
    if (!descriptors.empty()) {
        std::size_t waiting = descriptors.size();
        for (const auto& arrived : arrived_) waiting += arrived.descriptors.size();
        if (waiting > limits_.descriptors) return Read::kTooManyDescriptors;
        arrived_.push_back({taken_ + buffer_.size() - 1, std::move(descriptors)});
    }
    look_for_end();
    const std::size_t longest = has_message() ? end_ : buffer_.size();
    return longest > limits_.bytes ? Read::kTooLong : Read::kSome;
}

void Incoming::look_for_end() {
    if (has_message()) return;
    end_ = buffer_.find('\0', looked_);
    looked_ = buffer_.size();
}

std::optional<Message> Incoming::next() {
    if (!has_message()) return std::nullopt;
    Message message;
    const std::uint64_t last = taken_ + end_;
    while (!arrived_.empty() && arrived_.front().last_byte <= last) {
        for (auto& descriptor : arrived_.front().descriptors) message.descriptors.push_back(std::move(descriptor));
        arrived_.pop_front();
    }
    message.text = buffer_.substr(0, end_);
    buffer_.erase(0, end_ + 1);
    if (buffer_.empty()) buffer_.shrink_to_fit();
    taken_ = last + 1;
    looked_ = 0;
    end_ = std::string::npos;
    look_for_end();
    return message;
}

void Incoming::forget() {
    arrived_.clear();
    buffer_.clear();
    looked_ = 0;
    end_ = std::string::npos;
}

void Outgoing::push(std::string text, Descriptors descriptors) {
    text.push_back('\0');
    bytes_ += text.size();
    descriptors_ += descriptors.size();
    queue_.push_back({std::move(text), std::move(descriptors)});
}

Outgoing::Written Outgoing::write(int socket) {
    bool some = false;
    while (!queue_.empty()) {
        auto& [text, descriptors] = queue_.front();
        if (descriptors.size() > kMostDescriptorsAtOnce) return Written::kBroken;
        iovec data{text.data() + sent_, text.size() - sent_};
        msghdr header{};
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        alignas(cmsghdr) std::array<char, kControlBytes> control{};
        if (!descriptors.empty()) {
            header.msg_control = control.data();
            header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
            cmsghdr* part = CMSG_FIRSTHDR(&header);
            part->cmsg_level = SOL_SOCKET;
            part->cmsg_type = SCM_RIGHTS;
            part->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
            for (std::size_t i = 0; i < descriptors.size(); ++i) {
                const int fd = descriptors[i].get();
                std::memcpy(CMSG_DATA(part) + i * sizeof(int), &fd, sizeof(int));
            }
        }
        const ssize_t length = ::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0 && errno != EAGAIN) return Written::kBroken;
        if (length < 0) return some ? Written::kSome : Written::kNothingNow;
        some = true;
        descriptors_ -= descriptors.size();
        descriptors.clear();  // the first byte takes them along
        sent_ += static_cast<std::size_t>(length);
        if (sent_ < text.size()) continue;
        bytes_ -= text.size();
        sent_ = 0;
        queue_.pop_front();
    }
    return Written::kAll;
}

void Outgoing::clear() {
    queue_.clear();
    sent_ = bytes_ = descriptors_ = 0;
}

}  // namespace fstracker::control
