// SPDX-License-Identifier: Apache-2.0
#include "core/run/run.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "core/run/blind_spots.hpp"
#include "core/run/connections.hpp"
#include "core/run/object_history.hpp"
#include "core/run/process_table.hpp"
#include "core/run/servers.hpp"
#include "core/run/words.hpp"
#include "fstracker/abi/event.h"

namespace fstracker::run {

namespace {

// By path, then object. Entries are large: places are sorted, and each entry is moved once.
std::vector<FileEntry> sorted(std::vector<FileEntry> files) {
    std::vector<FileEntry*> order;
    order.reserve(files.size());
    for (FileEntry& file : files) order.push_back(&file);
    std::stable_sort(order.begin(), order.end(), [](const FileEntry* a, const FileEntry* b) {
        return std::tie(a->path.bytes, a->object) < std::tie(b->path.bytes, b->object);
    });
    std::vector<FileEntry> in_order;
    in_order.reserve(files.size());
    for (FileEntry* file : order) in_order.push_back(std::move(*file));
    return in_order;
}

// A path that named several objects lists them in the order in which it was first used for each.
void order_by_time(std::vector<FileEntry>& files) {
    for (auto begin = files.begin(); begin != files.end();) {
        const auto end =
            std::find_if(begin, files.end(), [&](const FileEntry& one) { return one.path.bytes != begin->path.bytes; });
        std::map<event::ObjectId, std::int64_t> since;
        for (auto one = begin; one != end; ++one) {
            const auto known = since.try_emplace(one->object, one->first_access).first;
            known->second = std::min(known->second, one->first_access);
        }
        const auto earlier = [&](const FileEntry& a, const FileEntry& b) {
            return std::tie(since.at(a.object), a.object) < std::tie(since.at(b.object), b.object);
        };
        if (since.size() > 1) std::stable_sort(begin, end, earlier);
        begin = end;
    }
}

}  // namespace

struct Run::State {
    struct Known {
        explicit Known(const event::Object& first) : history(first) {}
        ObjectHistory history;
        std::uint32_t pid = 0;  // the process that used it last
        std::int32_t descriptor = -1;

        [[nodiscard]] event::Object for_the_hasher(event::Object object) const {
            if (history.may_have_unseen_writers()) object.writers = std::max(object.writers, 1);
            return object;
        }
    };

    ProcessTable processes;
    std::deque<Known> objects;  // in the order in which they came up
    std::unordered_map<event::ObjectId, Known*> object_of;
    std::map<std::pair<event::Path, event::Refusal>, FileEntry> unidentified;  // names whose object is not known
    ConnectionTable connections;
    Ledger ledger;
    std::vector<HashWanted> wanted;
    std::set<std::string> blind_spots;
    std::map<std::string, std::set<event::ProcessId>> entered;  // which blind spot, and who
    std::uint64_t truncated = 0;
    event::RunEnded end;
    bool ended = false;

    [[nodiscard]] bool is_command(event::ProcessId id) const {
        const std::optional<std::uint32_t> command = processes.pid_of(1);
        return command && processes.pid_of(id) == command;
    }

    Known& known(const event::Object& object) {
        const auto [found, is_new] = object_of.try_emplace(object.id, nullptr);
        if (is_new) found->second = &objects.emplace_back(object);
        return *found->second;
    }

    [[nodiscard]] ObjectHistory* find(const event::ObjectId& id) const {
        const auto found = object_of.find(id);
        return found == object_of.end() ? nullptr : &found->second->history;
    }

    ObjectHistory& access(const event::Path& path, const event::Object& object, std::uint32_t access,
                          event::ProcessId process, std::uint32_t pid, std::int32_t descriptor, std::int64_t time) {
        processes.acted(process);
        if ((access & (event::kWrite | event::kCreate)) != 0) note_order(path, process);
        Known& one = known(object);
        one.pid = pid;
        one.descriptor = descriptor;
        if (one.history.accessed(path, object, access, process, time)) {
            ++ledger.digests.wanted;
            wanted.push_back(HashWanted{one.for_the_hasher(object), path, pid, descriptor});
        }
        return one.history;
    }

