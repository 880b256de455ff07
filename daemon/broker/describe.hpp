// SPDX-License-Identifier: Apache-2.0
// Runs as the interface shows them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/store/run_store.hpp"
#include "daemon/control/messages.hpp"
#include "daemon/run/order.hpp"

namespace fstracker::daemon {

control::Run describe_run(const Order& order, control::State state);
control::Run describe_run(const store::RunEntry& entry);

control::Phase phase_of(std::string_view word);
control::Outcome outcome_of(const WorkerWord& word);
// What was said when the run ended.
WorkerWord read_outcome(const store::RunEntry& entry);

// Regular files of a run directory, by name, with their sizes.
std::vector<std::pair<std::string, std::uint64_t>> files_of(const std::string& directory);
std::optional<control::Store> describe_store(const std::string& path);

}  // namespace fstracker::daemon
