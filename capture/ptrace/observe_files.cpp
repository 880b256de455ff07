// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <vector>

#include "capture/ptrace/mapping.hpp"
#include "capture/ptrace/observe.hpp"

namespace fstracker::capture {

namespace {

constexpr std::size_t kControlMost = std::size_t{1} << 20;
constexpr unsigned kMessagesMost = 1024;  // UIO_MAXIOV, the kernel's own limit

bool failed(std::int64_t result) { return result < 0; }

struct Opening {
    std::uint64_t flags = 0;
    int directory = AT_FDCWD;
    std::uint64_t name = 0;  // address; 0: none
};

Opening opening_of(const Task& task) {
    const CurrentCall& call = *task.call;
    const auto& a = call.arguments;
    if (call.call == Call::kOpen) return {a[1], AT_FDCWD, a[0]};
    if (call.call == Call::kOpenat) return {a[2], call.descriptor(0), a[1]};
    if (call.call == Call::kOpenByHandle) return {a[2], AT_FDCWD, 0};
    if (call.call == Call::kCreat) return {O_CREAT | O_WRONLY | O_TRUNC, AT_FDCWD, a[0]};
    open_how how{};
    if (call.call == Call::kOpenat2) read_value(task.tid, a[2], how.flags);
    return {how.flags, call.descriptor(0), a[1]};
}

std::uint32_t mode_of_flags(std::uint64_t flags) {
    switch (flags & O_ACCMODE) {
        case O_RDONLY: return FST_READ;
        case O_WRONLY: return FST_WRITE;
        case O_RDWR: return FST_READ | FST_WRITE;
        default: return 0;
    }
}

// How the descriptor is open, as its link in /proc shows it; 0: as a mere place, or not at all.
std::uint32_t mode_of_descriptor(pid_t tid, int descriptor) {
    struct stat status {};
    if (::lstat(proc_path(tid, "fd/" + std::to_string(descriptor)).c_str(), &status) != 0) return 0;
    return ((status.st_mode & S_IRUSR) != 0 ? FST_READ : 0) | ((status.st_mode & S_IWUSR) != 0 ? FST_WRITE : 0);
}

void tell_received(Task& task, Journal& journal, std::uint64_t message) {
    msghdr header{};
    if (!read_value(task.tid, message, header)) return journal.blind(task.actor(), FST_BLIND_RECEIVED, 0);
    if (header.msg_controllen < sizeof(cmsghdr) || header.msg_controllen > kControlMost) return;
    std::vector<char> control(header.msg_controllen);
    const auto address = reinterpret_cast<std::uint64_t>(header.msg_control);
    if (read_memory(task.tid, address, control.data(), control.size()) != control.size())
        return journal.blind(task.actor(), FST_BLIND_RECEIVED, 0);
    for (std::size_t at = 0; at + sizeof(cmsghdr) <= control.size();) {
        cmsghdr part{};
        std::memcpy(&part, control.data() + at, sizeof part);
        if (part.cmsg_len < sizeof part || part.cmsg_len > control.size() - at) return;
        if (part.cmsg_level == SOL_SOCKET && part.cmsg_type == SCM_RIGHTS) {
            for (std::size_t i = at + sizeof part; i + sizeof(int) <= at + part.cmsg_len; i += sizeof(int)) {
                int descriptor = -1;
                std::memcpy(&descriptor, control.data() + i, sizeof descriptor);
                tell_descriptor(task, journal, descriptor, FST_RECEIVE);
            }
        }
        at += CMSG_ALIGN(part.cmsg_len);
    }
}

bool has_room_for_descriptors(const Task& task, std::uint64_t message) {
    msghdr header{};
    return read_value(task.tid, message, header) && header.msg_controllen >= CMSG_LEN(sizeof(int));
}

// By the name that the open was given, where it was one.
SeenPath long_path_of(const Task& task, const fst_object& object) {
    const SeenPath unknown{{}, FST_PATH_TRUNCATED};
    if (!task.call || family_of(task.call->call) != Family::kOpen) return unknown;
    const Opening opening = opening_of(task);
    const auto name = opening.name != 0 ? read_string(task.tid, opening.name, FST_NAME_ARG_MAX) : std::nullopt;
    if (!name || name->starts_with('/')) return unknown;
    const base::Fd directory = find(task.tid, opening.directory, {}, task.view(), LastLink::kFollow);
    return directory ? tail_of_file(directory.get(), *name, object) : unknown;
}

}  // namespace

void tell_descriptor(Task& task, Journal& journal, int descriptor, std::uint32_t access, const GoOn& go_on) {
    if ((access & (FST_READ | FST_WRITE)) == 0) {
        const std::uint32_t mode = mode_of_descriptor(task.tid, descriptor);
        if (mode == 0) return;
        access |= mode;
    }
    const base::Fd handle = task.take(descriptor);
    std::int64_t born = 0;
    const auto object = handle ? stamp_of(handle.get(), born) : std::nullopt;
    if (!object) {
        journal.unreadable(FST_ACCESS);
        return journal.blind(task.actor(), FST_BLIND_DESCRIPTOR_RACE, 0);
    }
    SeenObject seen{*object, {}};
    if (S_ISSOCK(seen.object.mode) && (access & (FST_INHERIT | FST_RECEIVE)) != 0)
        return tell_connected(task, journal, handle);
    if (!is_recorded(seen.object, {})) return;
    seen.path = path_of(handle.get(), task.view(), seen.object);
    if (seen.path.bytes.empty()) seen.path = long_path_of(task, seen.object);
    // The thread may go on while the rest is looked at. Not with a file that can be written, since one that we still
    // hold open could not be executed; nor with anything that notices its last close.
    if (go_on && (access & FST_WRITE) == 0 && S_ISREG(seen.object.mode)) go_on();
    identify(handle.get(), born, seen.object);
    if (is_recorded(seen.object, seen.path.bytes)) journal.accessed(task.actor(), seen, access, descriptor);
}

void tell_inherited(Task& task, Journal& journal, std::uint32_t heir) {
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(proc_path(task.tid, "fd").c_str()), &::closedir);
    if (!listing) return journal.unreadable(FST_ACCESS);
    std::vector<int> descriptors;
    while (const dirent* one = ::readdir(listing.get())) {
        const std::string_view name(one->d_name);
        int number = -1;
        if (std::from_chars(name.data(), name.data() + name.size(), number).ec == std::errc())
            descriptors.push_back(number);
    }
    std::sort(descriptors.begin(), descriptors.end());
    const std::uint32_t entry = std::exchange(task.process->entry, heir);
    for (const int descriptor : descriptors) tell_descriptor(task, journal, descriptor, FST_INHERIT);
    task.process->entry = entry;
}

