// SPDX-License-Identifier: Apache-2.0
// Files whose names differ only in numbers, dates and the like, as one entry: "data/shard-{n}.tar". Internal to
// core/baseline.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/baseline/baseline.hpp"

namespace fstracker::baseline {

using Siblings = std::vector<std::map<std::string, PathEntry>::iterator>;

// Libraries, programs, code, credentials, configuration and models stand for themselves, always.
bool may_be_generalised(const std::string& role);

void widen(PathEntry& mask, const std::vector<std::uint64_t>& numbers);

// The program's files that may be generalised and are called otherwise than their shape, by shape.
std::map<std::string, Siblings> siblings_by_shape(ProgramEntry& program);

// One entry in place of those.
void fold(ProgramEntry& program, const std::string& shape, const Siblings& siblings);

}  // namespace fstracker::baseline
