// SPDX-License-Identifier: Apache-2.0
// A caller of org.fstracker.Control. Calls block until they are answered or their time is up. One thread; one call at a
// time.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "daemon/control/frame.hpp"
#include "daemon/control/messages.hpp"
#include "daemon/control/peer.hpp"

namespace fstracker::control {

inline constexpr const char* kSocketPath = "/run/fstracker/control.sock";

enum class Trouble {
    kNobodyListens,  // no socket there, or nobody behind it
    kNoPermission,   // the socket is not for this user
    kRefused,        // answered with an error: CallFailure::refusal
    kTimeout,        // the service did not answer in time
    kClosed,         // the connection ended: the service stopped, or dropped it. Connecting again may help
    kProtocol,       // what answers does not speak this
    kSystem,         // a fault on this side: no memory, no descriptor, a path that is too long
};

struct CallFailure {
    Trouble trouble = Trouble::kSystem;
    Error error;                     // for people
    std::optional<Refusal> refusal;  // of kRefused; absent for an error that this version does not know
};

template <typename T>
using Called = tl::expected<T, CallFailure>;

// A refusal for people.
Error to_error(const Refusal& refusal);

using Milliseconds = std::chrono::milliseconds;
inline constexpr Milliseconds kForever{-1};

class Client {
  public:
    // Descriptors that came with a reply; its indices are theirs.
    template <typename Method>
    struct Answered {
        typename Method::Reply reply;
        Descriptors descriptors;
        bool continues = false;
    };

    static Called<Client> connect(const std::string& path, Milliseconds limit);

    // One call with one answer.
    template <typename Method>
    Called<Answered<Method>> call(const typename Method::Parameters& parameters, Milliseconds limit,
                                  Descriptors descriptors = {}) {
        if (auto sent = begin<Method>(parameters, false, limit, std::move(descriptors)); !sent)
            return tl::unexpected(std::move(sent.error()));
        return next<Method>(limit);
    }

    // With answers before the last one: each is handed to `take`, as long as that gives true; then the connection is of
    // no further use. `limit` is for each.
    template <typename Method>
    Called<Answered<Method>> call_for_more(const typename Method::Parameters& parameters, Milliseconds limit,
                                           const std::function<bool(Answered<Method>&)>& take) {
        if (auto sent = begin<Method>(parameters, true, limit, {}); !sent)
            return tl::unexpected(std::move(sent.error()));
        for (;;) {
            auto answered = next<Method>(limit);
            if (!answered || !answered->continues || !take(*answered)) return answered;
        }
    }

    // The same in pieces, for those who wait for other things too: begin, then next() once fd() is readable or
    // has_reply(), until one does not continue.
    template <typename Method>
    Called<void> begin(const typename Method::Parameters& parameters, bool more, Milliseconds limit,
                       Descriptors descriptors = {}) {
        return send(call_text_of(parameters, Method::kName, more), std::move(descriptors), limit);
    }
    template <typename Method>
    Called<Answered<Method>> next(Milliseconds limit) {
        auto message = receive(limit);
        if (!message) return tl::unexpected(std::move(message.error()));
        auto reply = read<typename Method::Reply>(*message);
        if (!reply) return tl::unexpected(std::move(reply.error()));
        return Answered<Method>{std::move(reply->first), std::move(message->descriptors), reply->second};
    }
    [[nodiscard]] int fd() const { return socket_.get(); }
    [[nodiscard]] bool has_reply() const { return in_.has_message(); }

    // Who listens: uid 0 for a service that may be believed more than the caller.
    [[nodiscard]] const Peer& service() const { return service_; }

  private:
    Client(base::Fd socket, Peer service, std::string path);

    // Instantiated for each method.
    template <typename Parameters>
    static std::string call_text_of(const Parameters& parameters, std::string_view method, bool more);
    template <typename Reply>
    Called<std::pair<Reply, bool>> read(const Message& message) const;

    Called<void> send(std::string text, Descriptors descriptors, Milliseconds limit);
    Called<Message> receive(Milliseconds limit);
    [[nodiscard]] tl::unexpected<CallFailure> failed(Trouble trouble, std::string what, std::string hint = {}) const;

    base::Fd socket_;
    Peer service_;
    std::string path_;
    Incoming in_;
};

}  // namespace fstracker::control
