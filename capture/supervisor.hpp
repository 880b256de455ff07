// SPDX-License-Identifier: Apache-2.0
// Stands between whoever started us and the command while it runs: passes signals on, stops when it stops, and says how
// it ended.
#pragma once

#include <sys/types.h>

#include <functional>

#include "core/base/result.hpp"

namespace fstracker::capture {

// Waits for `child` to end and gives its status as wait(2) does. Signals must have been taken over (launcher.hpp).
// TERM, INT, HUP, QUIT, USR1 and USR2 that were sent to us alone go to the child; those of the terminal have reached it
// already. A child that stops stops us, so that the shell sees it; when we go on, so does the child.
Result<int> supervise(pid_t child);

}  // namespace fstracker::capture
