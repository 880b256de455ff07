// SPDX-License-Identifier: Apache-2.0
// What a change of names came to. On the tracepoint backend the names are the call's arguments and the objects are
// those whose change time moved during the call; a name is tied to an object only where it leads there, or where only
// one object can be meant.
#pragma once

#include <vector>

#include "core/event/event.hpp"

namespace fstracker::capture {

event::Renamed resolve(const event::NameChange& change);

// The same, and of an exchange of two names one for each of the two objects.
std::vector<event::Renamed> resolve_all(const event::NameChange& change);

}  // namespace fstracker::capture
