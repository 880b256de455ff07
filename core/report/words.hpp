// SPDX-License-Identifier: Apache-2.0
// Values of the record in words that people read; the words of evidence itself are core/evidence's.
#pragma once

#include <string>
#include <vector>

#include "core/run/record.hpp"

namespace fstracker::report {

// The roles of the contract, in the order they are shown.
const std::vector<std::string>& roles();

// The program of a process, the command line on one line: both printable.
std::string program_name(const run::Process& process);
std::string command_line(const run::Process& process);

}  // namespace fstracker::report
