// SPDX-License-Identifier: Apache-2.0
// Values of the record in words that people read; the words of evidence itself are core/evidence's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/run/record.hpp"

namespace fstracker::report {

// The roles of the contract, in the order they are shown.
const std::vector<std::string>& roles();

// "1 program", "1,234 programs".
std::string counted(std::uint64_t count, std::string_view one, std::string_view many);

// The program of a process, the command line on one line: both printable.
std::string program_name(const run::Process& process);
std::string command_line(const run::Process& process);

}  // namespace fstracker::report
