// SPDX-License-Identifier: Apache-2.0
// Takes from a process what it does not need for parsing the content behind a descriptor. docs/threat-model.md has what
// each part is there for. For processes of one thread that do nothing else from then on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fstracker::capture {

// In the order in which they are put on.
enum class SandboxPart : std::uint8_t {
    kUser,          // an ordinary user's: a user namespace, in which the others can be made
    kNetwork,       // a network namespace without interfaces
    kIpc,           // System V IPC and POSIX message queues of its own
    kProcesses,     // a process namespace, for the processes that it makes: nobody else can be named there
    kFiles,         // an empty root directory that cannot be written
    kIdentity,      // root's: a user and a group that nobody else has, and no further groups
    kCapabilities,  // none, and none to be had by executing anything
    kLimits,        // of memory, descriptors, files' sizes, core dumps
    kCalls,         // system calls: those of a table, anything else ends the process
};
inline constexpr std::size_t kSandboxParts = 9;

// Without these nothing is parsed; the others are what the host allows.
constexpr bool is_needed(SandboxPart part) { return part >= SandboxPart::kCapabilities; }

std::string_view to_words(SandboxPart part);

struct SandboxReport {
    std::array<std::int32_t, kSandboxParts> errors{};  // errno of what was refused, by part

    [[nodiscard]] std::int32_t error(SandboxPart part) const { return errors.at(static_cast<std::size_t>(part)); }
    [[nodiscard]] bool may_parse() const;
};

// All parts but kCalls. Descriptors stay as they are.
SandboxReport confine();

}  // namespace fstracker::capture
