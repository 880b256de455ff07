// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/connection.hpp"

#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "daemon/control/envelope.hpp"

namespace fstracker::control {

Connection::Connection(base::Fd socket, Peer peer, std::uint64_t id, int epoll, int wake, Disposal& disposal,
                       const ServerLimits& limits)
    : socket_(std::move(socket)),
      peer_(std::move(peer)),
      id_(id),
      epoll_(epoll),
      wake_(wake),
      disposal_(disposal),
      limits_(limits),
      in_(limits.message, [this](base::Fd descriptor) { disposal_.take(std::move(descriptor), peer_.uid); }) {
    watched_ = EPOLLIN;
    epoll_event event{};
    event.events = watched_;
    event.data.u64 = id_;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, socket_.get(), &event) != 0) drop("it cannot be watched");
}

Connection::~Connection() { disposal_.end_connection(std::move(socket_), peer_.uid); }

void Connection::watch() {
    if (dropped_) return;
    std::uint32_t wanted = 0;
    if (!call_ && !closing_ && !ended_ && !in_.has_message()) wanted |= EPOLLIN;
    if (!out_.empty()) wanted |= EPOLLOUT;
    if (wanted == watched_) return;
    epoll_event event{};
    event.events = wanted;
    event.data.u64 = id_;
    if (::epoll_ctl(epoll_, EPOLL_CTL_MOD, socket_.get(), &event) != 0) return drop("it cannot be watched");
    watched_ = wanted;
}

void Connection::on_events(std::uint32_t events) {
    if (dropped_) return;
    if ((events & EPOLLOUT) != 0) flush();
    readable_ = (events & EPOLLIN) != 0;
    // Both directions are shut. What it sent before is still taken, unless a call of its own stands before it.
    if ((events & (EPOLLHUP | EPOLLERR)) != 0 && !has_turn()) drop("");
}

std::optional<Message> Connection::take_message() {
    if (!in_.has_message()) {
        readable_ = false;
        switch (in_.read(socket_.get())) {
            case Incoming::Read::kSome:
            case Incoming::Read::kNothingNow: break;
            case Incoming::Read::kEnd: input_ended(); return std::nullopt;
            case Incoming::Read::kBroken: drop(""); return std::nullopt;
            case Incoming::Read::kTooLong:
                say_and_close(LimitReached{"messageBytes", limits_.message.bytes});
                return std::nullopt;
            case Incoming::Read::kTooManyDescriptors:
                say_and_close(LimitReached{"messageDescriptors", limits_.message.descriptors});
                return std::nullopt;
        }
    }
    if (peer_.uid != 0 && disposal_.waiting(peer_.uid) > limits_.disposals_per_user) {
        say_and_close(LimitReached{"descriptors", limits_.disposals_per_user});
        return std::nullopt;
    }
    auto message = in_.next();
    if (message) half_since_ = idle_since_ = std::nullopt;
    watch();
    return message;
}

void Connection::input_ended() {
    ended_ = true;
    if (in_.has_part()) return drop("it ended in the middle of a message");
    if (out_.empty()) return drop("");
    closing_ = true;  // it may still take what it asked for
    watch();
}

PendingCall Connection::begin_call(bool more, bool oneway) {
    call_ = Call{++calls_, oneway, {}};
    watch();
    return {weak_from_this(), calls_, more};
}

void Connection::answer(std::string text, Descriptors descriptors, bool last) {
    const bool oneway = call_->oneway;
    if (last) call_.reset();
    if (!oneway) push(std::move(text), std::move(descriptors));
    if (!last) return;
    watch();
    const std::uint64_t one = 1;  // its clocks begin again, and what it sent meanwhile is looked at
    if (::write(wake_, &one, sizeof(one)) < 0) return;  // full: then it is awake
}

void Connection::set_on_gone(std::function<void()> callback) { call_->on_gone = std::move(callback); }

void Connection::say(const Refusal& refusal) { push(error_text(refusal), {}); }

void Connection::say_and_close(const Refusal& refusal) {
    why_ = error_name(refusal);
    closing_ = true;
    say(refusal);
    watch();
}

void Connection::push(std::string text, Descriptors descriptors) {
    if (dropped_) return;
    out_.push(std::move(text), std::move(descriptors));
    flush();
    if (out_.bytes_behind_first() > limits_.queued_bytes || out_.descriptors() > limits_.queued_descriptors)
        drop(fmt::format("{} bytes of replies were not taken", out_.bytes_behind_first()));
}

void Connection::flush() {
    switch (out_.write(socket_.get())) {
        case Outgoing::Written::kAll:
            unread_since_.reset();
            if (closing_) return drop(why_);
            break;
        case Outgoing::Written::kSome: unread_since_.reset(); break;
        case Outgoing::Written::kNothingNow: break;
        case Outgoing::Written::kBroken: return drop("");
    }
    watch();
}

void Connection::drop(std::string why) {
    if (dropped_) return;
    dropped_ = true;
    why_ = std::move(why);
    out_.clear();
    // Has epoll say so, wherever this was called from, and the peer know at once.
    ::shutdown(socket_.get(), SHUT_RDWR);
}

void Connection::tell_gone() {
    if (!call_ || !call_->on_gone) return;
    const auto callback = std::exchange(call_->on_gone, {});
    callback();
}

void Connection::check_time(std::int64_t now) {
    if (dropped_) return;
    const auto run = [now](std::optional<std::int64_t>& since, bool runs) {
        if (!runs) since.reset();
        if (runs && !since) since = now;
    };
    run(half_since_, !call_ && !closing_ && in_.has_part());
    run(idle_since_, !call_ && !closing_ && out_.empty() && !in_.has_message());
    run(unread_since_, !out_.empty());
    if (half_since_ && now - *half_since_ >= limits_.half_message) return drop("a message did not end in time");
    if (unread_since_ && now - *unread_since_ >= limits_.unread) return drop("replies were not taken in time");
    if (idle_since_ && now - *idle_since_ >= limits_.idle) return drop("it was idle");
}

std::optional<std::int64_t> Connection::deadline() const {
    std::optional<std::int64_t> first;
    const auto take = [&first](const std::optional<std::int64_t>& since, std::int64_t after) {
        if (since) first = std::min(first.value_or(*since + after), *since + after);
    };
    take(half_since_, limits_.half_message);
    take(idle_since_, limits_.idle);
    take(unread_since_, limits_.unread);
    return first;
}

}  // namespace fstracker::control
