// SPDX-License-Identifier: Apache-2.0
// One client of the Server: what came, what goes out, the call that waits for its answer. Calls are answered in their
// order: while one waits, nothing is read.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "daemon/control/disposal.hpp"
#include "daemon/control/frame.hpp"
#include "daemon/control/limits.hpp"
#include "daemon/control/peer.hpp"
#include "daemon/control/service.hpp"

namespace fstracker::control {

class Connection : public std::enable_shared_from_this<Connection> {
  public:
    // `epoll` gets the socket, under `id`; `wake` is an eventfd that has the Server look again. They and `disposal`
    // outlive it.
    Connection(base::Fd socket, Peer peer, std::uint64_t id, int epoll, int wake, Disposal& disposal,
               const ServerLimits& limits);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] const Peer& peer() const { return peer_; }

    // Something can be read or has been. While a call waits, nothing is.
    [[nodiscard]] bool has_turn() const { return !dropped_ && !closing_ && !call_ && (readable_ || in_.has_message()); }
    // What has been left of several that came together.
    [[nodiscard]] bool has_message() const { return has_turn() && in_.has_message(); }
    void on_events(std::uint32_t events);
    // Reads at most once, and takes at most one message.
    std::optional<Message> take_message();

    // A call begins, and its answers.
    PendingCall begin_call(bool more, bool oneway);
    [[nodiscard]] bool is_open(std::uint64_t number) const { return call_ && call_->number == number && !dropped_; }
    void answer(std::string text, Descriptors descriptors, bool last);
    void set_on_gone(std::function<void()> callback);
    [[nodiscard]] std::size_t unread() const { return out_.bytes_behind_first(); }

    // Said outside of a call; the connection is closed once it has been taken.
    void say_and_close(const Refusal& refusal);
    void say(const Refusal& refusal);
    void drop(std::string why);
    [[nodiscard]] bool dropped() const { return dropped_; }
    // Why, for the log; empty where the client left as it should.
    [[nodiscard]] const std::string& why() const { return why_; }
    // To be called once, when it is dropped and no longer among the Server's.
    void tell_gone();

    // Starts and stops its clocks, and drops it when one has run out.
    void check_time(std::int64_t now);
    [[nodiscard]] std::optional<std::int64_t> deadline() const;

  private:
    struct Call {
        std::uint64_t number = 0;
        bool oneway = false;
        std::function<void()> on_gone;
    };

    void push(std::string text, Descriptors descriptors);
    void flush();
    void watch();  // the events that matter now
    void input_ended();

    base::Fd socket_;
    Peer peer_;
    std::uint64_t id_;
    int epoll_;
    int wake_;
    Disposal& disposal_;
    const ServerLimits& limits_;
    Incoming in_;
    Outgoing out_;
    std::optional<Call> call_;
    std::uint64_t calls_ = 0;
    std::uint32_t watched_ = 0;
    bool readable_ = false;
    bool ended_ = false;    // the peer sends no more
    bool closing_ = false;  // nothing more is read
    bool dropped_ = false;
    std::string why_;
    std::optional<std::int64_t> half_since_, idle_since_, unread_since_;
};

}  // namespace fstracker::control
