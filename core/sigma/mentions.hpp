// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/sigma/rule_set.hpp"

namespace fstracker::sigma {

// Whether the rule's detection asks for that field by its name, also as what another is compared with. False for
// correlations.
bool mentions(const Rule& rule, Field field);
// Likewise, or a rule of `set` that it correlates does.
bool rests_on(const RuleSet& set, const Rule& rule, Field field);

}  // namespace fstracker::sigma
