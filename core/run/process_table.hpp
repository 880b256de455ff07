// SPDX-License-Identifier: Apache-2.0
// Who ran what. An entry is an execution, or a fork; a fork that did nothing before it executed is left out of the
// record and its parent takes its place. Internal to core/run; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/event/event.hpp"
#include "core/run/record.hpp"

namespace fstracker::run {

class ProcessTable {
  public:
    void forked(const event::Fork& fork);
    void executed(const event::Exec& exec);
    void exited(const event::Exit& exit);
    void acted(event::ProcessId process);

    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] std::optional<std::uint32_t> pid_of(event::ProcessId process) const;

    using DigestOf =
        std::function<std::optional<event::Sha256>(const event::ObjectId&, event::ProcessId, std::uint32_t access)>;
    [[nodiscard]] std::vector<Process> list(const DigestOf& digest_of) const;

    // Entries that had neither ended nor executed something else when the run did, but for `command`.
    [[nodiscard]] std::vector<event::ProcessId> still_running() const;

    // The entry that `process` appears as: itself, or the nearest ancestor that is listed. 0 for none.
    [[nodiscard]] event::ProcessId listed(event::ProcessId process) const;

  private:
    struct Entry {
        Process process;
        bool executed = false;  // an execution, not a fork
        bool replaced = false;  // executed something else: another entry goes on
        bool acted = false;
    };
    [[nodiscard]] bool is_listed(const Entry& entry) const { return entry.executed || entry.acted || !entry.replaced; }

    std::unordered_map<event::ProcessId, Entry> entries_;
};

}  // namespace fstracker::run
