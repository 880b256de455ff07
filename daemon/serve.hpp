// SPDX-License-Identifier: Apache-2.0
// The service's life: opens the socket, waits for whatever happens, ends on SIGTERM.
#pragma once

#include "core/base/result.hpp"
#include "daemon/configuration.hpp"

namespace fstracker::daemon {

// Blocks until it is told to end. An error: it could not begin, or cannot go on.
Status serve(const Configuration& configuration);

}  // namespace fstracker::daemon
