// SPDX-License-Identifier: Apache-2.0
#include "capture/ptrace/look.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <unordered_map>

namespace fstracker::capture {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr unsigned kThread = O_EXCL;  // PIDFD_THREAD, since Linux 6.9
constexpr std::string_view kDeleted = " (deleted)";

std::uint32_t kernel_device(std::uint32_t high, std::uint32_t low) { return high << 20 | low; }

std::int64_t nanoseconds(const statx_timestamp& time) { return time.tv_sec * kSecond + time.tv_nsec; }

// Which file system a device is of does not change while it is mounted.
std::uint64_t file_system_of(int handle, std::uint32_t device) {
    static std::unordered_map<std::uint32_t, std::uint64_t> known;
    if (const auto found = known.find(device); found != known.end()) return found->second;
    struct statfs status {};
    if (::fstatfs(handle, &status) != 0) return 0;
    return known[device] = static_cast<std::uint64_t>(status.f_type);
}

std::uint32_t word_at(const unsigned char* bytes, std::size_t offset) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes + offset, sizeof word);
    return word;
}

// i_generation out of the file's handle, in the shapes that Linux's file systems give it (fs/libfs.c,
// fs/xfs/xfs_export.c, fs/btrfs/export.c). 0 where none is known.
std::uint32_t generation_in_handle(int handle, std::uint64_t file_system) {
    constexpr std::size_t kMost = 128;
    alignas(file_handle) std::array<unsigned char, sizeof(file_handle) + kMost> buffer{};
    auto* name = reinterpret_cast<file_handle*>(buffer.data());
    name->handle_bytes = kMost;
    int mount = 0;
    if (::name_to_handle_at(handle, "", name, &mount, AT_EMPTY_PATH) != 0) return 0;
    const unsigned char* bytes = buffer.data() + sizeof(file_handle);
    const std::size_t size = name->handle_bytes;
    switch (file_system) {
        case 0xef53:      // ext2, ext3, ext4
        case 0xf2f52010:  // f2fs
            return name->handle_type == 1 && size >= 8 ? word_at(bytes, 4) : 0;
        case 0x58465342:  // xfs
            if (name->handle_type == 0x81 && size >= 12) return word_at(bytes, 8);
            return name->handle_type == 1 && size >= 8 ? word_at(bytes, 4) : 0;
        case 0x9123683e:  // btrfs
            return size >= 20 ? word_at(bytes, 16) : 0;
        default: return 0;
    }
}

// Where the file system has no generation to show, the time of birth tells one object of an inode from the next. Such
// file systems are asked for none when a digest is taken.
std::uint32_t generation_of(int handle, std::int64_t born, std::uint64_t file_system) {
    if (const std::uint32_t generation = generation_in_handle(handle, file_system); generation != 0) return generation;
    switch (file_system) {
        case 0xef53:
        case 0xf2f52010:
        case 0x58465342:
        case 0x9123683e: return 0;
        default: break;
    }
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(born) * 0x9E3779B97F4A7C15ULL >> 32);
}

std::string read_link(const std::string& link) {
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
    return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

// Takes the task's root off the beginning.
void see_from(SeenPath& path, const View& view) {
    if (view.is_ours()) return;
    if (path.bytes == view.root) {
        path.bytes = "/";
    } else if (path.bytes.starts_with(view.root + "/")) {
        path.bytes.erase(0, view.root.size());
    } else {
        path.flags |= FST_PATH_DETACHED;
    }
}

// The kernel's mark for a name that is gone; a name may end so by itself.
void take_mark_off(SeenPath& path, const fst_object& object) {
    if (!path.bytes.ends_with(kDeleted)) return;
    struct stat status {};
    const bool is_name = object.links != 0 && ::lstat(path.bytes.c_str(), &status) == 0 &&
                         status.st_ino == object.inode &&
                         kernel_device(major(status.st_dev), minor(status.st_dev)) == object.device;
    if (is_name) return;
    path.bytes.resize(path.bytes.size() - kDeleted.size());
    path.flags |= FST_PATH_DELETED;
}

}  // namespace

std::string proc_path(pid_t tid, const std::string& what) { return "/proc/" + std::to_string(tid) + "/" + what; }

base::Fd open_task(pid_t tid) {
    base::Fd handle(static_cast<int>(syscall(SYS_pidfd_open, tid, kThread)));
    if (!handle && errno == EINVAL) handle.reset(static_cast<int>(syscall(SYS_pidfd_open, tid, 0)));
    return handle;
}

base::Fd take_descriptor(pid_t tid, const base::Fd& tid_handle, int descriptor) {
    base::Fd file;
    if (tid_handle) file.reset(static_cast<int>(syscall(SYS_pidfd_getfd, tid_handle.get(), descriptor, 0)));
    if (!file && errno != EBADF)
        file.reset(::open(proc_path(tid, "fd/" + std::to_string(descriptor)).c_str(), O_PATH | O_CLOEXEC));
    return file;
}

