// SPDX-License-Identifier: Apache-2.0
// What a file is to the step, in one word: by how it was used first, by where it lies and how it is called second.
#pragma once

#include <string>

#include "core/run/record.hpp"

namespace fstracker::artifact {

// One of data, model, library, executable, code, config, credential, cache, temp, output, device, other. Looks at the
// entry alone: its path is never opened. A project's own roles come before this and are the caller's.
std::string role_of(const run::FileEntry& entry);

}  // namespace fstracker::artifact
