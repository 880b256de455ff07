// SPDX-License-Identifier: Apache-2.0
// Contents told while they are hashed, and what was told brought to the entries they belong to.
#pragma once

#include "core/digest/inspection.hpp"
#include "core/run/record.hpp"

namespace fstracker::artifact {

// For the hasher. Any thread.
digest::Inspector content_inspector();

// Fills format, imports and unreadable, by the entry's digest; an entry without one stays as it is. A text that is
// called so is Python's.
void describe_content(run::FileEntry& entry, const digest::Inspections& inspections);

}  // namespace fstracker::artifact
