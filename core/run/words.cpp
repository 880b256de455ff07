// SPDX-License-Identifier: Apache-2.0
#include "core/run/words.hpp"

namespace fstracker::run {

const char* binding_word(Binding binding) {
    switch (binding) {
        case Binding::kKernel: return "kernel";
        case Binding::kStable: return "stable";
        case Binding::kOwn: return "own";
        case Binding::kChanged: return "changed";
        case Binding::kContended: return "contended";
        case Binding::kNone: return "none";
    }
    return "none";
}

const char* refusal_word(event::Refusal refusal) {
    switch (refusal) {
        case event::Refusal::kGone: return "gone";
        case event::Refusal::kTooLarge: return "too-large";
        case event::Refusal::kNotRegular: return "not-regular";
        case event::Refusal::kPermission: return "permission";
        case event::Refusal::kLost: return "lost";
        case event::Refusal::kError: return "error";
    }
    return "error";
}

}  // namespace fstracker::run
