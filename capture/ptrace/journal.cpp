// SPDX-License-Identifier: Apache-2.0
#include "capture/ptrace/journal.hpp"

#include <time.h>

#include <algorithm>

namespace fstracker::capture {

namespace {

constexpr std::uint32_t kRun = 1;  // the only run of this process
constexpr std::int64_t kSecond = 1'000'000'000;

// A content changed this shortly before could change again without its time moving: such an access is not folded.
// Coarse times move with the timer tick, at most 10 ms.
constexpr std::int64_t kYoung = 12'000'000;

std::int64_t now(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return time.tv_sec * kSecond + time.tv_nsec;
}

std::uint32_t hash_of(std::string_view text) {
    std::uint32_t hash = 2166136261U;
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
    return hash == 0 ? 1 : hash;  // 0: not known
}

// Appends "leaf\0…\0top\0"; returns its length. A path that is too long loses its beginning.
std::uint16_t append_path(std::string& tail, const SeenPath& path, std::uint16_t& flags) {
    flags |= path.flags;
    const std::size_t start = tail.size();
    std::string_view rest = path.bytes;
    std::size_t components = 0;
    while (!rest.empty()) {
        const std::size_t slash = rest.rfind('/');
        const std::string_view component = slash == std::string_view::npos ? rest : rest.substr(slash + 1);
        rest = slash == std::string_view::npos ? std::string_view() : rest.substr(0, slash);
        if (component.empty()) continue;
        if (tail.size() - start + component.size() + 1 > FST_PATH_MAX || components++ == FST_COMPONENTS_MAX * 2) {
            flags |= FST_PATH_TRUNCATED;
            break;
        }
        tail.append(component).push_back('\0');
    }
    return static_cast<std::uint16_t>(tail.size() - start);
}

std::uint16_t append_text(std::string& tail, std::string_view text, std::size_t most) {
    text = text.substr(0, most);
    tail.append(text);
    return static_cast<std::uint16_t>(text.size());
}

}  // namespace

template <typename Record>
Record Journal::begin(fst_kind kind, Actor actor) {
    ++counters_[kind].seen;
    Record record{};
    record.header.kind = static_cast<fst_u16>(kind);
    record.header.run = kRun;
    record.header.process = actor.entry;
    record.header.time = static_cast<fst_u64>(now(CLOCK_BOOTTIME));
    record.header.sequence = ++sequence_;
    record.header.tgid = actor.tgid;
    return record;
}

template <typename Record>
void Journal::send(Record& record, std::string_view tail) {
    fst_counters& kind = counters_[record.header.kind];
    record.header.size = static_cast<fst_u32>(sizeof record + tail.size());
    if ((record.header.flags & (FST_PATH_TRUNCATED | FST_ARGV_TRUNCATED)) != 0) ++kind.truncated;
    if ((record.header.flags & FST_STRING_UNREADABLE) != 0) ++kind.unreadable;
    bytes_.resize(record.header.size);
    std::memcpy(bytes_.data(), &record, sizeof record);
    if (!tail.empty()) std::memcpy(bytes_.data() + sizeof record, tail.data(), tail.size());
    while (!ring_.push(bytes_)) {
        if (full_()) continue;
        ++kind.lost[FST_LOSS_RING_FULL];
        return;
    }
    ++kind.delivered;
}

void Journal::forked(Actor child, std::uint32_t parent, std::uint32_t uid) {
    auto record = begin<fst_fork>(FST_FORK, child);
    record.parent = parent;
    record.child_tgid = child.tgid;
    record.uid = uid;
    send(record, {});
}

void Journal::executed(Actor actor, const Execution& execution) {
    auto record = begin<fst_exec>(FST_EXEC, actor);
    std::string tail;
    record.object = execution.program.object;
    record.parent = execution.parent;
    record.uid = execution.uid;
    record.gid = execution.gid;
    record.argc = execution.argument_count;
    record.path_size = append_path(tail, execution.program.path, record.header.flags);
    record.header.flags |= FST_WRITERS_UNSEEN;
    if (execution.is_script) {
        record.header.flags |= FST_SCRIPT;
        record.script = execution.script.object;
        record.script_path_size = append_path(tail, execution.script.path, record.script_flags);
    }
    record.filename_size = append_text(tail, execution.filename, FST_PATH_MAX - 1);
    record.cwd_size = append_path(tail, execution.directory, record.cwd_flags);
    record.argv_size = append_text(tail, execution.arguments, FST_ARGV_MAX);
    if (execution.arguments_truncated) record.header.flags |= FST_ARGV_TRUNCATED;
    send(record, tail);
}

void Journal::exited(Actor actor, fst_exit how) {
    how.header = begin<fst_exit>(FST_EXIT, actor).header;
    send(how, {});
}

fst_fold_key Journal::whole(std::uint32_t entry, const AccessKey& key) {
    return {key.inode, key.device, key.generation, kRun, entry, key.access, key.name};
}

void Journal::accessed(Actor actor, const SeenObject& seen, std::uint32_t access, std::int32_t descriptor) {
    const fst_object& object = seen.object;
    const AccessKey key{object.inode, object.device, object.generation, access, hash_of(seen.path.bytes)};
    Folds& folds = folds_[actor.entry];
    const auto known = folds.find(key);
    if (known != folds.end() && known->second.ctime == object.ctime && known->second.size == object.size) {
        ++counters_[FST_ACCESS].seen;
        ++counters_[FST_ACCESS].folded;
        ++known->second.count;
        known->second.last = static_cast<fst_u64>(now(CLOCK_BOOTTIME));
        return;
    }
    auto record = begin<fst_access>(FST_ACCESS, actor);
    std::string tail;
    record.object = object;
    record.access = access;
    record.descriptor = descriptor;
    record.name = key.name;
    record.header.flags |= FST_WRITERS_UNSEEN;
    record.path_size = append_path(tail, seen.path, record.header.flags);
    const bool young = now(CLOCK_REALTIME) - object.ctime < kYoung;
    if (known != folds.end() && !young) {
        known->second.ctime = object.ctime;
        known->second.size = object.size;
    } else if (!young) {
        folds.emplace(key, fst_fold{0, record.header.time, object.ctime, object.size});
    }
    send(record, tail);
}

void Journal::named(Actor actor, fst_name_operation operation, std::span<const fst_object> touched,
                    const SeenName& first, const SeenName* second) {
    auto record = begin<fst_name>(FST_NAME, actor);
    std::string tail;
    record.operation = operation;
    record.header.flags |= FST_WRITERS_UNSEEN;
    record.touched_count = static_cast<fst_u32>(touched.size());
    std::copy_n(touched.begin(), std::min<std::size_t>(touched.size(), FST_TOUCHED_MAX), record.touched);
    record.base_size = append_path(tail, first.base, record.header.flags);
    record.name_size = append_text(tail, first.name, FST_NAME_ARG_MAX - 1);
    if (second != nullptr) {
        record.second_base_size = append_path(tail, second->base, record.header.flags);
        record.second_name_size = append_text(tail, second->name, FST_NAME_ARG_MAX - 1);
    }
    send(record, tail);
}

void Journal::connected(Actor actor, const Peer& peer) {
    std::string key(reinterpret_cast<const char*>(peer.address.data()), peer.address.size());
    for (const std::uint16_t part : {peer.family, peer.protocol, peer.port}) key += std::to_string(part) + ' ';
    if (!peers_[actor.entry].insert(key + peer.path + '/' + peer.bound).second) {
        ++counters_[FST_CONNECT].seen;
        ++counters_[FST_CONNECT].folded;
        return;
    }
    auto record = begin<fst_connect>(FST_CONNECT, actor);
    record.family = peer.family;
    record.protocol = peer.protocol;
    record.port = peer.port;
    std::copy(peer.address.begin(), peer.address.end(), record.address);
    std::string tail;
    record.path_size = append_text(tail, peer.path, FST_PATH_MAX);
    record.bound_size = append_text(tail, peer.bound, FST_PATH_MAX);
    send(record, tail);
}

void Journal::blind(Actor actor, fst_blind what, std::int32_t detail) {
    if ((entered_ & (std::uint64_t{1} << what)) != 0) return;
    entered_ |= std::uint64_t{1} << what;
    auto record = begin<fst_blind_spot>(FST_BLIND, actor);
    record.what = what;
    record.detail = detail;
    send(record, {});
}

void Journal::unreadable(fst_kind kind) { ++counters_[kind].unreadable; }

void Journal::entry_ended(std::uint32_t entry) {
    peers_.erase(entry);
    const auto found = folds_.find(entry);
    if (found == folds_.end()) return;
    for (const auto& [key, fold] : found->second) {
        if (fold.count != 0) ended_folds_.emplace_back(whole(entry, key), fold);
    }
    folds_.erase(found);
}

std::vector<std::pair<fst_fold_key, fst_fold>> Journal::folds() const {
    auto all = ended_folds_;
    for (const auto& [entry, folds] : folds_) {
        for (const auto& [key, fold] : folds) {
            if (fold.count != 0) all.emplace_back(whole(entry, key), fold);
        }
    }
    return all;
}

}  // namespace fstracker::capture
