// SPDX-License-Identifier: Apache-2.0
// What a step does, learned from runs of it: which programs it has, what each reads, writes and loads, with whom it
// talks, and how often a run brought something new. docs/baselines.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/baseline/facts.hpp"

namespace fstracker::baseline {

// In how many of the learned runs, and in which: 1 is the first that taught.
struct Sightings {
    std::uint32_t runs = 0;
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    bool operator==(const Sightings&) const = default;
    void add(std::uint32_t run);
};

// A file, or, where its path has masks, all files of that shape in one folder.
struct PathEntry {
    Sightings seen;
    std::string role;
    std::string owner;
    std::uint32_t access = 0;
    std::set<event::Sha256> digests;  // of contents that the run found; at most kMostDigests
    bool varies = false;              // more contents than those, or the run's own
    // Of a mask with {n}: what its numbers were, the least and the largest of each. Empty for a file.
    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
    std::uint64_t members = 0;  // of a mask: files that were seen; 0 for a file
    bool operator==(const PathEntry&) const = default;
    [[nodiscard]] bool is_mask() const { return members != 0; }
};
inline constexpr std::size_t kMostDigests = 4;

// What a run found under that path.
void take_contents(PathEntry& entry, const FileFact& fact);

struct ProgramEntry {
    Sightings seen;
    std::map<std::string, Sightings> started_by;
    std::map<std::string, PathEntry> files;
    std::map<std::string, Sightings> peers;
    bool operator==(const ProgramEntry&) const = default;
};

// What a person let in: a finding, by its fingerprint.
struct Acceptance {
    std::string finding;  // "F-…"
    std::string fingerprint;
    std::string run;
    std::string reason;
    bool operator==(const Acceptance&) const = default;
};

struct TaughtBy {
    std::string run;
    std::string trace;  // sha256 of its trace.sigstore.json, hex
    bool operator==(const TaughtBy&) const = default;
};

struct Baseline {
    std::string pipeline;
    std::string step;
    std::vector<TaughtBy> runs;
    std::vector<Acceptance> accepted;
    std::map<std::string, std::uint32_t> novelty;  // by class: runs after the first that brought something new
    std::map<std::string, std::vector<std::uint64_t>> volumes;  // by name: of each of the last kMostVolumes runs
    std::map<std::string, Sightings> blind_spots;               // entered, by sentence without numbers
    std::map<std::string, ProgramEntry> programs;
    bool operator==(const Baseline&) const = default;
};
inline constexpr std::size_t kMostVolumes = 30;

enum class Maturity { kNone, kLearning, kProvisional, kStable };
std::string to_text(Maturity maturity);  // "none", "learning", …

// learning: under 3 runs. stable: 5 or more, and few of its entries were seen in one run alone.
Maturity maturity_of(const Baseline& baseline);

// -log2 of how often a run of this step brings something new of that class, from what was learned. 0 and more bits.
double surprise_of(const Baseline& baseline, const std::string& novelty_class);

// Takes in one more run. The order of runs is that of the calls.
void learn(Baseline& baseline, const Facts& facts, TaughtBy by);

struct Difference;  // differences.hpp

// Lets in what a person settled: from now on the step is known to do it, since the last run that taught.
enum class Extent {
    kFiles,   // those files
    kShapes,  // and, where they have one, all files of their shape there, within the range of what is known
};
void accept(Baseline& baseline, const Facts& facts, const std::vector<Difference>& differences,
            Extent extent = Extent::kFiles);

// Names and values of `volumes`, in the order of their names.
std::vector<std::pair<std::string, std::uint64_t>> named_volumes(const Volumes& volumes);

}  // namespace fstracker::baseline