std::optional<fst_object> stamp_of(int handle, std::int64_t& born) {
    struct statx status {};
    if (::statx(handle, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) return std::nullopt;
    fst_object object{};
    object.inode = status.stx_ino;
    object.device = kernel_device(status.stx_dev_major, status.stx_dev_minor);
    object.size = status.stx_size;
    object.mtime = nanoseconds(status.stx_mtime);
    object.ctime = nanoseconds(status.stx_ctime);
    object.mode = status.stx_mode;
    object.rdev = kernel_device(status.stx_rdev_major, status.stx_rdev_minor);
    object.links = status.stx_nlink;
    born = (status.stx_mask & STATX_BTIME) != 0 ? nanoseconds(status.stx_btime) : 0;
    return object;
}

void identify(int handle, std::int64_t born, fst_object& object) {
    object.magic = file_system_of(handle, object.device);
    object.generation = generation_of(handle, born, object.magic);
}

std::optional<fst_object> object_of(int handle) {
    std::int64_t born = 0;
    auto object = stamp_of(handle, born);
    if (object) identify(handle, born, *object);
    return object;
}

// Pipes, sockets, anonymous inodes and their like have no path; a memfd has.
bool is_recorded(const fst_object& object, const std::string& path) {
    const std::uint32_t type = object.mode & S_IFMT;
    if (type == 0 || type == S_IFDIR || type == S_IFLNK || type == S_IFSOCK) return false;
    return path.starts_with('/') || path.empty();
}

SeenPath path_of(int handle, const View& view, const fst_object& object) {
    SeenPath path{read_link("/proc/self/fd/" + std::to_string(handle)), 0};
    take_mark_off(path, object);
    see_from(path, view);
    if (object.links == 0) path.flags |= FST_PATH_DELETED;
    return path;
}

SeenPath path_of_link(const std::string& link, const View& view) {
    SeenPath path{read_link(link), 0};
    see_from(path, view);
    return path;
}

std::size_t read_memory(pid_t tid, std::uint64_t address, void* to, std::size_t size) {
    iovec ours{to, size};
    iovec theirs{reinterpret_cast<void*>(address), size};
    const ssize_t got = process_vm_readv(tid, &ours, 1, &theirs, 1, 0);
    return got < 0 ? 0 : static_cast<std::size_t>(got);
}

std::optional<std::string> read_string(pid_t tid, std::uint64_t address, std::size_t most) {
    constexpr std::size_t kPage = 4096;
    std::string text;
    while (text.size() < most) {
        std::array<char, kPage> piece{};
        const std::size_t to_page_end = kPage - address % kPage;
        const std::size_t got = read_memory(tid, address, piece.data(), std::min(to_page_end, most - text.size()));
        if (got == 0) return std::nullopt;
        const std::string_view bytes(piece.data(), got);
        const std::size_t end = bytes.find('\0');
        text.append(bytes.substr(0, end));
        if (end != std::string_view::npos) return text;
        address += got;
    }
    return text;
}

base::Fd find(pid_t tid, int directory, const std::string& name, const View& view, LastLink last) {
    const int flags = O_PATH | O_CLOEXEC | (last == LastLink::kKeep ? O_NOFOLLOW : 0);
    const auto open_at = [&](int at, const std::string& path) {
        if (view.is_ours()) return base::Fd(::openat(at, path.c_str(), flags));
        open_how how{};
        how.flags = static_cast<__u64>(flags);
        how.resolve = RESOLVE_IN_ROOT;
        return base::Fd(static_cast<int>(syscall(SYS_openat2, at, path.c_str(), &how, sizeof how)));
    };
    if (name.starts_with('/')) {
        // What a task calls itself is not what we call ourselves.
        for (const std::string_view self : {"/proc/self/", "/proc/thread-self/"}) {
            if (name.starts_with(self))
                return base::Fd(::open(proc_path(tid, name.substr(self.size())).c_str(), flags));
        }
        if (view.is_ours()) return open_at(AT_FDCWD, name);
        const base::Fd root(::open(proc_path(tid, "root").c_str(), O_PATH | O_CLOEXEC));
        return root ? open_at(root.get(), name) : base::Fd();
    }
    const std::string link = directory == AT_FDCWD ? "cwd" : "fd/" + std::to_string(directory);
    base::Fd base(::open(proc_path(tid, link).c_str(), O_PATH | O_CLOEXEC));
    if (!base || name.empty()) return base;
    // A relative name that climbs is followed in our own view: a root below which it may not climb ends it there.
    return base::Fd(::openat(base.get(), name.c_str(), flags));
}

}  // namespace fstracker::capture
