// SPDX-License-Identifier: Apache-2.0
// How a run differs from what a baseline knows: facts, without a judgement.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "core/baseline/baseline.hpp"
#include "core/baseline/facts.hpp"

namespace fstracker::baseline {

enum class Kind {
    kNewProgram,      // the step never had it
    kNewParent,       // another program started it than ever did
    kNewFile,         // the program never touched it, and nothing known is like it
    kNewPlace,        // likewise, and it never touched anything of that role in that folder
    kNewUser,         // the step knows the file, but not that this program touches it
    kNewMember,       // one more of a known shape, within the range that was seen
    kOutOfRange,      // one more of a known shape, outside
    kUnlikeSiblings,  // in a folder of files that have one shape, and this has another
    kNewAccess,       // known, and now it was written, executed or loaded too
    kOtherContent,    // known with other content
    kNewPeer,         // a connection that the program never made
    kAbsentFile,      // in every run until now
    kAbsentProgram,   // likewise
    kVolume,          // far more of something than ever
};
inline constexpr std::array kAllKinds{
    Kind::kNewProgram, Kind::kNewParent,  Kind::kNewFile,        Kind::kNewPlace,  Kind::kNewUser,
    Kind::kNewMember,  Kind::kOutOfRange, Kind::kUnlikeSiblings, Kind::kNewAccess, Kind::kOtherContent,
    Kind::kNewPeer,    Kind::kAbsentFile, Kind::kAbsentProgram,  Kind::kVolume};
std::string to_text(Kind kind);  // "new-program", …

struct Difference {
    Kind kind = Kind::kNewFile;
    std::string novelty;  // the class whose rate of novelty tells how surprising this is: "library $SITE"
    std::string program;
    std::string name;  // named path, program, peer or volume: what differs
    std::string path;  // concrete, where there is one
    std::string role;
    std::string owner;      // package URL
    std::string owner_was;  // the package as the step knew it: the same, another version, or empty for one it never had
    std::optional<bool> owner_verified;
    std::uint32_t access = 0;
    std::vector<event::ProcessId> processes;
    std::set<event::Sha256> was, now;  // of kOtherContent
    bool known_content = false;        // the step knows these bytes, in that role, under another name
    std::uint32_t known_runs = 0;      // of what is known: in how many runs
    double usual = 0, found = 0;       // of kVolume: median and value
};

// "$WORK/data/shard-{n}.tar" where files like this one may be let in as one entry; else empty.
std::string shape_of(const Difference& difference);

// The file came, went or changed because its package is another version.
bool is_of_upgrade(const Difference& difference);

// In the order of program, kind and name. `baseline` must have learned a run.
std::vector<Difference> differences(const Baseline& baseline, const Facts& facts, const PathNames& names);

}  // namespace fstracker::baseline
