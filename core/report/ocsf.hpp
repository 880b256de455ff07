// SPDX-License-Identifier: Apache-2.0
// An incident under the names of the Open Cybersecurity Schema Framework: class Detection Finding, 2004.
#pragma once

#include <nlohmann/json.hpp>

#include "core/report/rule_texts.hpp"
#include "core/report/story.hpp"

namespace fstracker::report {

inline constexpr const char* kOcsfVersion = "1.8.0";

// The attributes of schema 1.8.0 that a run has something for; times are milliseconds since the epoch.
nlohmann::json detection_finding(const Story& story, const Finding& finding, const RuleTexts& rules);

}  // namespace fstracker::report
