// SPDX-License-Identifier: Apache-2.0
// A pickle taken apart, never run: what the unpickler would import and call, opcode by opcode, protocols 0 to 5.
//
// The stack is followed as the unpickler would, since STACK_GLOBAL takes its names from there; values are reduced to
// what can become a name. What joblib writes between opcodes (the bytes of arrays) is skipped by the shape and type it
// says.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "core/artifact/bytes.hpp"
#include "core/artifact/content.hpp"

namespace fstracker::artifact {

// All that is done for one content, nested pickles included.
struct PickleBudget {
    std::uint64_t opcodes = 20'000'000;
    std::uint64_t looks = 1'000'000;  // at what lies elsewhere: names from the stack, pickles within
};

struct Pickle {
    std::set<std::string> imports;  // "module.name", printable
    bool calls = false;             // it would call something: REDUCE, BUILD, INST, OBJ, NEWOBJ
    bool whole = false;             // STOP was reached
    std::uint64_t opcodes = 0;
    std::uint64_t end = 0;  // behind STOP, or where it could not be read on
    std::string problem;
};

// The pickle that begins at `offset`.
Pickle disassemble(Bytes& bytes, std::uint64_t offset, PickleBudget& budget);

// Pickles in a row from `offset` on, as Python's load() called again and again would take them; together. What follows
// them and is no pickle is no fault.
Pickle disassemble_all(Bytes& bytes, std::uint64_t offset, PickleBudget& budget);

// Adds what one came to, within the bounds of a Content.
void add_to(Content& content, const Pickle& pickle);

// PROTO with a version that there is.
inline bool begins_pickle(std::uint8_t first, std::uint8_t second) {
    return first == 0x80 && second >= 2 && second <= 5;
}

// Printable ASCII; other bytes and '%' percent-encoded; cut at kLongestImport.
std::string printable_name(std::string_view name);

}  // namespace fstracker::artifact
