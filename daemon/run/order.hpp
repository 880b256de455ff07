// SPDX-License-Identifier: Apache-2.0
// What a worker has to know to record one run, and what worker and broker say to each other: JSON objects, one a packet
// of the socket between them. Both ends are this program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace fstracker::daemon {

// Kept in the run's directory while it is in the making: a worker that goes on with the run gets the same.
struct Order {
    std::string run;  // id
    std::string store_root, cache_file, key_path, rules;
    std::string kernel_pins, run_pins;
    std::uint32_t number = 0;         // in the kernel side
    std::uint64_t missed_before = 0;  // Kernel::missed() when it began
    std::int64_t clock_offset = 0;    // nanoseconds
    std::int64_t started = 0;         // nanoseconds since the epoch
    std::uint32_t uid = 0, gid = 0;   // whose run it is
    std::uint32_t pid = 0;            // of the command
    std::uint64_t pid_started = 0;    // clock ticks since boot: tells it from a later process of the same number
    std::vector<std::string> command;
    std::string pipeline, step, digest;
    std::string project, here;  // the project's root, the command's directory when it began
    std::vector<std::string> after;
    std::string selector;  // that began it; empty: StartRun did
    std::string backend;   // of the kernel side
};

std::string to_text(const Order& order);
Result<Order> read_order(const std::string& text);

// What a worker says.
struct WorkerWord {
    enum class Kind { kArmed, kRefused, kPhase, kFinding, kOutcome, kNothing };
    Kind kind = Kind::kArmed;
    std::string message, hint;  // kRefused: nothing was begun
    std::string phase;          // kPhase: as the interface calls it
    std::string finding;        // kFinding: JSON, as the interface has it
    int exit_code = 125;        // kOutcome, and what follows. kNothing: the command never executed anything
    std::string directory;      // of the evidence; empty: there is none yet
    std::string summary;        // JSON; empty likewise
    std::vector<std::pair<std::string, std::string>> problems;  // message, hint
};

std::string to_text(const WorkerWord& word);
Result<WorkerWord> read_word(const std::string& text);

// What a broker says to a worker that has its order.
inline constexpr const char* kAbort = "abort";

}  // namespace fstracker::daemon
