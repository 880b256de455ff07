// SPDX-License-Identifier: Apache-2.0
#include "core/judge/hits_at_end.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "core/base/hex.hpp"
#include "core/event/access_words.hpp"
#include "core/judge/heaviest.hpp"
#include "core/judge/sentences.hpp"
#include "core/run/words.hpp"

namespace fstracker::judge {

namespace {

using baseline::Difference;
using baseline::Kind;
using sigma::Field;
using sigma::Source;
using sigma::Value;

constexpr std::size_t kMostPrograms = 8;    // that used one file, each judged once
constexpr std::size_t kMostProcesses = 64;  // that are asked which program they are
constexpr std::size_t kMostNamed = 5;       // callables in a finding
constexpr std::uint32_t kWrites = event::kWrite | event::kTruncate;

// What the run wrote into, and had not made: its role is what came of it.
bool was_written_in_place(const run::FileEntry& entry) {
    return (entry.access & kWrites) != 0 && (entry.access & event::kCreate) == 0;
}

bool is_worth_judging(const run::FileEntry& entry, const std::string& role) {
    constexpr std::array<std::string_view, 5> kRoles = {"model", "data", "library", "code", "executable"};
    return !entry.imports.empty() || !entry.unreadable.empty() || entry.owner_verified == false ||
           std::find(kRoles.begin(), kRoles.end(), role) != kRoles.end() ||
           (role == "output" && was_written_in_place(entry));
}

// As baselines have it: what nothing is known about, in a place of the user's own, is data.
std::string role_of(const run::FileEntry& entry, const baseline::PathNames& names) {
    const bool is_known = entry.role != "other" && entry.role != "temp";
    return is_known ? entry.role : baseline::role_in_step(entry, names.named(entry.path.bytes));
}

// `imports` are those of the entry, or one of them.
void fill(sigma::Record& record, const run::FileEntry& entry, const std::string& role, const std::string& digest,
          const std::vector<std::string>& imports) {
    record.add(Field::kTargetFilename, entry.path.bytes);
    for (const auto& [bit, word] : event::kAccessWords)
        if ((entry.access & bit) != 0) record.add(Field::kAccess, word);
    record.add(Field::kRole, role);
    if (!entry.format.empty()) record.add(Field::kFormat, entry.format);
    if (!entry.unreadable.empty()) record.add(Field::kUnreadable, entry.unreadable);
    if (!entry.owner.empty()) record.add(Field::kOwner, entry.owner);
    if (entry.owner_verified) record.add(Field::kOwnerVerified, Value::of_truth(*entry.owner_verified));
    if (!digest.empty()) record.add(Field::kDigest, digest);
    record.add(Field::kBinding, run::binding_word(entry.binding));
    record.add(Field::kBytes, Value::of_integer(static_cast<std::int64_t>(entry.size)));
    for (const std::string& name : imports) record.add(Field::kImportsOf, name);
}

void fill(sigma::Record& record, const Standing& standing) {
    for (const std::string_view word : standing.words) record.add(Field::kBaseline, word);
    if (standing.surprise) record.add(Field::kSurprise, Value::of_real(*standing.surprise));
}

class Teller {
  public:
    Teller(const Watch& watch, const Ending& ending)
        : watch_(watch), ending_(ending), hearing_(watch.rules(), watch.story()), end_(ending.record.info.finished) {
        for (std::size_t i = 0; i < asks_.size(); ++i) {
            const auto source = static_cast<Source>(i);
            const bool asked = std::any_of(watch.rules().rules().begin(), watch.rules().rules().end(),
                                           [source](const sigma::Rule& rule) {
                                               return !rule.correlation && sigma::covers(rule.logsource, source);
                                           });
            asks_[i] = asked && (source >= Source::kArtifact || hearing_.waits_for(source));
        }
    }

