// SPDX-License-Identifier: Apache-2.0
// The words that evidence uses for what is an enum or a bit elsewhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/event/event.hpp"
#include "core/run/record.hpp"

namespace fstracker::evidence {

std::string_view to_word(run::Binding binding);
std::string_view to_word(event::Refusal refusal);
std::optional<run::Binding> binding_of(std::string_view word);
std::optional<event::Refusal> refusal_of(std::string_view word);

// In their fixed order: read, write, create, truncate, rename, link, unlink, execute, load, inherit, receive.
std::vector<std::string_view> access_words(std::uint32_t access);
std::optional<std::uint32_t> access_bit(std::string_view word);

// data, model, library, executable, code, config, credential, cache, temp, output, device, other.
bool is_role(std::string_view word);

// tcp, udp, unix, or ip-N.
bool is_protocol(std::string_view word);

// A wait(2) status as a shell tells it.
struct ExitWords {
    std::optional<std::uint8_t> exit_code;  // 128+N when signal N ended it
    std::optional<std::uint8_t> signal;
    bool core_dumped = false;
    std::optional<std::int32_t> wait_status;  // alone, for a status that is neither an exit nor a signal
};
ExitWords exit_words(std::int32_t status);
// Nothing when the words contradict each other.
std::optional<std::int32_t> status_of(const ExitWords& words);

}  // namespace fstracker::evidence
