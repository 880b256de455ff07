// SPDX-License-Identifier: Apache-2.0
#include "core/judge/watch.hpp"

#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/event/access_words.hpp"
#include "core/run/connections.hpp"

namespace fstracker::judge {

namespace {

using sigma::Field;
using sigma::Source;
using sigma::Value;

constexpr std::size_t kMostHits = 10'000;
constexpr std::size_t kMostSeen = 1'000'000;  // records that a correlation may rest on

}  // namespace

Watch::Watch(const sigma::RuleSet& rules, std::string pipeline, std::string step)
    : rules_(rules), matcher_(rules), pipeline_(std::move(pipeline)), step_(std::move(step)) {
    for (const sigma::Rule& rule : rules.rules())
        if (rule.correlation && !correlator_) correlator_.emplace(rules);
}

void Watch::see(const event::Event& event) {
    if (rules_.rules().empty()) return;
    story_.see(event);
    if (const auto* exec = std::get_if<event::Exec>(&event)) executed(*exec);
    if (const auto* access = std::get_if<event::FileAccess>(&event)) accessed(*access);
    if (const auto* change = std::get_if<event::Renamed>(&event)) renamed(*change);
    if (const auto* connect = std::get_if<event::Connect>(&event)) connected(*connect);
    if (std::holds_alternative<event::RunEnded>(event)) finish();
}

sigma::Record& Watch::begin(Source source, const event::Common& common) {
    record_.clear(source);
    record_.time = common.time;
    record_.add(Field::kPipeline, pipeline_);
    record_.add(Field::kStep, step_);
    const Actor* actor = story_.find(common.process);
    if (actor == nullptr) return record_;
    record_.add(Field::kImage, actor->image);
    record_.add(Field::kCommandLine, actor->command_line);
    record_.add(Field::kCurrentDirectory, actor->directory);
    record_.add(Field::kUser, actor->user);
    record_.add(Field::kProcessId, Value::of_integer(actor->pid));
    if (const Actor* parent = story_.find(actor->maker)) {
        record_.add(Field::kParentImage, parent->image);
        record_.add(Field::kParentCommandLine, parent->command_line);
        record_.add(Field::kParentProcessId, Value::of_integer(parent->pid));
    }
    for (const event::ProcessId id : actor->ancestors)
        if (const Actor* ancestor = story_.find(id)) record_.add(Field::kAncestorImage, ancestor->image);
    return record_;
}

void Watch::judge(const event::Common& common, const std::string& object) {
    const bool to_correlate = correlator_ && seen_.size() < kMostSeen;
    if (to_correlate) record_.tag = seen_.size();
    for (const sigma::Rule* rule : matcher_.matching(record_)) keep(*rule, record_.source, common.process, object);
    if (!correlator_ || matcher_.matching_for_correlations().empty()) return;
    if (!to_correlate) {
        ++not_kept_;
        return;
    }
    seen_.push_back({record_.source, common.process, object});
    keep(correlator_->feed(record_, matcher_));
}

void Watch::keep(const sigma::Rule& rule, Source source, event::ProcessId process, const std::string& object,
                 std::string detail) {
    const auto key = std::make_tuple(process, rule.id, object);
    auto found = hits_.find(key);
    if (found == hits_.end()) {
        if (hits_.size() >= kMostHits) {
            ++not_kept_;
            return;
        }
        Hit hit{&rule, source, process, object, {}, {}, std::move(detail), 0};
        if (const Actor* actor = story_.find(process)) {
            hit.image = actor->image;
            if (const Actor* parent = story_.find(actor->maker)) hit.parent = parent->image;
        }
        found = hits_.emplace(key, std::move(hit)).first;
    }
    ++found->second.times;
}

void Watch::keep(const std::vector<sigma::CorrelationHit>& hits) {
    for (const sigma::CorrelationHit& hit : hits) {
        if (hit.rule == nullptr || !hit.rule->reported || hit.records.empty()) continue;
        const std::uint64_t last = hit.records.back();
        if (last < seen_.size()) keep(*hit.rule, seen_[last].source, seen_[last].process, seen_[last].object);
    }
}

void Watch::finish() {
    if (correlator_) keep(correlator_->finish());
}

void Watch::executed(const event::Exec& exec) {
    begin(Source::kProcessCreation, exec.common);
    judge(exec.common, exec.path.bytes);
}

void Watch::file_record(Source source, const event::Common& common, const std::string& path, std::uint32_t access) {
    sigma::Record& record = begin(source, common);
    record.add(source == Source::kImageLoad ? Field::kImageLoaded : Field::kTargetFilename, path);
    for (const auto& [bit, word] : event::kAccessWords)
        if ((access & bit) != 0) record.add(Field::kAccess, word);
}

void Watch::accessed(const event::FileAccess& access) {
    const std::string& path = access.path.bytes;
    const auto judge_as = [&](Source source) {
        file_record(source, access.common, path, access.access);
        judge(access.common, path);
    };
    if ((access.access & event::kLoad) != 0) return judge_as(Source::kImageLoad);
    judge_as(Source::kFileAccess);
    if ((access.access & (event::kCreate | event::kTruncate | event::kWrite)) != 0) judge_as(Source::kFileEvent);
}

// A file that comes under a name by being renamed or linked is as much there as one that was written.
void Watch::renamed(const event::Renamed& renamed) {
    const auto judge_as = [&](Source source, const std::string& path, std::uint32_t access) {
        file_record(source, renamed.common, path, access);
        if (source != Source::kFileDelete && !renamed.second_path.bytes.empty())
            record_.add(Field::kSourceFilename, renamed.second_path.bytes);
        judge(renamed.common, path);
    };
    const std::string& path = renamed.path.bytes;
    switch (renamed.operation) {
        case event::NameOperation::kRename:
            judge_as(Source::kFileRename, path, event::kRename);
            return judge_as(Source::kFileEvent, path, event::kRename);
        case event::NameOperation::kExchange:
            judge_as(Source::kFileRename, path, event::kRename);
            judge_as(Source::kFileEvent, path, event::kRename);
            return judge_as(Source::kFileEvent, renamed.second_path.bytes, event::kRename);
        case event::NameOperation::kLink: return judge_as(Source::kFileEvent, path, event::kLink);
        case event::NameOperation::kSymlink:
        case event::NameOperation::kMkdir:
        case event::NameOperation::kMknod: return judge_as(Source::kFileEvent, path, event::kCreate);
        case event::NameOperation::kTruncate: return judge_as(Source::kFileEvent, path, event::kTruncate);
        case event::NameOperation::kUnlink:
        case event::NameOperation::kRmdir: return judge_as(Source::kFileDelete, path, event::kUnlink);
    }
}

void Watch::connected(const event::Connect& connect) {
    const run::Connection peer = run::peer_of(connect);
    if (peer.protocol == "unix") return;
    sigma::Record& record = begin(Source::kNetworkConnection, connect.common);
    record.add(Field::kDestinationIp, peer.address);
    record.add(Field::kDestinationPort, Value::of_integer(peer.port));
    record.add(Field::kInitiated, Value::of_truth(true));
    record.add(Field::kProtocol, peer.protocol);
    judge(connect.common, fmt::format("{}:{}", peer.address, peer.port));
}

std::vector<Hit> Watch::hits() const {
    std::vector<Hit> hits;
    hits.reserve(hits_.size());
    for (const auto& [key, hit] : hits_) hits.push_back(hit);
    return hits;
}

}  // namespace fstracker::judge