    HitsAtEnd tell() {
        waiting();
        if (is_asked(Source::kArtifact)) artifacts();
        if (is_asked(Source::kArtifact)) absent();
        if (is_asked(Source::kVolume)) volumes();
        if (is_asked(Source::kLineage)) lineage();
        if (is_asked(Source::kIntegrity)) integrity();
        hearing_.close();
        return {hearing_.hits(), hearing_.not_kept()};
    }

  private:
    [[nodiscard]] bool is_asked(Source source) const { return asks_[static_cast<std::size_t>(source)]; }

    // For one process of each program, in their order.
    template <typename Act>
    void for_each_program(const std::vector<event::ProcessId>& processes, const Act& act) const {
        std::vector<std::string_view> programs;
        for (std::size_t i = 0; i < std::min(processes.size(), kMostProcesses); ++i) {
            const Actor* actor = watch_.story().find(processes[i]);
            const std::string_view image = actor == nullptr ? std::string_view() : std::string_view(actor->image);
            if (programs.size() == kMostPrograms) return;
            if (std::find(programs.begin(), programs.end(), image) != programs.end()) continue;
            programs.push_back(image);
            act(processes[i]);
        }
    }

    // What happened, told again with what the baseline says of it.
    void waiting() {
        for (const Deed<std::string>& kept : watch_.waiting()) {
            const Deed<std::string_view> deed{kept.source, kept.process, kept.time, kept.object,
                                              kept.other,  kept.access,  kept.peer};
            watch_.lay_out(record_, deed);
            Standing standing;
            if (kept.source == Source::kProcessCreation)
                standing = ending_.standings.of_program(kept.process);
            else if (kept.source == Source::kNetworkConnection)
                standing = ending_.standings.of_peer(kept.process, kept.peer);
            else
                standing = ending_.standings.of_file(kept.process, kept.object);
            fill(record_, standing);
            hearing_.hear(record_, kept.process, kept.object, {}, Hearers::kThoseThatAskTheBaseline);
        }
    }

    // The callables that the rule would not do without: those of which one alone is enough for it.
    std::string named_by(const sigma::Rule& rule, const run::FileEntry& entry, const std::string& role,
                         event::ProcessId process, const Standing& standing) {
        std::string named;
        std::size_t count = 0;
        const std::string digest = entry.digest ? base::to_hex(*entry.digest) : std::string();
        sigma::Record record;
        watch_.begin(record, Source::kArtifact, process, entry.last_access);
        fill(record, entry, role, digest, {});
        fill(record, standing);
        if (sigma::matches(rule, record)) return {};  // it is about something else
        for (const std::string& name : entry.imports) {
            record.add(Field::kImportsOf, name);
            const bool enough = sigma::matches(rule, record);
            record.values.pop_back();
            if (enough && ++count <= kMostNamed) named += (named.empty() ? "" : ", ") + name;
        }
        if (count > kMostNamed) named += fmt::format(" and {} more", count - kMostNamed);
        return named.empty() ? named : "which would call " + named;
    }

    void artifacts() {
        const bool asked = std::any_of(watch_.rules().rules().begin(), watch_.rules().rules().end(), asks_the_baseline);
        for (const run::FileEntry& entry : ending_.record.files) {
            const std::string role = role_of(entry, ending_.names);
            if (!is_worth_judging(entry, role)) continue;
            const std::string digest = entry.digest ? base::to_hex(*entry.digest) : std::string();
            for_each_program(entry.processes, [&](event::ProcessId process) {
                Standing standing;
                if (asked) standing = ending_.standings.of_file(process, entry.path.bytes, entry.digest);
                watch_.begin(record_, Source::kArtifact, process, end_);
                fill(record_, entry, role, digest, entry.imports);
                fill(record_, standing);
                hearing_.hear(record_, process, entry.path.bytes,
                              [&](const sigma::Rule& rule) { return named_by(rule, entry, role, process, standing); });
            });
        }
    }

