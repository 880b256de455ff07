// SPDX-License-Identifier: Apache-2.0
// What the broker implements: org.fstracker.Control as typed calls. All on the thread that dispatches the Server.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "daemon/control/messages.hpp"
#include "daemon/control/peer.hpp"

namespace fstracker::control {

class Connection;

// A call that waits for its answer. May outlive its connection and the Server; what is said then is dropped. One that
// ends without an answer is answered with Failed.
class PendingCall {
  public:
    PendingCall(std::weak_ptr<Connection> connection, std::uint64_t number, bool more);
    ~PendingCall();
    PendingCall(PendingCall&& other) noexcept;
    PendingCall& operator=(PendingCall&&) = delete;

    // Nobody waits for an answer any more.
    [[nodiscard]] bool gone() const;
    // Whether the caller takes replies before the last one.
    [[nodiscard]] bool wants_more() const { return more_; }
    // Called once, from dispatch(), when the connection ends before the answer. It may destroy this.
    void on_gone(std::function<void()> callback);
    // Bytes of replies that the caller has not taken yet, for those who would rather skip than have it dropped.
    [[nodiscard]] std::size_t unread() const;

    // What the caller sees as one message. `last` ends the call.
    void send(std::string text, Descriptors descriptors, bool last);
    void refuse(const Refusal& refusal);

  private:
    std::weak_ptr<Connection> connection_;
    std::uint64_t number_;
    bool more_;
    bool answered_ = false;
};

// Instantiated for each method's Reply.
template <typename Reply>
std::string text_of(const Reply& reply, bool continues);

// The answer to a call of one method: now, later, in parts.
template <typename Method>
class Answer {
  public:
    explicit Answer(PendingCall call) : call_(std::move(call)) {}

    // Ends the call. At most 253 descriptors; the reply's indices are theirs.
    void reply(const typename Method::Reply& reply, Descriptors descriptors = {}) {
        call_.send(text_of(reply, false), std::move(descriptors), true);
    }
    void refuse(const Refusal& refusal) { call_.refuse(refusal); }

    // A reply before the last one; without effect where the caller did not ask for more.
    void progress(const typename Method::Reply& reply, Descriptors descriptors = {}) {
        if (call_.wants_more() && !call_.gone()) call_.send(text_of(reply, true), std::move(descriptors), false);
    }
    [[nodiscard]] bool wants_more() const { return call_.wants_more(); }
    [[nodiscard]] bool gone() const { return call_.gone(); }
    [[nodiscard]] std::size_t unread() const { return call_.unread(); }
    void on_gone(std::function<void()> callback) { call_.on_gone(std::move(callback)); }

  private:
    PendingCall call_;
};

// Parameters have the types and the fields that the description says, and indices are those of descriptors that came;
// what they mean is for the implementation to check, and what the descriptors are. Those that it does not keep are
// closed. `peer` is valid during the call. Subscribe is called only by those who take more.
class Service {
  public:
    virtual ~Service() = default;

    virtual void start_run(const Peer& peer, StartRun::Parameters parameters, Descriptors descriptors,
                           Answer<StartRun> answer) = 0;
    virtual void finish_run(const Peer& peer, FinishRun::Parameters parameters, Answer<FinishRun> answer) = 0;
    virtual void abort_run(const Peer& peer, AbortRun::Parameters parameters, Answer<AbortRun> answer) = 0;
    virtual void list_runs(const Peer& peer, ListRuns::Parameters parameters, Answer<ListRuns> answer) = 0;
    virtual void get_run(const Peer& peer, GetRun::Parameters parameters, Answer<GetRun> answer) = 0;
    virtual void subscribe(const Peer& peer, Subscribe::Parameters parameters, Answer<Subscribe> answer) = 0;
    virtual void get_status(const Peer& peer, Answer<GetStatus> answer) = 0;
    virtual void reload(const Peer& peer, Answer<Reload> answer) = 0;
};

}  // namespace fstracker::control
