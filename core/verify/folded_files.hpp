// SPDX-License-Identifier: Apache-2.0
// files.ndjson.zst: the whole access table of a run whose statement has only the folded one.
#pragma once

#include <functional>
#include <string>

#include "core/base/result.hpp"
#include "core/run/record.hpp"

namespace fstracker::verify {

// Calls `take` with the number of each line, from 1, and what it came to; stops at the first error that it returns.
Status read_folded_files(const std::string& path,
                         const std::function<Status(std::size_t, Result<run::FileEntry>)>& take);

}  // namespace fstracker::verify
