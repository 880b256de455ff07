// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/route.hpp"

#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include "daemon/control/envelope.hpp"
#include "daemon/control/interface.hpp"
#include "daemon/control/wire.hpp"

namespace fstracker::control {

namespace {

struct Call {
    const Peer& peer;
    const nlohmann::json& parameters;
    Descriptors descriptors;
    PendingCall pending;
};

// Parameters of the method's type, or the caller is told which is wrong.
template <typename Method>
std::optional<typename Method::Parameters> parameters_of(Call& call) {
    auto read =
        from_json<typename Method::Parameters>(call.parameters, call.descriptors.size(), UnknownFields::kRefuse);
    if (read) return std::move(*read);
    call.pending.refuse(InvalidParameter{read.error().name});
    return std::nullopt;
}

template <typename Method, auto kMember>
void invoke(Service& service, Call& call) {
    auto parameters = parameters_of<Method>(call);
    if (!parameters) return;
    if (std::is_same_v<Method, Subscribe> && !call.pending.wants_more()) return call.pending.refuse(ExpectedMore{});
    Answer<Method> answer(std::move(call.pending));
    if constexpr (std::is_same_v<Method, StartRun>)
        (service.*kMember)(call.peer, std::move(*parameters), std::move(call.descriptors), std::move(answer));
    else if constexpr (std::is_empty_v<typename Method::Parameters>)
        (service.*kMember)(call.peer, std::move(answer));
    else
        (service.*kMember)(call.peer, std::move(*parameters), std::move(answer));
}

struct Route {
    std::string_view method;
    void (*invoke)(Service&, Call&);
};

constexpr std::array kRoutes = {
    Route{StartRun::kName, invoke<StartRun, &Service::start_run>},
    Route{FinishRun::kName, invoke<FinishRun, &Service::finish_run>},
    Route{AbortRun::kName, invoke<AbortRun, &Service::abort_run>},
    Route{ListRuns::kName, invoke<ListRuns, &Service::list_runs>},
    Route{GetRun::kName, invoke<GetRun, &Service::get_run>},
    Route{Subscribe::kName, invoke<Subscribe, &Service::subscribe>},
    Route{GetStatus::kName, invoke<GetStatus, &Service::get_status>},
    Route{Reload::kName, invoke<Reload, &Service::reload>},
};

void answer_for_service(const CallEnvelope& envelope, Call& call, const ServiceInfo& info) {
    if (envelope.method == GetInfo::kName) {
        if (!parameters_of<GetInfo>(call)) return;
        return Answer<GetInfo>(std::move(call.pending))
            .reply({info.vendor,
                    info.product,
                    info.version,
                    info.url,
                    {std::string(kInterface), std::string(kServiceInterface)}});
    }
    if (envelope.method != GetInterfaceDescription::kName)
        return call.pending.refuse(MethodNotFound{envelope.interface + '.' + envelope.method});
    const auto parameters = parameters_of<GetInterfaceDescription>(call);
    if (!parameters) return;
    const auto description = description_of(parameters->interface);
    if (description.empty()) return call.pending.refuse(InterfaceNotFound{parameters->interface});
    Answer<GetInterfaceDescription>(std::move(call.pending)).reply({std::string(description)});
}

}  // namespace

void route(Message message, Connection& connection, Service& service, const ServiceInfo& info,
           const MessageLimits& limits) {
    const auto envelope = read_call(message.text, limits);
    if (!envelope) {
        if (std::holds_alternative<Malformed>(envelope.error())) return connection.say_and_close(envelope.error());
        return connection.say(envelope.error());
    }
    Call call{connection.peer(), envelope->parameters, std::move(message.descriptors),
              connection.begin_call(envelope->more, envelope->oneway)};
    if (envelope->interface == kServiceInterface) return answer_for_service(*envelope, call, info);
    if (envelope->interface != kInterface) return call.pending.refuse(InterfaceNotFound{envelope->interface});
    for (const auto& known : kRoutes)
        if (known.method == envelope->method) return known.invoke(service, call);
    call.pending.refuse(MethodNotFound{envelope->interface + '.' + envelope->method});
}

}  // namespace fstracker::control
