// SPDX-License-Identifier: Apache-2.0
// Calls that change names leave no descriptor. What a name leads to is held before the call and looked at after it: the
// object is told only where the call has visibly been of that object, so that a name which another thread changes in
// between has none.
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>

#include <vector>

#include "capture/ptrace/observe.hpp"

namespace fstracker::capture {

namespace {

struct NameCall {
    fst_name_operation operation = FST_NAME_RENAME;
    int directory = AT_FDCWD;
    std::uint64_t name = 0;
    int second_directory = AT_FDCWD;
    std::uint64_t second_name = 0;  // 0: none
    LastLink last = LastLink::kKeep;
};

NameCall name_call(const CurrentCall& call) {
    const auto& a = call.arguments;
    const auto at = [&](std::size_t index) { return call.descriptor(index); };
    const auto follow = [](bool yes) { return yes ? LastLink::kFollow : LastLink::kKeep; };
    if (call.call == Call::kRename) return {FST_NAME_RENAME, AT_FDCWD, a[0], AT_FDCWD, a[1]};
    if (call.call == Call::kRenameat) return {FST_NAME_RENAME, at(0), a[1], at(2), a[3]};
    if (call.call == Call::kRenameat2)
        return {(a[4] & RENAME_EXCHANGE) != 0 ? FST_NAME_EXCHANGE : FST_NAME_RENAME, at(0), a[1], at(2), a[3]};
    if (call.call == Call::kLink) return {FST_NAME_LINK, AT_FDCWD, a[0], AT_FDCWD, a[1]};
    if (call.call == Call::kLinkat)
        return {FST_NAME_LINK, at(0), a[1], at(2), a[3], follow((a[4] & AT_SYMLINK_FOLLOW) != 0)};
    if (call.call == Call::kSymlink) return {FST_NAME_SYMLINK, AT_FDCWD, a[1]};
    if (call.call == Call::kSymlinkat) return {FST_NAME_SYMLINK, at(1), a[2]};
    if (call.call == Call::kUnlink) return {FST_NAME_UNLINK, AT_FDCWD, a[0]};
    if (call.call == Call::kUnlinkat)
        return {(a[2] & AT_REMOVEDIR) != 0 ? FST_NAME_RMDIR : FST_NAME_UNLINK, at(0), a[1]};
    if (call.call == Call::kRmdir) return {FST_NAME_RMDIR, AT_FDCWD, a[0]};
    if (call.call == Call::kMkdir) return {FST_NAME_MKDIR, AT_FDCWD, a[0]};
    if (call.call == Call::kMkdirat) return {FST_NAME_MKDIR, at(0), a[1]};
    if (call.call == Call::kMknod) return {FST_NAME_MKNOD, AT_FDCWD, a[0]};
    if (call.call == Call::kMknodat) return {FST_NAME_MKNOD, at(0), a[1]};
    return {FST_NAME_TRUNCATE, AT_FDCWD, a[0], AT_FDCWD, 0, LastLink::kFollow};  // truncate
}

base::Fd handle_of(const Task& task, const NameBefore& name, LastLink last) {
    return find(task.tid, name.directory, name.seen.name, task.view(), last);
}

bool look_before(const Task& task, int directory, std::uint64_t address, LastLink last, NameBefore& name) {
    auto text = read_string(task.tid, address, FST_NAME_ARG_MAX);
    if (!text) return false;
    name.seen.name = std::move(*text);
    name.directory = directory;
    if (!name.seen.name.starts_with('/')) {
        const std::string base = directory == AT_FDCWD ? "cwd" : "fd/" + std::to_string(directory);
        name.seen.base = path_of_link(proc_path(task.tid, base), task.view());
        if (name.seen.base.bytes.empty()) {
            const base::Fd place = find(task.tid, directory, {}, task.view(), LastLink::kFollow);
            if (place) name.seen.base = tail_of_directory(place.get());
        }
    }
    name.handle = handle_of(task, name, last);
    if (name.handle) name.object = object_of(name.handle.get());
    return true;
}

bool same(const fst_object& a, const fst_object& b) {
    return a.inode == b.inode && a.device == b.device && a.generation == b.generation;
}

std::optional<fst_object> now(const NameBefore& name) {
    return name.handle ? object_of(name.handle.get()) : std::nullopt;
}

// What a name leads to now, if that is what was held.
std::optional<fst_object> leads_to(const Task& task, const NameBefore& name, const std::optional<fst_object>& held) {
    if (!held) return std::nullopt;
    const base::Fd handle = handle_of(task, name, LastLink::kKeep);
    const auto found = handle ? object_of(handle.get()) : std::nullopt;
    return found && same(*found, *held) ? found : std::nullopt;
}

// The held object, if it has lost a link.
std::optional<fst_object> unlinked(const NameBefore& name) {
    const auto after = now(name);
    if (!after || !name.object || !same(*after, *name.object)) return std::nullopt;
    return after->links < name.object->links || after->links == 0 ? after : std::nullopt;
}

void add(std::vector<fst_object>& objects, const std::optional<fst_object>& object) {
    if (object) objects.push_back(*object);
}

std::vector<fst_object> touched(const Task& task, fst_name_operation operation) {
    const NameBefore& first = task.call->first;
    const NameBefore& second = task.call->second;
    std::vector<fst_object> objects;
    switch (operation) {
        case FST_NAME_RENAME:
            add(objects, leads_to(task, second, now(first)));
            if (!objects.empty()) add(objects, unlinked(second));
            break;
        case FST_NAME_EXCHANGE:
            add(objects, leads_to(task, second, now(first)));
            add(objects, leads_to(task, first, now(second)));
            break;
        case FST_NAME_LINK: add(objects, leads_to(task, second, now(first))); break;
        case FST_NAME_UNLINK:
        case FST_NAME_RMDIR: add(objects, unlinked(first)); break;
        case FST_NAME_SYMLINK:
        case FST_NAME_MKDIR:
        case FST_NAME_MKNOD: {
            const base::Fd made = handle_of(task, first, LastLink::kKeep);
            if (made) add(objects, object_of(made.get()));
            break;
        }
        case FST_NAME_TRUNCATE: {
            const auto after = now(first);
            const bool is_cut = after && after->size == task.call->arguments[1] && first.object;
            if (is_cut && (after->ctime != first.object->ctime || after->size == first.object->size))
                add(objects, after);
            break;
        }
    }
    return objects;
}

}  // namespace

Follow entering_name(Task& task) {
    const NameCall call = name_call(*task.call);
    if (!look_before(task, call.directory, call.name, call.last, task.call->first)) return Follow::kNo;
    if (call.second_name != 0 &&
        !look_before(task, call.second_directory, call.second_name, LastLink::kKeep, task.call->second))
        return Follow::kNo;
    return Follow::kToItsReturn;
}

void returned_from_name(Task& task, Journal& journal, std::int64_t result) {
    if (result != 0) return;
    const NameCall call = name_call(*task.call);
    const std::vector<fst_object> objects = touched(task, call.operation);
    SeenName first = task.call->first.seen;
    // A link is followed: the name that counts is the one behind it.
    if (call.operation == FST_NAME_TRUNCATE && !objects.empty()) {
        SeenPath path = path_of(task.call->first.handle.get(), task.view(), objects.front());
        if (path.bytes.starts_with('/') && (path.flags & FST_PATH_DELETED) == 0) first = {{}, std::move(path.bytes)};
    }
    const SeenName* second = call.second_name != 0 ? &task.call->second.seen : nullptr;
    journal.named(task.actor(), call.operation, objects, first, second);
}

}  // namespace fstracker::capture
