// SPDX-License-Identifier: Apache-2.0
#include "core/judge/standings.hpp"

#include <algorithm>

namespace fstracker::judge {

namespace {

using baseline::Difference;
using baseline::Kind;

constexpr std::string_view kKnown = "known", kNone = "none";

std::string_view word_of(Kind kind) {
    switch (kind) {
        case Kind::kNewProgram:
        case Kind::kNewFile:
        case Kind::kNewPlace:
        case Kind::kNewUser:
        case Kind::kUnlikeSiblings:
        case Kind::kNewPeer: return "new";
        case Kind::kNewParent:
        case Kind::kNewAccess:
        case Kind::kOtherContent: return "changed";
        case Kind::kOutOfRange:
        case Kind::kVolume: return "out-of-range";
        case Kind::kAbsentFile:
        case Kind::kAbsentProgram: return "absent";
        case Kind::kNewMember: return kKnown;  // within the range of what is known
    }
    return kKnown;
}

std::string key_of(char what, const std::string& program, const std::string& name) {
    std::string key(1, what);
    key.append(program).push_back('\0');
    return key.append(name);
}

}  // namespace

Standings::Standings(const run::Record& record, const baseline::PathNames& names, const baseline::Baseline& baseline,
                     const baseline::Facts& facts, const std::vector<Difference>& differences)
    : names_(&names), baseline_(&baseline), facts_(&facts), programs_(baseline::programs_of(record, names)) {
    const auto note = [this](What what, const Difference& difference, const std::string& name) {
        differences_[key_of(static_cast<char>(what), difference.program, name)].push_back(&difference);
    };
    for (const Difference& difference : differences) {
        switch (difference.kind) {
            case Kind::kNewProgram:
            case Kind::kNewParent: note(What::kProgram, difference, {}); break;
            case Kind::kNewPeer: note(What::kPeer, difference, difference.name); break;
            case Kind::kNewFile:
            case Kind::kNewPlace:
            case Kind::kNewUser:
            case Kind::kNewMember:
            case Kind::kOutOfRange:
            case Kind::kUnlikeSiblings:
            case Kind::kNewAccess:
            case Kind::kOtherContent: note(What::kFile, difference, difference.name); break;
            case Kind::kAbsentFile:
            case Kind::kAbsentProgram:
            case Kind::kVolume: break;  // of nothing that happened
        }
    }
}

const Standings::Differences* Standings::find(What what, const std::string& program, const std::string& name) const {
    const auto found = differences_.find(key_of(static_cast<char>(what), program, name));
    return found == differences_.end() ? nullptr : &found->second;
}

Standing Standings::of(const Differences* differences, const std::optional<event::Sha256>& digest) const {
    Standing standing;
    standing.surprise = 0;
    if (differences == nullptr) return {{kKnown}, 0};
    for (const Difference* difference : *differences) {
        const bool other_content = difference->kind == Kind::kOtherContent;
        if (other_content && digest && difference->was.contains(*digest)) continue;
        const std::string_view word = word_of(difference->kind);
        if (std::find(standing.words.begin(), standing.words.end(), word) == standing.words.end())
            standing.words.push_back(word);
        standing.surprise = std::max(*standing.surprise, baseline::surprise_of(*baseline_, difference->novelty));
    }
    if (standing.words.empty()) standing.words = {kKnown};
    return standing;
}

Standing Standings::of(const Difference& difference) const {
    if (baseline_ == nullptr) return {{kNone}, {}};
    return {{word_of(difference.kind)}, baseline::surprise_of(*baseline_, difference.novelty)};
}

Standing Standings::of_program(event::ProcessId process) const {
    if (baseline_ == nullptr) return {{kNone}, {}};
    const auto program = programs_.find(process);
    if (program == programs_.end() || !facts_->programs.contains(program->second)) return {};
    return of(find(What::kProgram, program->second, {}), {});
}

Standing Standings::of_file(event::ProcessId process, std::string_view path,
                            const std::optional<event::Sha256>& digest) const {
    if (baseline_ == nullptr) return {{kNone}, {}};
    const auto program = programs_.find(process);
    const auto fact = program == programs_.end() ? facts_->programs.end() : facts_->programs.find(program->second);
    if (fact == facts_->programs.end()) return {};
    const std::string named = names_->named(path);
    if (!fact->second.files.contains(named)) return {};
    return of(find(What::kFile, program->second, named), digest);
}

Standing Standings::of_peer(event::ProcessId process, const run::Connection& peer) const {
    if (baseline_ == nullptr) return {{kNone}, {}};
    const auto program = programs_.find(process);
    const auto fact = program == programs_.end() ? facts_->programs.end() : facts_->programs.find(program->second);
    if (fact == facts_->programs.end()) return {};
    const std::string name = baseline::peer_name(peer);
    if (!fact->second.peers.contains(name)) return {};
    return of(find(What::kPeer, program->second, name), {});
}

}  // namespace fstracker::judge
