// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace fstracker::control {

// The Varlink description of an interface that is served here; empty of another. That of org.fstracker.Control is the
// file include/fstracker/org.fstracker.Control.varlink, which the build puts in.
std::string_view description_of(std::string_view interface);

}  // namespace fstracker::control
