// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/words.hpp"

#include <algorithm>
#include <array>

#include "core/run/words.hpp"

namespace fstracker::evidence {

namespace {

struct AccessWord {
    std::uint32_t bit;
    std::string_view word;
};
constexpr std::array<AccessWord, 11> kAccessWords{{{event::kRead, "read"},
                                                   {event::kWrite, "write"},
                                                   {event::kCreate, "create"},
                                                   {event::kTruncate, "truncate"},
                                                   {event::kRename, "rename"},
                                                   {event::kLink, "link"},
                                                   {event::kUnlink, "unlink"},
                                                   {event::kExecute, "execute"},
                                                   {event::kLoad, "load"},
                                                   {event::kInherit, "inherit"},
                                                   {event::kReceive, "receive"}}};

constexpr std::array kBindings{run::Binding::kKernel,  run::Binding::kStable,    run::Binding::kOwn,
                               run::Binding::kChanged, run::Binding::kContended, run::Binding::kNone};
constexpr std::array kRefusals{event::Refusal::kGone,       event::Refusal::kTooLarge, event::Refusal::kNotRegular,
                               event::Refusal::kPermission, event::Refusal::kLost,     event::Refusal::kError};

template <typename Values>
std::optional<typename Values::value_type> with_word(const Values& values, std::string_view word) {
    for (const auto value : values)
        if (to_word(value) == word) return value;
    return std::nullopt;
}

constexpr std::int32_t kCoreFlag = 0x80;
constexpr std::int32_t kSignalBase = 128;
constexpr std::int32_t kLastSignal = 64;

}  // namespace

std::string_view to_word(run::Binding binding) { return run::binding_word(binding); }

std::string_view to_word(event::Refusal refusal) { return run::refusal_word(refusal); }

std::optional<run::Binding> binding_of(std::string_view word) { return with_word(kBindings, word); }
std::optional<event::Refusal> refusal_of(std::string_view word) { return with_word(kRefusals, word); }

std::vector<std::string_view> access_words(std::uint32_t access) {
    std::vector<std::string_view> words;
    for (const auto& [bit, word] : kAccessWords)
        if ((access & bit) != 0) words.push_back(word);
    return words;
}

std::optional<std::uint32_t> access_bit(std::string_view word) {
    for (const auto& known : kAccessWords)
        if (known.word == word) return known.bit;
    return std::nullopt;
}

bool is_role(std::string_view word) {
    constexpr std::array<std::string_view, 12> kRoles{"data", "model",  "library",    "executable",
                                                      "code", "config", "credential", "cache",
                                                      "temp", "output", "device",     "other"};
    return std::find(kRoles.begin(), kRoles.end(), word) != kRoles.end();
}

bool is_protocol(std::string_view word) {
    if (word == "tcp" || word == "udp" || word == "unix") return true;
    constexpr std::string_view kByNumber = "ip-";
    const std::string_view number = word.starts_with(kByNumber) ? word.substr(kByNumber.size()) : std::string_view();
    return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
}

ExitWords exit_words(std::int32_t status) {
    ExitWords words;
    const std::int32_t signal = status & 0x7F;
    if (signal == 0 && (status & ~0xFF00) == 0) {
        words.exit_code = static_cast<std::uint8_t>(status >> 8);
    } else if (signal >= 1 && signal <= kLastSignal && (status & ~(0x7F | kCoreFlag)) == 0) {
        words.exit_code = static_cast<std::uint8_t>(kSignalBase + signal);
        words.signal = static_cast<std::uint8_t>(signal);
        words.core_dumped = (status & kCoreFlag) != 0;
    } else {
        words.wait_status = status;
    }
    return words;
}

std::optional<std::int32_t> status_of(const ExitWords& words) {
    std::int32_t status = 0;
    if (words.wait_status)
        status = *words.wait_status;
    else if (words.signal)
        status = *words.signal | (words.core_dumped ? kCoreFlag : 0);
    else if (words.exit_code)
        status = *words.exit_code << 8;
    else
        return std::nullopt;
    const ExitWords again = exit_words(status);
    const bool same = again.exit_code == words.exit_code && again.signal == words.signal &&
                      again.core_dumped == words.core_dumped && again.wait_status == words.wait_status;
    return same ? std::optional(status) : std::nullopt;
}

}  // namespace fstracker::evidence
