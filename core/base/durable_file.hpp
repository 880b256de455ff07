// SPDX-License-Identifier: Apache-2.0
// Files that are there whole or not at all, also after a crash.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.hpp"

namespace fstracker::base {

// The whole file; kInvalid when it is longer than `most` bytes.
Result<std::string> read_file(const std::string& path, std::size_t most = std::size_t{1} << 32);

// Likewise, of a file that somebody else may have put there: a FIFO, a device or a socket is kInvalid, and never waited
// for.
Result<std::string> read_regular_file(const std::string& path, std::size_t most);

// Writes all of it to a descriptor; `name` is for the error.
Status write_all(int fd, std::string_view bytes, std::string_view name);

// Written beside `path`, synced, renamed over it, the directory synced. When it fails nothing of it is left behind.
Status write_file_durably(const std::string& path, std::string_view bytes, unsigned mode = 0644);

// mkdir -p with this mode for what is made.
Status make_directories(const std::string& path, unsigned mode);

Status sync_directory(const std::string& path);

}  // namespace fstracker::base
