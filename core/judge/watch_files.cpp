// SPDX-License-Identifier: Apache-2.0
// What the run's files turned out to be, held against rules of category artifact when everything is known of them.
#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "core/base/hex.hpp"
#include "core/event/access_words.hpp"
#include "core/judge/watch.hpp"
#include "core/run/words.hpp"

namespace fstracker::judge {

namespace {

using sigma::Field;
using sigma::Source;
using sigma::Value;

constexpr std::size_t kMostPrograms = 8;    // that used one file, each judged once
constexpr std::size_t kMostProcesses = 64;  // that are asked which program they are
constexpr std::size_t kMostNamed = 5;       // callables in a finding

bool is_worth_judging(const run::FileEntry& entry) {
    constexpr std::array<std::string_view, 5> kRoles = {"model", "data", "library", "code", "executable"};
    return !entry.imports.empty() || !entry.unreadable.empty() || entry.owner_verified == false ||
           std::find(kRoles.begin(), kRoles.end(), entry.role) != kRoles.end();
}

// `imports` are those of the entry, or one of them.
void fill(sigma::Record& record, const run::FileEntry& entry, const std::string& digest,
          const std::vector<std::string>& imports) {
    record.add(Field::kTargetFilename, entry.path.bytes);
    for (const auto& [bit, word] : event::kAccessWords)
        if ((entry.access & bit) != 0) record.add(Field::kAccess, word);
    record.add(Field::kRole, entry.role);
    if (!entry.format.empty()) record.add(Field::kFormat, entry.format);
    if (!entry.unreadable.empty()) record.add(Field::kUnreadable, entry.unreadable);
    if (!entry.owner.empty()) record.add(Field::kOwner, entry.owner);
    if (entry.owner_verified) record.add(Field::kOwnerVerified, Value::of_truth(*entry.owner_verified));
    if (!digest.empty()) record.add(Field::kDigest, digest);
    record.add(Field::kBinding, run::binding_word(entry.binding));
    record.add(Field::kBytes, Value::of_integer(static_cast<std::int64_t>(entry.size)));
    for (const std::string& name : imports) record.add(Field::kImportsOf, name);
}

}  // namespace

bool Watch::knows_files() const {
    return std::any_of(rules_.rules().begin(), rules_.rules().end(), [](const sigma::Rule& rule) {
        return !rule.correlation && sigma::covers(rule.logsource, Source::kArtifact);
    });
}

// The callables that the rule would not do without: those of which one alone is enough for it.
std::string Watch::named_by(const sigma::Rule& rule, const run::FileEntry& entry, const event::Common& common) {
    std::string named;
    std::size_t count = 0;
    const std::string digest = entry.digest ? base::to_hex(*entry.digest) : std::string();
    begin(Source::kArtifact, common);
    fill(record_, entry, digest, {});
    if (sigma::matches(rule, record_)) return {};  // it is about something else
    for (const std::string& name : entry.imports) {
        record_.add(Field::kImportsOf, name);
        const bool enough = sigma::matches(rule, record_);
        record_.values.pop_back();
        if (enough && ++count <= kMostNamed) named += (named.empty() ? "" : ", ") + name;
    }
    if (count > kMostNamed) named += fmt::format(" and {} more", count - kMostNamed);
    return named.empty() ? named : "which would call " + named;
}

void Watch::see_files(const std::vector<run::FileEntry>& files) {
    if (!knows_files()) return;
    for (const run::FileEntry& entry : files) {
        if (!is_worth_judging(entry)) continue;
        const std::string digest = entry.digest ? base::to_hex(*entry.digest) : std::string();
        std::vector<std::string_view> programs;
        for (std::size_t i = 0; i < std::min(entry.processes.size(), kMostProcesses); ++i) {
            event::Common common;
            common.process = entry.processes[i];
            common.time = entry.last_access;
            const Actor* actor = story_.find(common.process);
            const std::string_view image = actor == nullptr ? std::string_view() : std::string_view(actor->image);
            if (programs.size() == kMostPrograms) break;
            if (std::find(programs.begin(), programs.end(), image) != programs.end()) continue;
            programs.push_back(image);
            begin(Source::kArtifact, common);
            fill(record_, entry, digest, entry.imports);
            const auto matching = matcher_.matching(record_);
            for (const sigma::Rule* rule : std::vector(matching.begin(), matching.end()))
                keep(*rule, Source::kArtifact, common.process, entry.path.bytes, named_by(*rule, entry, common));
        }
    }
}

}  // namespace fstracker::judge
