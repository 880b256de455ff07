// SPDX-License-Identifier: Apache-2.0
#include "core/judge/surprises.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "core/judge/heaviest.hpp"
#include "core/judge/incidents.hpp"
#include "core/judge/sentences.hpp"
#include "core/judge/weigh.hpp"

namespace fstracker::judge {

namespace {

using baseline::Difference;
using baseline::Kind;

constexpr std::size_t kMostNamed = 50;

struct Weighed {
    const Difference* difference = nullptr;
    Weight weight;
    double bits = 0;
    std::string anchor;   // the program under which it is told
    std::string package;  // or the package
};

Level lowered(Level level, int steps) {
    return static_cast<Level>(std::max(static_cast<int>(level) - steps, static_cast<int>(Level::kInformational)));
}

// A step that brings something new of a class in every run surprises nobody with it.
int steps_of_surprise(double bits) {
    constexpr double kHalfOfAllRuns = 1.0, kNearlyAllRuns = 0.6;
    if (bits <= kNearlyAllRuns) return 3;
    return bits <= kHalfOfAllRuns ? 1 : 0;
}

// Whether what is new is what a step before left there, or this step itself in its run before: a checkpoint that is
// resumed from.
class Handovers {
  public:
    explicit Handovers(const Criteria& criteria) : criteria_(criteria) {}

    bool explain(const Difference& difference) {
        const bool moved = difference.kind != Kind::kOtherContent && moves_files(difference.program);
        if (difference.now.empty() || moved) return false;
        if (holds(criteria_.inputs, difference)) return true;
        // What the step itself made explains which content it goes on from, and nothing else that is done with it.
        const bool of_content = difference.kind != Kind::kNewUser && difference.kind != Kind::kNewAccess;
        if (!of_content || (difference.role != "model" && difference.role != "data")) return false;
        if (!before_) before_ = criteria_.left_before ? criteria_.left_before() : Inputs();
        return holds(*before_, difference);
    }

  private:
    static bool holds(const Inputs& inputs, const Difference& difference) {
        const auto input = inputs.find(difference.path);
        return input != inputs.end() && std::includes(input->second.digests.begin(), input->second.digests.end(),
                                                      difference.now.begin(), difference.now.end());
    }
    const Criteria& criteria_;
    std::optional<Inputs> before_;
};

class Anchors {
  public:
    Anchors(const baseline::Baseline& baseline, const baseline::Facts& facts) : baseline_(baseline), facts_(facts) {}

    // The first new program above a new one, itself included: what it starts is its doing. Known programs are their
    // own.
    std::string of(std::string program) const {
        constexpr int kDeepest = 64;
        for (int depth = 0; depth < kDeepest && is_new(program); ++depth) {
            const auto& parents = facts_.programs.at(program).started_by;
            const auto above = std::find_if(parents.begin(), parents.end(),
                                            [&](const std::string& one) { return one != program && is_new(one); });
            if (above == parents.end()) break;
            program = *above;
        }
        return program;
    }
    [[nodiscard]] bool is_new(const std::string& program) const {
        return facts_.programs.contains(program) && !baseline_.programs.contains(program);
    }