    void note_order(const event::Path& path, event::ProcessId process) {
        if (const auto server = server_that_reads(path.bytes)) enter(blind_spot::left_orders(*server), process);
    }

    void enter(const std::string& spot, event::ProcessId process) {
        std::set<event::ProcessId>& who = entered[spot];
        if (process == 0) return;
        who.insert(process);
        if (who.size() > kMostEnteredBy) who.erase(std::prev(who.end()));
    }

    void apply(const event::Fork& fork) { processes.forked(fork); }

    void apply(const event::Exec& exec) {
        processes.executed(exec);
        if (exec.path.truncated || exec.script_path.truncated || exec.directory.truncated || exec.arguments_truncated)
            ++truncated;
        const bool unseen = (exec.common.flags & FST_WRITERS_UNSEEN) != 0;
        if (unseen) known(exec.object).history.writers_unseen();
        if (unseen && exec.script) known(*exec.script).history.writers_unseen();
        access(exec.path, exec.object, event::kExecute, exec.common.process, exec.common.pid, -1, exec.common.time);
        if (exec.script)
            access(exec.script_path, *exec.script, event::kExecute, exec.common.process, exec.common.pid, -1,
                   exec.common.time);
        else if (exec.is_script)
            enter(blind_spot::script_object_unknown(), exec.common.process);
    }

    void apply(const event::Exit& exit) { processes.exited(exit); }

    void apply(const event::FileAccess& file) {
        if (file.path.truncated) ++truncated;
        if ((file.common.flags & FST_UNWATCHED) != 0) enter(blind_spot::unwatched(), 0);
        if ((file.common.flags & FST_WRITERS_UNSEEN) != 0) known(file.object).history.writers_unseen();
        access(file.path, file.object, file.access, file.common.process, file.common.pid, file.descriptor,
               file.common.time)
            .called(file.name, file.path);
    }

    // Says that a name was changed; what it came to follows as Renamed.
    void apply(const event::NameChange& change) { processes.acted(change.common.process); }

    void unidentified_name(const event::Renamed& renamed, const event::Path& path, std::uint32_t access) {
        const bool file_is_meant = renamed.operation != event::NameOperation::kSymlink &&
                                   renamed.operation != event::NameOperation::kMkdir &&
                                   renamed.operation != event::NameOperation::kRmdir;
        const event::Refusal reason = file_is_meant ? event::Refusal::kLost : event::Refusal::kNotRegular;
        const std::int64_t time = renamed.common.time;
        const auto [known, is_new] = unidentified.try_emplace({path, reason});
        FileEntry& entry = known->second;
        if (is_new) {
            entry.path = path;
            entry.reason = reason;
            entry.first_access = entry.last_access = time;
        }
        entry.access |= access;
        entry.opens += 1;
        entry.first_access = std::min(entry.first_access, time);
        entry.last_access = std::max(entry.last_access, time);
        if (std::find(entry.processes.begin(), entry.processes.end(), renamed.common.process) == entry.processes.end())
            entry.processes.push_back(renamed.common.process);
    }

    void apply(const event::Renamed& renamed) {
        if (renamed.path.truncated || renamed.second_path.truncated) ++truncated;
        const event::ProcessId process = renamed.common.process;
        const auto note = [&](const event::Path& path, std::uint32_t access) {
            if (path.bytes.empty()) return;
            if (renamed.object) {
                if ((access & (event::kRename | event::kLink)) != 0) note_order(path, process);
                ObjectHistory& history = known(*renamed.object).history;
                if ((renamed.common.flags & FST_WRITERS_UNSEEN) != 0) history.writers_unseen();
                history.named(path, *renamed.object, access, process, renamed.common.time);
                return;
            }
            unidentified_name(renamed, path, access);
        };
        switch (renamed.operation) {
            case event::NameOperation::kRename:
            case event::NameOperation::kExchange:
                note(renamed.second_path, event::kRename);
                note(renamed.path, event::kRename);
                break;
            case event::NameOperation::kLink: note(renamed.path, event::kLink); break;
            case event::NameOperation::kSymlink:
            case event::NameOperation::kMkdir:
            case event::NameOperation::kMknod: note(renamed.path, event::kCreate); break;
            case event::NameOperation::kUnlink:
            case event::NameOperation::kRmdir: note(renamed.path, event::kUnlink); break;
            case event::NameOperation::kTruncate: note(renamed.path, event::kWrite | event::kTruncate); break;
        }
    }