Follow entering_open(Task& task) {
    if (task.call->call == Call::kMemfd || task.call->call == Call::kGetfd) return Follow::kToItsReturn;
    const Opening opening = opening_of(task);
    if ((opening.flags & O_PATH) != 0) return Follow::kNo;
    task.call->existed = true;
    if ((opening.flags & (O_CREAT | O_EXCL)) == O_CREAT && opening.name != 0) {
        if (const auto name = read_string(task.tid, opening.name, FST_NAME_ARG_MAX))
            task.call->existed = find(task.tid, opening.directory, *name, task.view(), LastLink::kFollow).valid();
    }
    return Follow::kToItsReturn;
}

void returned_from_open(Task& task, Journal& journal, std::int64_t result, const GoOn& go_on) {
    if (failed(result)) return;
    const auto descriptor = static_cast<int>(result);
    if (task.call->call == Call::kGetfd) return tell_descriptor(task, journal, descriptor, FST_RECEIVE);
    if (task.call->call == Call::kMemfd)
        return tell_descriptor(task, journal, descriptor, FST_READ | FST_WRITE | FST_CREATE);
    const Opening opening = opening_of(task);
    std::uint32_t access = mode_of_flags(opening.flags);
    const bool made_for_certain =
        (opening.flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL) || (opening.flags & O_TMPFILE) == O_TMPFILE;
    if (made_for_certain || !task.call->existed) access |= FST_CREATE;
    if ((opening.flags & O_TRUNC) != 0 && (access & FST_WRITE) != 0) access |= FST_TRUNCATE;
    tell_descriptor(task, journal, descriptor, access, go_on);
}

void returned_from_map(Task& task, Journal& journal, std::int64_t result) {
    if (failed(result)) return;
    const int descriptor = task.call->descriptor(4);
    const base::Fd handle = task.take(descriptor);
    const auto object = handle ? object_of(handle.get()) : std::nullopt;
    if (!object) return returned_from_protect(task, journal, result);
    const SeenObject seen{*object, path_of(handle.get(), task.view(), *object)};
    if (is_recorded(seen.object, seen.path.bytes)) journal.accessed(task.actor(), seen, FST_LOAD, descriptor);
}

void returned_from_protect(Task& task, Journal& journal, std::int64_t result) {
    if (failed(result)) return;
    const bool is_map = task.call->call == Call::kMap;
    const auto mapping = mapping_at(task.tid, is_map ? static_cast<std::uint64_t>(result) : task.call->arguments[0]);
    if (mapping && mapping->inode == 0) return;  // anonymous memory
    const auto seen = mapping ? mapped_object(task.tid, *mapping, task.view()) : std::nullopt;
    if (!seen) return journal.blind(task.actor(), FST_BLIND_MPROTECT, 0);
    if (is_recorded(seen->object, seen->path.bytes)) journal.accessed(task.actor(), *seen, FST_LOAD, -1);
}

Follow entering_receive(Task& task) {
    if (task.call->call == Call::kRecvmmsg) return Follow::kToItsReturn;
    return has_room_for_descriptors(task, task.call->arguments[1]) ? Follow::kToItsReturn : Follow::kNo;
}

void returned_from_receive(Task& task, Journal& journal, std::int64_t result) {
    if (failed(result)) return;
    const std::uint64_t first = task.call->arguments[1];
    if (task.call->call == Call::kRecvmsg) return tell_received(task, journal, first);
    const auto count = static_cast<unsigned>(std::min<std::int64_t>(result, kMessagesMost));
    for (unsigned i = 0; i < count; ++i) tell_received(task, journal, first + i * sizeof(mmsghdr));
}

}  // namespace fstracker::capture
