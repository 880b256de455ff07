// SPDX-License-Identifier: Apache-2.0
#include "core/judge/watch.hpp"

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

constexpr std::size_t kMostWaiting = 1'000'000;

template <typename Text>
Deed<Text> file_deed(Source source, const event::Common& common, const std::string& path, std::uint32_t access) {
    return {source, common.process, common.time, path, {}, access, {}};
}

}  // namespace

Watch::Watch(const sigma::RuleSet& rules, std::string pipeline, std::string step)
    : rules_(rules), pipeline_(std::move(pipeline)), step_(std::move(step)), hearing_(rules, story_) {
    for (std::size_t i = 0; i < waits_.size(); ++i) waits_[i] = hearing_.waits_for(static_cast<Source>(i));
}

void Watch::see(const event::Event& event) {
    if (rules_.rules().empty()) return;
    story_.see(event);
    if (const auto* exec = std::get_if<event::Exec>(&event)) executed(*exec);
    if (const auto* access = std::get_if<event::FileAccess>(&event)) accessed(*access);
    if (const auto* change = std::get_if<event::Renamed>(&event)) renamed(*change);
    if (const auto* connect = std::get_if<event::Connect>(&event)) connected(*connect);
    if (std::holds_alternative<event::RunEnded>(event)) hearing_.close();
}

void Watch::begin(sigma::Record& record, Source source, event::ProcessId process, std::int64_t time) const {
    record.clear(source);
    record.time = time;
    record.add(Field::kPipeline, pipeline_);
    record.add(Field::kStep, step_);
    const Actor* actor = story_.find(process);
    if (actor == nullptr) return;
    record.add(Field::kImage, actor->image);
    record.add(Field::kCommandLine, actor->command_line);
    record.add(Field::kCurrentDirectory, actor->directory);
    record.add(Field::kUser, actor->user);
    record.add(Field::kProcessId, Value::of_integer(actor->pid));
    if (const Actor* parent = story_.find(actor->maker)) {
        record.add(Field::kParentImage, parent->image);
        record.add(Field::kParentCommandLine, parent->command_line);
        record.add(Field::kParentProcessId, Value::of_integer(parent->pid));
    }
    for (const event::ProcessId id : actor->ancestors)
        if (const Actor* ancestor = story_.find(id)) record.add(Field::kAncestorImage, ancestor->image);
}

void Watch::lay_out(sigma::Record& record, const Deed<std::string_view>& deed) const {
    begin(record, deed.source, deed.process, deed.time);
    switch (deed.source) {
        case Source::kProcessCreation: return;
        case Source::kNetworkConnection:
            record.add(Field::kDestinationIp, deed.peer.address);
            record.add(Field::kDestinationPort, Value::of_integer(deed.peer.port));
            record.add(Field::kInitiated, Value::of_truth(true));
            record.add(Field::kProtocol, deed.peer.protocol);
            return;
        case Source::kImageLoad: record.add(Field::kImageLoaded, deed.object); break;
        case Source::kFileEvent:
        case Source::kFileAccess:
        case Source::kFileRename:
        case Source::kFileDelete: record.add(Field::kTargetFilename, deed.object); break;
        case Source::kArtifact:
        case Source::kVolume:
        case Source::kLineage:
        case Source::kIntegrity: return;  // no event
    }
    for (const auto& [bit, word] : event::kAccessWords)
        if ((deed.access & bit) != 0) record.add(Field::kAccess, word);
    if (!deed.other.empty()) record.add(Field::kSourceFilename, deed.other);
}

void Watch::judge(const Deed<std::string_view>& deed) {
    lay_out(record_, deed);
    hearing_.hear(record_, deed.process, deed.object);
    if (!waits_[static_cast<std::size_t>(deed.source)]) return;
    if (waiting_.size() >= kMostWaiting) return hearing_.skip();
    waiting_.push_back({deed.source, deed.process, deed.time, std::string(deed.object), std::string(deed.other),
                        deed.access, deed.peer});
}

void Watch::executed(const event::Exec& exec) {
    judge(file_deed<std::string_view>(Source::kProcessCreation, exec.common, exec.path.bytes, event::kExecute));
}

void Watch::accessed(const event::FileAccess& access) {
    const auto judge_as = [&](Source source) {
        judge(file_deed<std::string_view>(source, access.common, access.path.bytes, access.access));
    };
    if ((access.access & event::kLoad) != 0) return judge_as(Source::kImageLoad);
    judge_as(Source::kFileAccess);
    if ((access.access & (event::kCreate | event::kTruncate | event::kWrite)) != 0) judge_as(Source::kFileEvent);
}

// A file that comes under a name by being renamed or linked is as much there as one that was written.
void Watch::renamed(const event::Renamed& renamed) {
    const auto judge_as = [&](Source source, const std::string& path, std::uint32_t access) {
        auto deed = file_deed<std::string_view>(source, renamed.common, path, access);
        if (source != Source::kFileDelete) deed.other = renamed.second_path.bytes;
        judge(deed);
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
    Deed<std::string_view> deed{Source::kNetworkConnection, connect.common.process, connect.common.time, {}, {}, 0,
                                run::peer_of(connect)};
    if (deed.peer.protocol == "unix") return;
    const std::string object = fmt::format("{}:{}", deed.peer.address, deed.peer.port);
    deed.object = object;
    judge(deed);
}

}  // namespace fstracker::judge
