// SPDX-License-Identifier: Apache-2.0
// The words of evidence.md for values of the record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/run/record.hpp"

namespace fstracker::report {

const char* word(run::Binding binding);
const char* word(event::Refusal refusal);
std::optional<run::Binding> binding_of(const std::string& word);

// "read", "write", … of the bits, in their order.
std::vector<std::string> access_words(std::uint32_t access);
// The bit of one such word; 0 for another.
std::uint32_t access_bit(const std::string& word);

// The roles of the contract, in the order they are shown.
const std::vector<std::string>& roles();

// The program of a process, the command line on one line: both printable.
std::string program_name(const run::Process& process);
std::string command_line(const run::Process& process);

}  // namespace fstracker::report