    // Nobody used them: only who asks the baseline hears of them.
    void absent() {
        for (const Difference& difference : ending_.differences) {
            if (difference.kind != Kind::kAbsentFile && difference.kind != Kind::kAbsentProgram) continue;
            const std::string& path = difference.path.empty() ? difference.name : difference.path;
            watch_.begin(record_, Source::kArtifact, 0, end_);
            record_.add(Field::kTargetFilename, path);
            record_.add(Field::kRole, difference.role);
            if (!difference.owner_was.empty()) record_.add(Field::kOwner, difference.owner_was);
            fill(record_, ending_.standings.of(difference));
            const auto detail = [](const sigma::Rule&) { return std::string("was in every run until now"); };
            hearing_.hear(record_, 0, path, detail, Hearers::kThoseThatAskTheBaseline);
        }
    }

    void volumes() {
        for (const Difference& difference : ending_.differences) {
            if (difference.kind != Kind::kVolume) continue;
            const event::ProcessId process = heaviest(ending_.record, difference.name);
            watch_.begin(record_, Source::kVolume, process, end_);
            record_.add(Field::kVolume, difference.name);
            record_.add(Field::kValue, Value::of_integer(std::llround(difference.found)));
            record_.add(Field::kMedian, Value::of_real(difference.usual));
            record_.add(Field::kRatio, Value::of_real(difference.found / std::max(difference.usual, 1.0)));
            fill(record_, ending_.standings.of(difference));
            hearing_.hear(record_, process, difference.name,
                          [&](const sigma::Rule&) { return title_of(difference, baseline::Facts()); });
        }
    }

    void lineage() {
        for (const LineageFinding& finding : ending_.lineage) {
            std::deque<std::string> digests;  // the record borrows them
            for_each_program(finding.processes, [&](event::ProcessId process) {
                watch_.begin(record_, Source::kLineage, process, end_);
                record_.add(Field::kKind, to_text(finding.kind));
                record_.add(Field::kTargetFilename, finding.path);
                record_.add(Field::kRole, finding.role);
                for (const event::Sha256& digest : finding.digests)
                    record_.add(Field::kDigest, digests.emplace_back(base::to_hex(digest)));
                for (const event::Sha256& digest : finding.was)
                    record_.add(Field::kWas, digests.emplace_back(base::to_hex(digest)));
                if (!finding.from_step.empty()) record_.add(Field::kFromStep, finding.from_step);
                if (!finding.from_run.empty()) record_.add(Field::kFromRun, finding.from_run);
                hearing_.hear(record_, process, finding.path);
            });
        }
    }

    void integrity_record(std::string_view kind, const std::string& sentence, event::ProcessId process) {
        watch_.begin(record_, Source::kIntegrity, process, end_);
        record_.add(Field::kKind, kind);
        record_.add(Field::kMessage, sentence);
        hearing_.hear(record_, process, sentence);
    }

    void integrity() {
        const run::Completeness& completeness = ending_.record.completeness;
        for (const std::string& sentence : completeness.entered_blind_spots) {
            const auto by = completeness.entered_by.find(sentence);
            if (by == completeness.entered_by.end() || by->second.empty())
                integrity_record("blind-spot", sentence, 0);
            else
                for_each_program(by->second,
                                 [&](event::ProcessId process) { integrity_record("blind-spot", sentence, process); });
        }
        const std::vector<std::string> faults = completeness.ledger.faults();
        for (const std::string& fault : faults) integrity_record("records-lost", fault, 0);
        for (const std::string& reason : completeness.reasons)
            if (std::find(faults.begin(), faults.end(), reason) == faults.end())
                integrity_record("recorder-failed", reason, 0);
    }

    const Watch& watch_;
    const Ending& ending_;
    Hearing hearing_;
    std::int64_t end_;  // one moment, at which all of it is known
    std::array<bool, sigma::kSources> asks_{};
    sigma::Record record_;
};

}  // namespace

HitsAtEnd hits_at_end(const Watch& watch, const Ending& ending) {
    if (watch.rules().rules().empty()) return {};
    return Teller(watch, ending).tell();
}

}  // namespace fstracker::judge