    void apply(const event::Connect& connect) {
        processes.acted(connect.common.process);
        connections.connected(connect);
        if (connect.family != AF_UNIX) return;
        for (const std::string_view name :
             {std::string_view(connect.path), std::string_view(connect.bound), std::string_view(connect.place.bytes)})
            if (const auto server = server_at(name)) enter(blind_spot::handed_over(*server), connect.common.process);
    }

    void apply(const event::ForeignWriter& writer) { known(writer.object).history.written_from_outside(writer.object); }

    void apply(const event::Blind& blind) {
        processes.acted(blind.common.process);
        enter(blind_spot::entered(blind.what), blind.common.process);
    }

    void apply(const event::FoldTotal& fold) {
        if (ObjectHistory* history = find(fold.object)) history->folded(fold);
    }

    void apply(const event::Digested& digested) {
        if (digested.digest)
            ++ledger.digests.done;
        else
            ++ledger.digests.refused[refusal_word(digested.refusal)];
        if (ObjectHistory* history = find(digested.object)) history->digested(digested);
    }

    void apply(const event::FinalStamp& final) {
        if (ObjectHistory* history = find(final.object)) end_of(*history, final);
    }

    void apply(const event::Unchanged& /*rest*/) {
        for (Known& one : objects) {
            if (one.history.matters_at_end() && !one.history.has_ended())
                end_of(one.history, event::FinalStamp{one.history.last().id, one.history.last().stamp, {}});
        }
    }

    void end_of(ObjectHistory& history, const event::FinalStamp& final) {
        history.ended(final);
        if (history.wants_final_digest()) ++ledger.digests.wanted;
    }

    void apply(const event::Counters& counters) { ledger.kernel[counters.kind] = counters; }
    void apply(const event::RecorderCounters& counters) { ledger.user = counters; }

    void apply(const event::BlindSpot& spot) {
        blind_spots.insert(spot.text);
        if (spot.entered) enter(spot.text, 0);
    }

