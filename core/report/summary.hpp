// SPDX-License-Identifier: Apache-2.0
// The run summary: what a script that called `track` wants to know. Written as summary.json and by `track --summary`.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/judge/verdict.hpp"
#include "core/run/record.hpp"

namespace fstracker::report {

struct Counts {
    std::uint64_t processes = 0;
    std::uint64_t executables = 0;  // distinct objects in each of these
    std::uint64_t libraries = 0;
    std::uint64_t files_read = 0;
    std::uint64_t files_written = 0;
    std::uint64_t connections = 0;
    bool operator==(const Counts&) const = default;
};

Counts count(const run::Record& record);
// "2 processes, 1 program, …"
std::string touched_text(const Counts& counts);

// Incidents by level, judge::Level as index.
std::array<std::uint64_t, 5> count_levels(const judge::Judgement& judgement);

struct Timing {
    double command_seconds = 0;
    double finish_seconds = 0;
    std::uint64_t bytes_hashed = 0;
};

// One JSON object with a newline: contract.md, "Summary JSON". exit_status: what `track` ends with for the command.
// owner: uid of the user whose run it is, of a run that the service recorded.
std::string summary_json(const run::Record& record, const judge::Judgement& judgement, const std::string& directory,
                         int exit_status, const Timing& timing, std::optional<std::uint32_t> owner = {});

// The command's exit status as a shell gives it, from what wait(2) gave: 128 + N for signal N.
int shell_status(std::int32_t wait_status);

}  // namespace fstracker::report
