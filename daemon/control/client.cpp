// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/client.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "daemon/control/address.hpp"
#include "daemon/control/envelope.hpp"
#include "daemon/control/wire.hpp"

namespace fstracker::control {

namespace {

using SteadyClock = std::chrono::steady_clock;

class Deadline {
  public:
    explicit Deadline(Milliseconds limit) : forever_(limit < Milliseconds(0)), end_(SteadyClock::now() + limit) {}
    // For poll(2), rounded up.
    [[nodiscard]] int left() const {
        if (forever_) return -1;
        constexpr std::int64_t kMost = 1'000'000'000;
        const auto left = std::chrono::ceil<Milliseconds>(end_ - SteadyClock::now()).count();
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, kMost));
    }

  private:
    bool forever_;
    SteadyClock::time_point end_;
};

// Whether one of the events came in time.
bool wait_for(int fd, short events, const Deadline& deadline) {
    for (;;) {
        pollfd wanted{fd, events, 0};
        const int left = deadline.left();
        const int ready = ::poll(&wanted, 1, left);
        if (ready > 0) return true;
        if (ready == 0 && left == 0) return false;
        if (ready < 0 && errno != EINTR) return false;
    }
}

Trouble trouble_of(int error) {
    switch (error) {
        case ENOENT:
        case ENOTDIR:
        case ECONNREFUSED: return Trouble::kNobodyListens;
        case EACCES:
        case EPERM: return Trouble::kNoPermission;
        default: return Trouble::kSystem;
    }
}

tl::unexpected<CallFailure> connect_failed(int error, const std::string& path) {
    const auto trouble = trouble_of(error);
    std::string message = path + ": " + std::generic_category().message(error);
    switch (trouble) {
        case Trouble::kNobodyListens:
            return tl::unexpected<CallFailure>(
                {trouble, {ErrorKind::kNotFound, std::move(message), "is fstrackerd running?"}, std::nullopt});
        case Trouble::kNoPermission:
            return tl::unexpected<CallFailure>(
                {trouble,
                 {ErrorKind::kPermission, std::move(message), "the group of the socket may use it: are you in it?"},
                 std::nullopt});
        case Trouble::kRefused:
        case Trouble::kTimeout:
        case Trouble::kClosed:
        case Trouble::kProtocol:
        case Trouble::kSystem: break;
    }
    return tl::unexpected<CallFailure>({trouble, {ErrorKind::kSystem, std::move(message), ""}, std::nullopt});
}

struct ForPeople {
    Error operator()(const NoSuchRun& e) const {
        return {ErrorKind::kNotFound, "there is no run " + e.run, "'track runs' lists yours"};
    }
    Error operator()(const PermissionDenied& e) const {
        return {ErrorKind::kPermission, "not allowed: " + e.what, "ask whoever runs fstrackerd"};
    }
    Error operator()(const Refused& e) const { return {ErrorKind::kInvalid, e.why, e.hint.value_or("")}; }
    Error operator()(const LimitReached& e) const {
        return {ErrorKind::kUnsupported, fmt::format("more than fstrackerd takes: {} is {}", e.limit, e.value),
                "wait until others are done, or have the limit raised"};
    }
    Error operator()(const NotReady& e) const { return {ErrorKind::kSystem, e.why, "try again in a moment"}; }
    Error operator()(const Failed& e) const { return {ErrorKind::kSystem, e.why, e.hint.value_or("")}; }
    Error operator()(const Malformed& e) const { return other("did not understand: " + e.why); }
    Error operator()(const InterfaceNotFound& e) const { return other("has no interface " + e.interface); }
    Error operator()(const MethodNotFound& e) const { return other("has no method " + e.method); }
    Error operator()(const MethodNotImplemented& e) const { return other("has no method " + e.method); }
    Error operator()(const InvalidParameter& e) const { return other("does not take the parameter " + e.parameter); }
    Error operator()(const ExpectedMore&) const { return other("wanted to answer in parts"); }

  private:
    static Error other(const std::string& what) {
        return {ErrorKind::kUnsupported, "fstrackerd " + what, "is it of the same version?"};
    }
};

}  // namespace

Error to_error(const Refusal& refusal) { return std::visit(ForPeople{}, refusal); }

Client::Client(base::Fd socket, Peer service, std::string path)
    : socket_(std::move(socket)), service_(std::move(service)), path_(std::move(path)), in_(kReplyLimits) {}

tl::unexpected<CallFailure> Client::failed(Trouble trouble, std::string what, std::string hint) const {
    return tl::unexpected<CallFailure>(
        {trouble, {ErrorKind::kSystem, path_ + ": " + std::move(what), std::move(hint)}, std::nullopt});
}

