// SPDX-License-Identifier: Apache-2.0
// The pieces that the JSON and the NDJSON report have in common.
#pragma once

#include <nlohmann/json.hpp>

#include "core/judge/verdict.hpp"
#include "core/run/record.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::report {

// {process, network, fileAccess, completeness} exactly as a statement has them, nothing folded.
nlohmann::json monitor_log(const run::Record& record);

nlohmann::json incident_json(const judge::Incident& incident, const run::Record& record);

// {run, pipeline, step, verdict, complete}. A run without verdict is INCOMPLETE.
nlohmann::json run_json(const verify::RunDocuments& run);

}  // namespace fstracker::report
