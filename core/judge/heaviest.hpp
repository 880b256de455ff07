// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/run/record.hpp"

namespace fstracker::judge {

// The process with the largest share of a volume ("bytes written", …; baseline::named_volumes); of "processes" that with
// the most children. 0 where none has any.
event::ProcessId heaviest(const run::Record& record, const std::string& volume);

}  // namespace fstracker::judge
