// SPDX-License-Identifier: Apache-2.0
#include "core/baseline/baseline.hpp"

#include <algorithm>
#include <cmath>

#include "core/baseline/differences.hpp"
#include "core/baseline/shapes.hpp"

namespace fstracker::baseline {

namespace {

constexpr std::uint32_t kLearningRuns = 3;
constexpr std::uint32_t kStableRuns = 5;

// Members of a known shape only widen it; all else is an entry of its own.
void take_files(ProgramEntry& program, const ProgramFact& fact, std::uint32_t run) {
    std::map<std::string, std::uint64_t> members;
    for (const auto& [path, file] : fact.files) {
        const auto known = program.files.find(path);
        if (known == program.files.end() && may_be_generalised(file.role)) {
            std::vector<std::uint64_t> numbers;
            const std::string shape = skeleton_of(path, &numbers);
            const auto mask = program.files.find(shape);
            if (mask != program.files.end() && mask->second.is_mask()) {
                mask->second.seen.add(run);
                mask->second.access |= file.access;
                widen(mask->second, numbers);
                ++members[shape];
                continue;
            }
        }
        PathEntry& entry = program.files[path];
        entry.seen.add(run);
        take_contents(entry, file);
    }
    for (const auto& [shape, count] : members) {
        PathEntry& mask = program.files.at(shape);
        mask.members = std::max(mask.members, count);
    }
}

// Runs, by number, in which files of this shape came or went.
std::size_t runs_with_churn(const Siblings& siblings, std::uint32_t runs) {
    std::uint32_t earliest = runs;
    for (const auto& sibling : siblings) earliest = std::min(earliest, sibling->second.seen.first);
    std::set<std::uint32_t> changed;
    for (const auto& sibling : siblings) {
        const Sightings& seen = sibling->second.seen;
        if (seen.first > earliest) changed.insert(seen.first);
        if (seen.last < runs) changed.insert(seen.last + 1);
    }
    return changed.size();
}

void generalise(ProgramEntry& program, std::uint32_t runs) {
    constexpr std::size_t kFewestSiblings = 2;
    constexpr std::size_t kFewestChanges = 2;
    for (const auto& [shape, siblings] : siblings_by_shape(program)) {
        if (siblings.size() < kFewestSiblings || runs_with_churn(siblings, runs) < kFewestChanges) continue;
        fold(program, shape, siblings);
    }
}

bool brings_something_new(Kind kind) {
    switch (kind) {
        case Kind::kNewProgram:
        case Kind::kNewParent:
        case Kind::kNewFile:
        case Kind::kNewPlace:
        case Kind::kNewUser:
        case Kind::kOutOfRange:
        case Kind::kUnlikeSiblings:
        case Kind::kNewAccess:
        case Kind::kOtherContent:
        case Kind::kNewPeer:
        case Kind::kAbsentFile:
        case Kind::kAbsentProgram: return true;
        case Kind::kNewMember:
        case Kind::kVolume: return false;
    }
    return false;
}

void count_novelty(Baseline& baseline, const Facts& facts) {
    const PathNames nowhere({}, {});
    std::set<std::string> classes;
    for (const Difference& difference : differences(baseline, facts, nowhere))
        if (brings_something_new(difference.kind)) classes.insert(difference.novelty);
    for (const std::string& one : classes) ++baseline.novelty[one];
}

}  // namespace

void take_contents(PathEntry& entry, const FileFact& fact) {
    entry.role = fact.role;
    entry.owner = fact.owner;
    entry.access |= fact.access;
    entry.varies = entry.varies || fact.written;
    entry.digests.insert(fact.digests.begin(), fact.digests.end());
    entry.varies = entry.varies || entry.digests.size() > kMostDigests;
    if (entry.varies) entry.digests.clear();
}

void Sightings::add(std::uint32_t run) {
    if (last == run) return;
    if (runs == 0) first = run;
    ++runs;
    last = run;
}

std::string to_text(Maturity maturity) {
    switch (maturity) {
        case Maturity::kNone: return "none";
        case Maturity::kLearning: return "learning";
        case Maturity::kProvisional: return "provisional";
        case Maturity::kStable: return "stable";
    }
    return "none";
}

Maturity maturity_of(const Baseline& baseline) {
    // Good and Turing's estimate of what is left unseen: what was seen once, as a part of all sightings.
    constexpr double kMostUnseen = 0.1;
    const auto runs = static_cast<std::uint32_t>(baseline.runs.size());
    if (runs == 0) return Maturity::kNone;
    if (runs < kLearningRuns) return Maturity::kLearning;
    if (runs < kStableRuns) return Maturity::kProvisional;
    std::uint64_t sightings = 0, once = 0;
    for (const auto& [name, program] : baseline.programs) {
        for (const auto& [path, file] : program.files) {
            if (may_be_generalised(file.role) && file.role != "data") continue;
            sightings += file.seen.runs;
            once += file.seen.runs == 1 ? 1 : 0;
        }
    }
    const bool little =
        static_cast<double>(once) <= kMostUnseen * static_cast<double>(std::max<std::uint64_t>(sightings, 1));
    return little ? Maturity::kStable : Maturity::kProvisional;
}

double surprise_of(const Baseline& baseline, const std::string& novelty_class) {
    const auto known = baseline.novelty.find(novelty_class);
    const double brought = known == baseline.novelty.end() ? 0 : known->second;
    const double later = baseline.runs.empty() ? 0 : static_cast<double>(baseline.runs.size() - 1);
    constexpr double kHalf = 0.5;  // what has not happened yet still may
    return -std::log2(std::min((brought + kHalf) / (later + 1), 1.0));
}

void learn(Baseline& baseline, const Facts& facts, TaughtBy by) {
    if (!baseline.runs.empty()) count_novelty(baseline, facts);
    baseline.runs.push_back(std::move(by));
    const auto run = static_cast<std::uint32_t>(baseline.runs.size());
    for (const auto& [name, fact] : facts.programs) {
        ProgramEntry& program = baseline.programs[name];
        program.seen.add(run);
        for (const std::string& parent : fact.started_by) program.started_by[parent].add(run);
        for (const auto& [peer, _] : fact.peers) program.peers[peer].add(run);
        take_files(program, fact, run);
        generalise(program, run);
    }
    for (const std::string& sentence : facts.blind_spots) baseline.blind_spots[sentence].add(run);
    for (const auto& [name, value] : named_volumes(facts.volumes)) {
        std::vector<std::uint64_t>& values = baseline.volumes[name];
        values.push_back(value);
        if (values.size() > kMostVolumes) values.erase(values.begin());
    }
}

std::vector<std::pair<std::string, std::uint64_t>> named_volumes(const Volumes& volumes) {
    return {{"bytes read", volumes.bytes_read},
            {"bytes written", volumes.bytes_written},
            {"cpu milliseconds", volumes.cpu_milliseconds},
            {"files read", volumes.files_read},
            {"files removed", volumes.files_removed},
            {"files written", volumes.files_written},
            {"peak memory bytes", volumes.peak_memory_bytes},
            {"processes", volumes.processes}};
}

}  // namespace fstracker::baseline
