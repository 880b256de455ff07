// SPDX-License-Identifier: Apache-2.0
// Contents told while they are hashed, and what was told brought to the entries they belong to.
#pragma once

#include <functional>

#include "core/artifact/content.hpp"
#include "core/digest/inspection.hpp"
#include "core/run/record.hpp"

namespace fstracker::artifact {

struct Parsed {
    Content content;
    bool lasting = true;  // false: of this moment; the same bytes are to be parsed again in the next run
};

// inspect_file() in whatever place it is safe to do it. Asked from several threads at once.
using Parser = std::function<Parsed(int fd, std::uint64_t size)>;

// For the hasher. Any thread. `parser` is asked for what recognise_file() does not tell.
digest::Inspector content_inspector(Parser parser);

// Of what could not be parsed: the format is kUnreadable, and `why` a clause in printable ASCII.
Parsed unreadable(std::string why);

// Fills format, imports and unreadable, by the entry's digest; an entry without one stays as it is. A text that is
// called so is Python's.
void describe_content(run::FileEntry& entry, const digest::Inspections& inspections);

}  // namespace fstracker::artifact
