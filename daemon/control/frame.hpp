// SPDX-License-Identifier: Apache-2.0
// Messages on a stream socket: text ended by a NUL, with the descriptors that came along. Neither end waits: sockets
// are non-blocking. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/control/limits.hpp"
#include "daemon/control/messages.hpp"

namespace fstracker::control {

struct Message {
    std::string text;  // without its NUL
    Descriptors descriptors;
};

// What comes in. Linux never joins bytes behind descriptors to those before the next ones, so that descriptors, which
// are sent with bytes of one message only, belong to the message that has the last byte read with them.
class Incoming {
  public:
    // Of what anybody may send: a descriptor that is neither a pidfd nor a memory file is handed to `discard` as soon
    // as it comes, and an empty one stands in its place. Without `discard` all are kept.
    using Discard = std::function<void(base::Fd)>;
    explicit Incoming(const MessageLimits& limits, Discard discard = {})
        : limits_(limits), discard_(std::move(discard)) {}

    enum class Read {
        kSome,
        kNothingNow,
        kEnd,                 // the peer sends no more
        kBroken,              // the connection is gone
        kTooLong,             // a message is longer than the limit
        kTooManyDescriptors,  // likewise; those that came are closed
    };
    // One recvmsg(2).
    Read read(int socket);

    [[nodiscard]] bool has_message() const { return end_ != std::string::npos; }
    [[nodiscard]] bool has_part() const { return !has_message() && !buffer_.empty(); }
    std::optional<Message> next();
    // What has come and is no message yet.
    void forget();

  private:
    void look_for_end();

    struct Arrived {
        std::uint64_t last_byte;  // counted from the beginning of the stream
        Descriptors descriptors;
    };

    MessageLimits limits_;
    Discard discard_;
    std::string buffer_;       // from the first byte of the next message
    std::uint64_t taken_ = 0;  // bytes of the stream before it
    std::size_t looked_ = 0;   // no NUL before
    std::size_t end_ = std::string::npos;
    std::deque<Arrived> arrived_;
};

// What goes out, in order.
class Outgoing {
  public:
    void push(std::string text, Descriptors descriptors);

    enum class Written { kAll, kSome, kNothingNow, kBroken };
    // As much as the socket takes.
    Written write(int socket);

    [[nodiscard]] bool empty() const { return queue_.empty(); }
    // Behind the first message, which may be as long as it is.
    [[nodiscard]] std::size_t bytes_behind_first() const { return empty() ? 0 : bytes_ - queue_.front().text.size(); }
    [[nodiscard]] std::size_t descriptors() const { return descriptors_; }
    void clear();

  private:
    std::deque<Message> queue_;  // texts with their NUL
    std::size_t sent_ = 0;       // of the first
    std::size_t bytes_ = 0;
    std::size_t descriptors_ = 0;
};

}  // namespace fstracker::control
