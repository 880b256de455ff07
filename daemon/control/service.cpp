// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/service.hpp"

#include <utility>

#include "daemon/control/connection.hpp"
#include "daemon/control/envelope.hpp"
#include "daemon/control/wire.hpp"

namespace fstracker::control {

PendingCall::PendingCall(std::weak_ptr<Connection> connection, std::uint64_t number, bool more)
    : connection_(std::move(connection)), number_(number), more_(more) {}

PendingCall::PendingCall(PendingCall&& other) noexcept
    : connection_(std::move(other.connection_)),
      number_(other.number_),
      more_(other.more_),
      answered_(std::exchange(other.answered_, true)) {}

PendingCall::~PendingCall() {
    if (!answered_) refuse(Failed{"the service did not answer", std::nullopt});
}

bool PendingCall::gone() const {
    const auto connection = connection_.lock();
    return answered_ || !connection || !connection->is_open(number_);
}

void PendingCall::on_gone(std::function<void()> callback) {
    const auto connection = connection_.lock();
    if (!answered_ && connection && connection->is_open(number_)) connection->set_on_gone(std::move(callback));
}

std::size_t PendingCall::unread() const {
    const auto connection = connection_.lock();
    return connection ? connection->unread() : 0;
}

void PendingCall::send(std::string text, Descriptors descriptors, bool last) {
    if (answered_) return;
    if (descriptors.size() > kMostDescriptorsAtOnce)
        return refuse(Failed{"a reply with more descriptors than Linux passes", std::nullopt});
    answered_ = last;
    const auto connection = connection_.lock();
    if (connection && connection->is_open(number_)) connection->answer(std::move(text), std::move(descriptors), last);
}

void PendingCall::refuse(const Refusal& refusal) { send(error_text(refusal), {}, true); }

template <typename Reply>
std::string text_of(const Reply& reply, bool continues) {
    return reply_text(to_json(reply), continues);
}

template std::string text_of(const StartRun::Reply&, bool);
template std::string text_of(const FinishRun::Reply&, bool);
template std::string text_of(const AbortRun::Reply&, bool);
template std::string text_of(const ListRuns::Reply&, bool);
template std::string text_of(const GetRun::Reply&, bool);
template std::string text_of(const Subscribe::Reply&, bool);
template std::string text_of(const GetStatus::Reply&, bool);
template std::string text_of(const Reload::Reply&, bool);
template std::string text_of(const GetInfo::Reply&, bool);
template std::string text_of(const GetInterfaceDescription::Reply&, bool);

}  // namespace fstracker::control
