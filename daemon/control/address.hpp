// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"

namespace fstracker::control {

// kInvalid for a path that is empty or longer than Linux allows (107 bytes).
Result<sockaddr_un> address_of(const std::string& path);

// A Unix stream socket, non-blocking, closed when a program is executed.
Result<base::Fd> stream_socket();

}  // namespace fstracker::control
