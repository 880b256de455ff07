// SPDX-License-Identifier: Apache-2.0
// Servers outside the tree that do work for whoever asks: what a run hands to them is not followed, so that it did is
// said by name.
#pragma once

#include <optional>
#include <string_view>

namespace fstracker::run {

// The server that listens on a Unix socket of this name (relative, absolute, or with a NUL first: abstract), by the
// places where distributions and projects put them; nothing for any other.
std::optional<std::string_view> server_at(std::string_view socket_name);

// The server that takes orders from files in this one's folder: cron, at.
std::optional<std::string_view> server_that_reads(std::string_view path);

}  // namespace fstracker::run