Called<Client> Client::connect(const std::string& path, Milliseconds limit) {
    const auto address = address_of(path);
    if (!address) return tl::unexpected<CallFailure>({Trouble::kSystem, address.error(), std::nullopt});
    const Deadline deadline(limit);
    auto socket = stream_socket();
    if (!socket) return tl::unexpected<CallFailure>({Trouble::kSystem, socket.error(), std::nullopt});
    while (::connect(socket->get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
        if (errno != EAGAIN && errno != EINTR) return connect_failed(errno, path);
        // Its queue of connections is full, and nothing tells when it is not.
        constexpr int kAgainAfter = 10;
        const int left = deadline.left();
        if (left == 0)
            return tl::unexpected<CallFailure>(
                {Trouble::kTimeout, {ErrorKind::kSystem, path + ": the service does not accept", ""}, std::nullopt});
        ::poll(nullptr, 0, left < 0 ? kAgainAfter : std::min(left, kAgainAfter));
    }
    auto peer = peer_of(socket->get());
    if (!peer) return tl::unexpected<CallFailure>({Trouble::kSystem, peer.error(), std::nullopt});
    return Client(std::move(*socket), std::move(*peer), path);
}

Called<void> Client::send(std::string text, Descriptors descriptors, Milliseconds limit) {
    const MessageLimits theirs;
    if (text.size() > theirs.bytes)
        return failed(Trouble::kSystem,
                      fmt::format("a message of {} bytes is longer than {}", text.size(), theirs.bytes),
                      "give fewer files");
    const Deadline deadline(limit);
    Outgoing out;
    out.push(std::move(text), std::move(descriptors));
    for (;;) {
        switch (out.write(socket_.get())) {
            case Outgoing::Written::kAll: return {};
            case Outgoing::Written::kBroken: return {};  // it may have said why: receive() tells
            case Outgoing::Written::kSome:
            case Outgoing::Written::kNothingNow: break;
        }
        if (!wait_for(socket_.get(), POLLOUT, deadline))
            return failed(Trouble::kTimeout, "the service does not read", "");
    }
}

Called<Message> Client::receive(Milliseconds limit) {
    const Deadline deadline(limit);
    for (;;) {
        if (auto message = in_.next()) return std::move(*message);
        switch (in_.read(socket_.get())) {
            case Incoming::Read::kSome: continue;
            case Incoming::Read::kNothingNow: break;
            case Incoming::Read::kEnd:
            case Incoming::Read::kBroken:
                return failed(Trouble::kClosed, "the service closed the connection", "is fstrackerd running?");
            case Incoming::Read::kTooLong:
            case Incoming::Read::kTooManyDescriptors:
                return failed(Trouble::kProtocol, "a reply is larger than this program takes", "");
        }
        if (!wait_for(socket_.get(), POLLIN, deadline))
            return failed(Trouble::kTimeout, "the service did not answer in time", "");
    }
}

template <typename Parameters>
std::string Client::call_text_of(const Parameters& parameters, std::string_view method, bool more) {
    constexpr bool kIsService = std::is_same_v<Parameters, GetInfo::Parameters> ||
                                std::is_same_v<Parameters, GetInterfaceDescription::Parameters>;
    return call_text(kIsService ? kServiceInterface : kInterface, method, to_json(parameters), more);
}

template <typename Reply>
Called<std::pair<Reply, bool>> Client::read(const Message& message) const {
    const auto envelope = read_reply(message.text, kReplyLimits);
    if (!envelope) return failed(Trouble::kProtocol, envelope.error().message);
    if (!envelope->error.empty()) {
        auto refusal = read_error(*envelope);
        auto error = refusal ? to_error(*refusal)
                             : Error{ErrorKind::kUnsupported, "fstrackerd said " + evidence::display(envelope->error),
                                     "is it of the same version?"};
        return tl::unexpected<CallFailure>({Trouble::kRefused, std::move(error), std::move(refusal)});
    }
    auto reply = from_json<Reply>(envelope->parameters, message.descriptors.size(), UnknownFields::kIgnore);
    if (!reply) return failed(Trouble::kProtocol, "a reply lacks, or has wrong, " + reply.error().name);
    return std::pair(std::move(*reply), envelope->continues);
}

// Each method's.
template std::string Client::call_text_of(const StartRun::Parameters&, std::string_view, bool);
template std::string Client::call_text_of(const FinishRun::Parameters&, std::string_view, bool);
template std::string Client::call_text_of(const AbortRun::Parameters&, std::string_view, bool);
template std::string Client::call_text_of(const ListRuns::Parameters&, std::string_view, bool);
template std::string Client::call_text_of(const GetRun::Parameters&, std::string_view, bool);
template std::string Client::call_text_of(const Subscribe::Parameters&, std::string_view, bool);
template std::string Client::call_text_of(const GetStatus::Parameters&, std::string_view, bool);
template std::string Client::call_text_of(const Reload::Parameters&, std::string_view, bool);
template std::string Client::call_text_of(const GetInfo::Parameters&, std::string_view, bool);
template std::string Client::call_text_of(const GetInterfaceDescription::Parameters&, std::string_view, bool);
template Called<std::pair<StartRun::Reply, bool>> Client::read(const Message&) const;
template Called<std::pair<FinishRun::Reply, bool>> Client::read(const Message&) const;
template Called<std::pair<AbortRun::Reply, bool>> Client::read(const Message&) const;
template Called<std::pair<ListRuns::Reply, bool>> Client::read(const Message&) const;
template Called<std::pair<GetRun::Reply, bool>> Client::read(const Message&) const;
template Called<std::pair<Subscribe::Reply, bool>> Client::read(const Message&) const;
template Called<std::pair<GetStatus::Reply, bool>> Client::read(const Message&) const;
template Called<std::pair<Reload::Reply, bool>> Client::read(const Message&) const;
template Called<std::pair<GetInfo::Reply, bool>> Client::read(const Message&) const;
template Called<std::pair<GetInterfaceDescription::Reply, bool>> Client::read(const Message&) const;

}  // namespace fstracker::control
