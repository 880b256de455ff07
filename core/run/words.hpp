// SPDX-License-Identifier: Apache-2.0
// The words of evidence.
#pragma once

#include "core/event/event.hpp"
#include "core/run/record.hpp"

namespace fstracker::run {

const char* refusal_word(event::Refusal refusal);  // "gone", "too-large", …
const char* binding_word(Binding binding);         // "kernel", "stable", …

}  // namespace fstracker::run
