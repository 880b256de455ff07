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
};

class ProcessStory {
  public:
    // Forks and executions; every other event is nobody's beginning.
    void see(const event::Event& event);

    // nullptr for an entry that never came.
    [[nodiscard]] const Actor* find(event::ProcessId id) const;

    // The process that made this one: the nearest entry above that has another pid. nullptr for the command itself.
    [[nodiscard]] const Actor* parent_of(const Actor& actor) const;

    // Programs above this one, the nearest first, each once.
    [[nodiscard]] std::vector<const Actor*> ancestors_of(const Actor& actor) const;

  private:
    std::unordered_map<event::ProcessId, Actor> actors_;
};

}  // namespace fstracker::judge
