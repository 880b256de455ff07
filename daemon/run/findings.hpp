// SPDX-License-Identifier: Apache-2.0
// Findings as the interface has them: while the run goes on, a rule's each; at its end, incidents.
#pragma once

#include <string>

#include "core/judge/verdict.hpp"
#include "core/judge/watch.hpp"
#include "core/run/record.hpp"
#include "daemon/control/messages.hpp"

namespace fstracker::daemon {

control::Finding finding_of(const judge::Hit& hit, const judge::Actor* actor);
control::Finding finding_of(const judge::Incident& incident, const run::Record& record);

std::string to_text(const control::Finding& finding);
// None for a text that is none.
std::optional<control::Finding> read_finding(const std::string& text);

}  // namespace fstracker::daemon
