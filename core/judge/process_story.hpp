// SPDX-License-Identifier: Apache-2.0
// Who a process of a run is and where it comes from, as rules name it, while the events come in.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/event/event.hpp"

namespace fstracker::judge {

// One entry of the process table: an execution, or a fork, which is what its parent is until it executes.
struct Actor {
    event::ProcessId id = 0;
    event::ProcessId parent = 0;  // the entry it was before, where it executed; else the one that forked
    std::uint32_t pid = 0;
    std::string image;
    std::string script;  // what an interpreter was started for
    std::string command_line;
    std::string directory;
    std::string user;
    event::ProcessId maker = 0;               // the process that made this one; 0 for the command itself
    std::vector<event::ProcessId> ancestors;  // entries above, the nearest first, one for each program
};

class ProcessStory {
  public:
    // Forks and executions; every other event is nobody's beginning.
    void see(const event::Event& event);

    // nullptr for an entry that never came.
    [[nodiscard]] const Actor* find(event::ProcessId id) const;

  private:
    void add(Actor actor);

    std::unordered_map<event::ProcessId, Actor> actors_;
};

}  // namespace fstracker::judge
