// SPDX-License-Identifier: Apache-2.0
// Any bytes as what comes over the control socket, cut at NULs: a call that is understood is written and read to the
// same again, and so is a reply; parameters of every method are read and written to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "daemon/control/envelope.hpp"
#include "daemon/control/wire.hpp"

namespace {

using namespace fstracker::control;

template <typename Message>
void check_one(const nlohmann::json& json) {
    const auto read = from_json<Message>(json, 3, UnknownFields::kRefuse);
    if (!read) {
        (void)from_json<Message>(json, 0, UnknownFields::kIgnore);
        return;
    }
    const auto again = from_json<Message>(to_json(*read), 3, UnknownFields::kRefuse);
    if (!again || !(*again == *read)) std::abort();
}

template <typename... Methods>
void check_all(const nlohmann::json& json) {
    (check_one<typename Methods::Parameters>(json), ...);
    (check_one<typename Methods::Reply>(json), ...);
}

void check_message(std::string_view text) {
    const MessageLimits limits;
    if (const auto call = read_call(text, limits)) {
        const auto again = read_call(call_text(call->interface, call->method, call->parameters, call->more), limits);
        if (!again || again->method != call->method || again->parameters != call->parameters) std::abort();
        check_all<StartRun, FinishRun, AbortRun, ListRuns, GetRun, Subscribe, GetStatus, Reload>(call->parameters);
    }
    if (const auto reply = read_reply(text, kReplyLimits)) {
        if (const auto error = read_error(*reply)) {
            const auto again = read_reply(error_text(*error), kReplyLimits);
            if (!again || read_error(*again) != error) std::abort();
        }
        check_all<StartRun, FinishRun, AbortRun, ListRuns, GetRun, Subscribe, GetStatus, Reload>(reply->parameters);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest(reinterpret_cast<const char*>(data), size);
    for (std::size_t end = 0; end != std::string_view::npos;) {
        end = rest.find('\0');
        check_message(rest.substr(0, end));
        if (end != std::string_view::npos) rest.remove_prefix(end + 1);
    }
    return 0;
}
