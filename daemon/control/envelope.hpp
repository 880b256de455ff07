// SPDX-License-Identifier: Apache-2.0
// A Varlink message's outer form: which method is called and how, or what it is answered. Texts are without the NUL
// that ends a message on the wire.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

#include "core/base/result.hpp"
#include "daemon/control/limits.hpp"
#include "daemon/control/messages.hpp"

namespace fstracker::control {

// JSON of one value within the limits, in which no object has a key twice. The error says what is wrong and where.
tl::expected<nlohmann::json, std::string> parse_json(std::string_view text, const MessageLimits& limits);

// Bytes that are not UTF-8 are replaced: what is written can be read.
std::string json_text(const nlohmann::json& json);

struct CallEnvelope {
    std::string interface;  // "org.fstracker.Control"
    std::string method;     // "StartRun"
    nlohmann::json parameters = nlohmann::json::object();
    bool more = false;
    bool oneway = false;
};

// Malformed, or InvalidParameter with the member that is wrong.
tl::expected<CallEnvelope, Refusal> read_call(std::string_view text, const MessageLimits& limits);
std::string call_text(std::string_view interface, std::string_view method, nlohmann::json parameters, bool more);

struct ReplyEnvelope {
    std::string error;  // of an error its whole name
    nlohmann::json parameters = nlohmann::json::object();
    bool continues = false;
};

Result<ReplyEnvelope> read_reply(std::string_view text, const MessageLimits& limits);
std::string reply_text(nlohmann::json parameters, bool continues);

std::string error_name(const Refusal& refusal);
std::string error_text(const Refusal& refusal);
// Nothing for an error that this version does not know.
std::optional<Refusal> read_error(const ReplyEnvelope& reply);

}  // namespace fstracker::control