  private:
    const baseline::Baseline& baseline_;
    const baseline::Facts& facts_;
};

bool weightier(const Weighed& left, const Weighed& right) {
    return std::tuple(-static_cast<int>(left.weight.level), left.difference->kind != Kind::kNewProgram, -left.bits,
                      left.difference->kind, left.difference->program, left.difference->name) <
           std::tuple(-static_cast<int>(right.weight.level), right.difference->kind != Kind::kNewProgram, -right.bits,
                      right.difference->kind, right.difference->program, right.difference->name);
}

void add_listed(Incident& incident, const std::set<event::ProcessId>& listed,
                const std::vector<event::ProcessId>& processes) {
    for (const event::ProcessId process : processes) {
        std::vector<event::ProcessId>& known = incident.processes;
        if (known.size() < kMostNamed && listed.contains(process) &&
            std::find(known.begin(), known.end(), process) == known.end())
            known.push_back(process);
    }
}

void add_file(Incident& incident, const Difference& difference) {
    if (difference.path.empty() || incident.files.size() >= kMostNamed) return;
    if (std::find(incident.files.begin(), incident.files.end(), difference.path) == incident.files.end())
        incident.files.push_back(difference.path);
    if (difference.kind == Kind::kOtherContent && difference.was.size() == 1)
        incident.was[difference.path] = *difference.was.begin();
}

// What is not there any more, and sums, are nobody's in particular: who would have started or touched it is named, and
// who has the largest share.
void add_culprits(Incident& incident, const std::set<event::ProcessId>& listed, const run::Record& record,
                  const baseline::Baseline& baseline, const baseline::Facts& facts, const Difference& difference) {
    if (difference.kind == Kind::kVolume) return add_listed(incident, listed, {heaviest(record, difference.name)});
    std::set<std::string> programs;
    if (difference.kind == Kind::kAbsentFile) programs = {difference.program};
    if (const auto absent = baseline.programs.find(difference.name);
        difference.kind == Kind::kAbsentProgram && absent != baseline.programs.end())
        for (const auto& [parent, seen] : absent->second.started_by) programs.insert(parent);
    for (const std::string& name : programs)
        if (const auto program = facts.programs.find(name); program != facts.programs.end())
            add_listed(incident, listed, program->second.processes);
}

Incident incident_of(const run::Record& record, const baseline::Baseline& baseline, const std::string& anchor,
                     std::vector<Weighed> group, const baseline::Facts& facts) {
    std::sort(group.begin(), group.end(), weightier);
    const Weighed& lead = group.front();
    std::set<event::ProcessId> listed;
    for (const run::Process& process : record.processes) listed.insert(process.id);

    Incident incident;
    incident.level = lead.weight.level;
    incident.family = lead.weight.family;
    std::set<std::string> rules, names, atlas, attack;
    for (const Weighed& one : group) {
        rules.insert(rule_of(one.difference->kind));
        names.insert(one.difference->name);
        atlas.insert(one.weight.atlas.begin(), one.weight.atlas.end());
        attack.insert(one.weight.attack.begin(), one.weight.attack.end());
        add_listed(incident, listed, one.difference->processes);
        add_file(incident, *one.difference);
    }
    for (const Weighed& one : group)
        if (incident.processes.size() < kMostNamed)
            add_culprits(incident, listed, record, baseline, facts, *one.difference);
    incident.rules.assign(rules.begin(), rules.end());
    incident.atlas.assign(atlas.begin(), atlas.end());
    incident.attack.assign(attack.begin(), attack.end());
    incident.innocent = innocent_reasons(*lead.difference);
    if (!lead.package.empty()) {
        std::vector<const Difference*> of_packages;
        for (const Weighed& one : group) {
            of_packages.push_back(one.difference);
            names.insert(one.difference->owner);
        }
        incident.title = title_of_packages(of_packages, facts);
        incident.why = why_of_packages(of_packages, baseline);
    } else {
        incident.title = title_of(*lead.difference, facts);
        if (group.size() > 1) {
            incident.title.pop_back();
            incident.title += fmt::format(", and {} more.", group.size() - 1);
        }
        std::vector<std::string> also;
        for (std::size_t i = 1; i < group.size(); ++i) also.push_back(title_of(*group[i].difference, facts));
        incident.why = why_of(*lead.difference, baseline, lead.bits, also);
    }

    std::vector<std::string> parts{record.info.pipeline, record.info.step, anchor, incident.family};
    parts.insert(parts.end(), rules.begin(), rules.end());
    parts.emplace_back();
    parts.insert(parts.end(), names.begin(), names.end());
    incident.fingerprint = fingerprint_of(parts);
    incident.id = incident_id(incident.fingerprint);
    return incident;
}

// What is told together: all that a new program did; of a known one what is of one family; a package; and small things,
// whatever they are about.
using Key = std::pair<std::string, std::string>;
using Groups = std::map<Key, std::vector<Weighed>>;
constexpr const char* kUpgrade = "upgrade ";

Key key_of(const Weighed& weighed, bool upgraded, const Anchors& anchors) {
    if (upgraded) return {{}, kUpgrade + weighed.package};
    if (weighed.weight.level == Level::kLow) return {};
    if (!weighed.package.empty()) return {{}, "package " + weighed.package};
    return {weighed.anchor, anchors.is_new(weighed.anchor) ? std::string() : weighed.weight.family};
}

// A package in another version, each file as its list says, is explained. Those that nobody can vouch for are one
// incident together.
void settle_upgrades(Groups& groups) {
    std::vector<Weighed> unverified;
    for (auto group = groups.lower_bound({{}, kUpgrade}); group != groups.end();) {
        auto& [key, differences] = *group;
        if (!key.first.empty() || !key.second.starts_with(kUpgrade)) break;
        if (is_of_the_hub(*differences.front().difference)) {
            ++group;
            continue;
        }
        const bool explained = std::all_of(differences.begin(), differences.end(), [](const Weighed& one) {
            return one.difference->owner_verified == true || one.difference->kind == Kind::kAbsentFile ||
                   one.weight.level == Level::kInformational;
        });
        if (explained) {
            for (Weighed& one : differences) one.weight.level = Level::kInformational;
            ++group;
            continue;
        }
        for (Weighed& one : differences) one.weight.level = Level::kLow;
        unverified.insert(unverified.end(), differences.begin(), differences.end());
        group = groups.erase(group);
    }
    if (!unverified.empty()) groups[{{}, kUpgrade}] = std::move(unverified);
}

}  // namespace

std::vector<Surprise> surprises_in(const run::Record& record, const baseline::Baseline& baseline,
                                   const baseline::Facts& facts, const std::vector<Difference>& differences,
                                   const Criteria& criteria) {
    const baseline::Maturity maturity = baseline::maturity_of(baseline);
    const bool only_rules_speak = maturity == baseline::Maturity::kNone || maturity == baseline::Maturity::kLearning;
    if (only_rules_speak) return {};
    const Anchors anchors(baseline, facts);

    Groups groups;
    Handovers handovers(criteria);
    for (const Difference& difference : differences) {
        Weighed weighed{&difference,
                        weight_of(difference),
                        baseline::surprise_of(baseline, difference.novelty),
                        anchors.of(difference.program),
                        {}};
        if (!anchors.is_new(weighed.anchor)) weighed.package = package_of(difference);
        Level& level = weighed.weight.level;
        const bool upgraded = !weighed.package.empty() && baseline::is_of_upgrade(difference);
        if (upgraded) level = Level::kLow;
        if (level > Level::kInformational && handovers.explain(difference)) level = Level::kInformational;
        level =
            lowered(level, steps_of_surprise(weighed.bits) + (maturity == baseline::Maturity::kProvisional ? 1 : 0));
        if (level == Level::kInformational && !upgraded) continue;
        groups[key_of(weighed, upgraded, anchors)].push_back(std::move(weighed));
    }
    settle_upgrades(groups);
    std::vector<Surprise> surprises;
    surprises.reserve(groups.size());
    for (const auto& [key, group] : groups) {
        Surprise& surprise = surprises.emplace_back();
        surprise.incident = incident_of(record, baseline, key.first, group, facts);
        for (const Weighed& one : group) surprise.differences.push_back(*one.difference);
    }
    return surprises;
}

Changes changes_in(const std::vector<Difference>& differences) {
    std::map<std::string, std::array<std::set<std::string>, 3>> found;
    for (const std::string role : {"data", "executable", "library", "model"}) found[role];
    for (const Difference& difference : differences) {
        const auto role = found.find(difference.role);
        if (role == found.end() || difference.path.empty()) continue;
        switch (difference.kind) {
            case Kind::kNewProgram:
            case Kind::kNewFile:
            case Kind::kNewPlace:
            case Kind::kNewMember:
            case Kind::kOutOfRange:
            case Kind::kUnlikeSiblings: role->second[0].insert(difference.path); break;
            case Kind::kOtherContent: role->second[1].insert(difference.path); break;
            case Kind::kAbsentFile: role->second[2].insert(difference.path); break;
            case Kind::kNewParent:
            case Kind::kNewUser:
            case Kind::kNewAccess:
            case Kind::kNewPeer:
            case Kind::kAbsentProgram:
            case Kind::kVolume: break;
        }
    }
    constexpr std::size_t kMostListed = 500;
    const auto listed = [](const std::set<std::string>& all) {
        std::vector<std::string> list(all.begin(), all.end());
        if (list.size() > kMostListed) list.resize(kMostListed);
        return list;
    };
    Changes changes;
    for (const auto& [role, lists] : found) changes[role] = {listed(lists[0]), listed(lists[1]), listed(lists[2])};
    return changes;
}

}  // namespace fstracker::judge
