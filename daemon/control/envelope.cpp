// SPDX-License-Identifier: Apache-2.0
#include "daemon/control/envelope.hpp"

#include <fmt/format.h>

#include <utility>

#include "daemon/control/wire.hpp"

namespace fstracker::control {

namespace {

using nlohmann::json;

template <typename Error>
std::string name_of() {
    return fmt::format("{}.{}", kOfService<Error> ? kServiceInterface : kInterface, kTypeName<Error>);
}

template <typename... Errors>
std::optional<Refusal> find_error(const ReplyEnvelope& reply, const std::variant<Errors...>*) {
    std::optional<Refusal> found;
    const auto try_one = [&]<typename Error>(const Error*) {
        if (found || reply.error != name_of<Error>()) return;
        if (auto error = from_json<Error>(reply.parameters, 0, UnknownFields::kIgnore)) found = std::move(*error);
    };
    (try_one(static_cast<const Errors*>(nullptr)), ...);
    return found;
}

tl::unexpected<Refusal> malformed(std::string why) { return tl::unexpected<Refusal>(Malformed{std::move(why)}); }
tl::unexpected<Refusal> invalid(std::string name) { return tl::unexpected<Refusal>(InvalidParameter{std::move(name)}); }

}  // namespace

std::string json_text(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

tl::expected<CallEnvelope, Refusal> read_call(std::string_view text, const MessageLimits& limits) {
    auto message = parse_json(text, limits);
    if (!message) return malformed(message.error());
    if (!message->is_object()) return malformed("a call is a JSON object");
    CallEnvelope call;
    std::string name;
    for (auto& [key, value] : message->items()) {
        if (key == "method" && value.is_string()) {
            name = value.get_ref<const std::string&>();
        } else if (key == "parameters" && (value.is_object() || value.is_null())) {
            if (value.is_object()) call.parameters = std::move(value);
        } else if (key == "more" && value.is_boolean()) {
            call.more = value.get<bool>();
        } else if (key == "oneway" && value.is_boolean()) {
            call.oneway = value.get<bool>();
        } else if (key == "upgrade" && value.is_boolean() && !value.get<bool>()) {
            continue;
        } else {
            return invalid(key);
        }
    }
    const auto dot = name.rfind('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == name.size()) return invalid("method");
    if (call.more && call.oneway) return invalid("oneway");
    call.interface = name.substr(0, dot);
    call.method = name.substr(dot + 1);
    return call;
}

std::string call_text(std::string_view interface, std::string_view method, json parameters, bool more) {
    json message = {{"method", fmt::format("{}.{}", interface, method)}};
    if (!parameters.empty()) message["parameters"] = std::move(parameters);
    if (more) message["more"] = true;
    return json_text(message);
}

Result<ReplyEnvelope> read_reply(std::string_view text, const MessageLimits& limits) {
    auto message = parse_json(text, limits);
    if (!message) return fail(ErrorKind::kInvalid, "a reply cannot be read: " + message.error());
    ReplyEnvelope reply;
    const auto wrong = [] { return fail(ErrorKind::kInvalid, "a reply is not what Varlink says"); };
    if (!message->is_object()) return wrong();
    for (auto& [key, value] : message->items()) {
        if (key == "parameters") {
            if (value.is_object())
                reply.parameters = std::move(value);
            else if (!value.is_null())
                return wrong();
        } else if (key == "error") {
            if (!value.is_string() || value.get_ref<const std::string&>().empty()) return wrong();
            reply.error = value.get_ref<const std::string&>();
        } else if (key == "continues") {
            if (!value.is_boolean()) return wrong();
            reply.continues = value.get<bool>();
        }
    }
    return reply;
}

std::string reply_text(json parameters, bool continues) {
    json message = {{"parameters", std::move(parameters)}};
    if (continues) message["continues"] = true;
    return json_text(message);
}

std::string error_name(const Refusal& refusal) {
    return std::visit([]<typename Error>(const Error&) { return name_of<Error>(); }, refusal);
}

std::string error_text(const Refusal& refusal) {
    auto parameters = std::visit([](const auto& error) { return to_json(error); }, refusal);
    return json_text({{"error", error_name(refusal)}, {"parameters", std::move(parameters)}});
}

std::optional<Refusal> read_error(const ReplyEnvelope& reply) {
    return find_error(reply, static_cast<const Refusal*>(nullptr));
}

}  // namespace fstracker::control
