// SPDX-License-Identifier: Apache-2.0
// The pieces that the reports made of JSON have in common.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/report/story.hpp"
#include "core/run/record.hpp"

namespace fstracker::report {

// The parts of a statement's monitor log exactly as a statement has them, but for the access table, whose lines
// evidence::write_file_entry() writes.
struct MonitorLog {
    nlohmann::json processes, network, completeness;
};
MonitorLog monitor_log(const run::Record& record);

// Texts as JSON can hold them.
nlohmann::json texts(const std::vector<std::string>& values);
// "sha256:HEX" or null.
nlohmann::json digest_json(const std::optional<event::Sha256>& digest);

// {run, pipeline, step, verdict, complete, reasons}. A run without verdict is INCOMPLETE.
nlohmann::json run_json(const Story& story);
nlohmann::json incident_json(const Finding& finding);
nlohmann::json baseline_json(const BaselineTold& baseline);
nlohmann::json changes_json(const std::vector<Changes>& changes);

}  // namespace fstracker::report
