// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/baseline/differences.hpp"
#include "core/baseline/shapes.hpp"

namespace fstracker::baseline {

namespace {

class Acceptor {
  public:
    Acceptor(Baseline& baseline, const Facts& facts)
        : baseline_(baseline), facts_(facts), run_(static_cast<std::uint32_t>(baseline.runs.size())) {}

    void take(const Difference& difference) {
        switch (difference.kind) {
            case Kind::kNewProgram:
            case Kind::kNewParent: take_program(difference.program); break;
            case Kind::kNewFile:
            case Kind::kNewPlace:
            case Kind::kNewUser:
            case Kind::kNewMember:
            case Kind::kOutOfRange:
            case Kind::kUnlikeSiblings:
            case Kind::kNewAccess:
            case Kind::kOtherContent: take_file(difference); break;
            case Kind::kNewPeer: see(program_of(difference.program).peers[difference.name]); break;
            case Kind::kAbsentFile: forget_always(difference); break;
            case Kind::kAbsentProgram: no_more_always(baseline_.programs[difference.name].seen); break;
            case Kind::kVolume:
                baseline_.volumes[difference.name].push_back(static_cast<std::uint64_t>(difference.found));
                break;
        }
    }

    // Files of its shape, known and to come, as one entry.
    void take_shape(const Difference& difference) {
        const auto program = baseline_.programs.find(difference.program);
        if (program == baseline_.programs.end()) return;
        const auto shapes = siblings_by_shape(program->second);
        const std::string shape = skeleton_of(difference.name);
        if (const auto known = shapes.find(shape); known != shapes.end()) fold(program->second, shape, known->second);
    }

  private:
    void see(Sightings& seen) const {
        if (seen.runs == 0) seen = {1, run_, run_};
    }
    // Absent once, and so not in all runs.
    static void no_more_always(Sightings& seen) { seen.runs = std::max(seen.runs, 2U) - 1; }

    ProgramEntry& program_of(const std::string& name) {
        ProgramEntry& program = baseline_.programs[name];
        see(program.seen);
        return program;
    }

    void take_program(const std::string& name) {
        ProgramEntry& program = program_of(name);
        const auto fact = facts_.programs.find(name);
        if (fact == facts_.programs.end()) return;
        for (const std::string& parent : fact->second.started_by) see(program.started_by[parent]);
        // A program that is let in comes with all that it did; what it did to others' files is told by itself.
        for (const auto& [path, file] : fact->second.files) put(program, path, file);
        for (const auto& [peer, _] : fact->second.peers) see(program.peers[peer]);
    }

    void take_file(const Difference& difference) {
        const auto fact = facts_.programs.find(difference.program);
        if (fact == facts_.programs.end()) return;
        const auto file = fact->second.files.find(difference.name);
        if (file != fact->second.files.end()) put(program_of(difference.program), difference.name, file->second);
    }

    void put(ProgramEntry& program, const std::string& path, const FileFact& file) const {
        std::vector<std::uint64_t> numbers;
        const auto mask = program.files.find(skeleton_of(path, &numbers));
        if (mask != program.files.end() && mask->second.is_mask()) {
            for (std::size_t i = 0; i < std::min(numbers.size(), mask->second.ranges.size()); ++i) {
                auto& [least, most] = mask->second.ranges[i];
                least = std::min(least, numbers[i]);
                most = std::max(most, numbers[i]);
            }
            return;
        }
        PathEntry& entry = program.files[path];
        see(entry.seen);
        take_contents(entry, file);
    }

    void forget_always(const Difference& difference) {
        const auto program = baseline_.programs.find(difference.program);
        if (program == baseline_.programs.end()) return;
        const auto file = program->second.files.find(difference.name);
        if (file != program->second.files.end()) no_more_always(file->second.seen);
    }

    Baseline& baseline_;
    const Facts& facts_;
    std::uint32_t run_;
};

}  // namespace

void accept(Baseline& baseline, const Facts& facts, const std::vector<Difference>& differences, Extent extent) {
    Acceptor acceptor(baseline, facts);
    for (const Difference& difference : differences) acceptor.take(difference);
    if (extent != Extent::kShapes) return;
    for (const Difference& difference : differences)
        if (!shape_of(difference).empty()) acceptor.take_shape(difference);
}

std::string shape_of(const Difference& difference) {
    switch (difference.kind) {
        case Kind::kNewFile:
        case Kind::kNewPlace:
        case Kind::kNewUser:
        case Kind::kNewMember:
        case Kind::kUnlikeSiblings: break;
        case Kind::kNewProgram:
        case Kind::kNewParent:
        case Kind::kOutOfRange:  // it has one
        case Kind::kNewAccess:
        case Kind::kOtherContent:
        case Kind::kNewPeer:
        case Kind::kAbsentFile:
        case Kind::kAbsentProgram:
        case Kind::kVolume: return {};
    }
    std::string shape = skeleton_of(difference.name);
    return may_be_generalised(difference.role) && shape != difference.name ? shape : std::string();
}

}  // namespace fstracker::baseline
