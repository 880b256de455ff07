// SPDX-License-Identifier: Apache-2.0
// What a file is to the step, in one word: by what the project declares, how it was used, what its content is, and at
// last by where it lies and how it is called.
#pragma once

#include <string>

#include "core/artifact/declared_roles.hpp"
#include "core/run/record.hpp"

namespace fstracker::artifact {

// One of data, model, library, executable, code, config, credential, cache, temp, output, device, other. Looks at the
// entry alone, with its format and imports: its path is never opened.
std::string role_of(const run::FileEntry& entry);

// The same, unless `declared` has a word for its path; a device is one whatever it is declared to be.
std::string role_of(const run::FileEntry& entry, const DeclaredRoles& declared);

}  // namespace fstracker::artifact
