// SPDX-License-Identifier: Apache-2.0
// What a step's baseline says of the programs, files and peers of a run, in the words of rules.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/baseline/differences.hpp"

namespace fstracker::judge {

// Of one thing. The texts live for ever.
struct Standing {
    std::vector<std::string_view> words;  // of known, new, changed, out-of-range; or none. Empty: nothing is known
    std::optional<double> surprise;       // bits; 0 of what is known
};

class Standings {
  public:
    // Where no baseline speaks: all is "none".
    Standings() = default;
    // All outlive it. `baseline` is one that speaks: it has three runs or more.
    Standings(const run::Record& record, const baseline::PathNames& names, const baseline::Baseline& baseline,
              const baseline::Facts& facts, const std::vector<baseline::Difference>& differences);

    [[nodiscard]] Standing of_program(event::ProcessId process) const;
    // `digest`: where it is of one content, and that one is known, another content under that path does not count.
    [[nodiscard]] Standing of_file(event::ProcessId process, std::string_view path,
                                   const std::optional<event::Sha256>& digest = {}) const;
    [[nodiscard]] Standing of_peer(event::ProcessId process, const run::Connection& peer) const;
    // What is about no program of the run: a volume, something absent.
    [[nodiscard]] Standing of(const baseline::Difference& difference) const;

  private:
    enum class What : char { kProgram = 'p', kFile = 'f', kPeer = 'n' };
    using Differences = std::vector<const baseline::Difference*>;
    [[nodiscard]] const Differences* find(What what, const std::string& program, const std::string& name) const;
    [[nodiscard]] Standing of(const Differences* differences, const std::optional<event::Sha256>& digest) const;

    const baseline::PathNames* names_ = nullptr;
    const baseline::Baseline* baseline_ = nullptr;  // nullptr: none speaks
    const baseline::Facts* facts_ = nullptr;
    std::map<event::ProcessId, std::string> programs_;
    std::unordered_map<std::string, Differences> differences_;  // by kind of thing, program and name
};

}  // namespace fstracker::judge