    void apply(const event::RunEnded& ended_event) {
        end = ended_event;
        ended = true;
    }
};

Run::Run() : state_(std::make_unique<State>()) {}
Run::~Run() = default;
Run::Run(Run&&) noexcept = default;
Run& Run::operator=(Run&&) noexcept = default;

void Run::apply(const event::Event& event) {
    std::visit([this](const auto& kind) { state_->apply(kind); }, event);
}

std::vector<HashWanted> Run::take_wanted() { return std::exchange(state_->wanted, {}); }

std::vector<Tracked> Run::tracked() const {
    std::vector<const State::Known*> order;
    order.reserve(state_->objects.size());
    for (const State::Known& one : state_->objects) {
        if (one.history.matters_at_end()) order.push_back(&one);
    }
    const auto id = [](const State::Known* one) -> const event::ObjectId& { return one->history.last().id; };
    std::sort(order.begin(), order.end(), [&](const State::Known* a, const State::Known* b) { return id(a) < id(b); });

    // An inode is used again with another generation once its object is gone: of those that had it, the newest is
    // there.
    std::vector<Tracked> tracked;
    tracked.reserve(order.size());
    for (auto begin = order.begin(); begin != order.end();) {
        const auto end = std::find_if(begin, order.end(), [&](const State::Known* one) {
            return id(one).device != id(*begin).device || id(one).inode != id(*begin).inode;
        });
        const auto newest = std::max_element(begin, end, [](const State::Known* a, const State::Known* b) {
            return a->history.last_time() < b->history.last_time();
        });
        for (auto one = begin; one != end; ++one) {
            const ObjectHistory& history = (*one)->history;
            tracked.push_back(
                {id(*one), history.paths(), (*one)->pid, (*one)->descriptor, history.last(), one != newest});
        }
        begin = end;
    }
    return tracked;
}

std::vector<HashWanted> Run::wanted_at_end() const {
    std::vector<HashWanted> wanted;
    for (const State::Known& one : state_->objects) {
        if (!one.history.wants_final_digest()) continue;
        event::Object object = one.for_the_hasher(one.history.last());
        object.stamp = *one.history.final_stamp();
        wanted.push_back(HashWanted{object, one.history.path_at_end(), one.pid, one.descriptor});
    }
    std::sort(wanted.begin(), wanted.end(),
              [](const HashWanted& a, const HashWanted& b) { return a.object.id < b.object.id; });
    return wanted;
}

std::size_t Run::object_count() const { return state_->objects.size(); }

bool Run::has_others_running() const {
    const std::vector<event::ProcessId> running = state_->processes.still_running();
    return std::any_of(running.begin(), running.end(), [&](event::ProcessId id) { return !state_->is_command(id); });
}

Record Run::record(RunInfo info) const {
    const State& s = *state_;
    Record record;
    record.info = std::move(info);
    if (s.ended) {
        record.info.finished = s.end.time;
        record.info.status = s.end.status;
    }
    record.processes =
        s.processes.list([&s](const event::ObjectId& id, event::ProcessId process, std::uint32_t access) {
            const ObjectHistory* history = s.find(id);
            return history == nullptr ? std::nullopt : history->digest_used_by(process, access);
        });

    std::vector<FileEntry> files;
    files.reserve(s.unidentified.size() + s.objects.size());
    for (const auto& [name, entry] : s.unidentified) files.push_back(entry);
    for (const State::Known& one : s.objects) one.history.append_entries(files);
    for (FileEntry& entry : files) {
        for (event::ProcessId& process : entry.processes) process = s.processes.listed(process);
        std::erase(entry.processes, 0U);
        std::sort(entry.processes.begin(), entry.processes.end());
        entry.processes.erase(std::unique(entry.processes.begin(), entry.processes.end()), entry.processes.end());
    }
    record.files = sorted(std::move(files));
    order_by_time(record.files);
    record.connections = s.connections.list(s.processes);

    Completeness& completeness = record.completeness;
    completeness.ledger = s.ledger;
    completeness.reasons = s.ledger.faults();
    if (!s.ended) completeness.reasons.emplace_back("the record ends before the run did");
    if (s.ended && s.end.recorder_failed) completeness.reasons.push_back("the recorder failed: " + s.end.failure);
    // Where exits may be missing from the record, nobody knows who was still running.
    const auto exits = s.ledger.kernel.find("exit");
    const bool exits_are_known = exits == s.ledger.kernel.end() || exits->second.lost.empty();
    std::vector<event::ProcessId> running;
    if (s.ended && !s.end.recorder_failed && exits_are_known) running = s.processes.still_running();
    if (std::erase_if(running, [&](event::ProcessId id) { return s.is_command(id); }) != 0)  // has been waited for
        completeness.reasons.emplace_back("the command ended unseen: it was no longer in the run");
    completeness.complete = completeness.reasons.empty();
    completeness.truncated = s.truncated;
    completeness.unhashed =
        static_cast<std::uint64_t>(std::count_if(record.files.begin(), record.files.end(), [](const FileEntry& entry) {
            return entry.binding == Binding::kNone && entry.reason != event::Refusal::kNotRegular;
        }));
    auto entered = s.entered;
    constexpr std::size_t kNamed = 20;
    for (std::size_t i = 0; i < running.size() && i < kNamed; ++i)
        entered[blind_spot::outlives(running[i], s.processes.pid_of(running[i]).value_or(0))] = {running[i]};
    if (running.size() > kNamed) entered[blind_spot::more_outlive(running.size() - kNamed)] = {};
    std::set<std::string> all = s.blind_spots;
    for (const auto& [spot, who] : entered) {
        all.insert(spot);
        completeness.entered_blind_spots.push_back(spot);
        if (!who.empty()) completeness.entered_by[spot].assign(who.begin(), who.end());
    }
    completeness.blind_spots.assign(all.begin(), all.end());
    return record;
}

}  // namespace fstracker::run
