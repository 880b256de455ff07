// SPDX-License-Identifier: Apache-2.0
#include "core/base/durable_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>

#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"

namespace fstracker::base {

namespace {

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Status write_all(int fd, std::string_view bytes, std::string_view name) {
    while (!bytes.empty()) {
        const ssize_t put = ::write(fd, bytes.data(), bytes.size());
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail_errno(errno, "cannot write " + std::string(name));
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return {};
}

namespace {

// One byte more than the file has, so that its end is seen with the last read; pseudo files say 0 and grow.
Result<std::string> read_to_end(const Fd& file, const std::string& path, std::size_t said, std::size_t most) {
    std::string bytes;
    std::size_t used = 0;
    bytes.resize(std::min(std::max<std::size_t>(said, 4095), most) + 1);
    for (;;) {
        const ssize_t got = ::read(file.get(), bytes.data() + used, bytes.size() - used);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(errno, "cannot read " + path);
        if (got == 0) break;
        used += static_cast<std::size_t>(got);
        if (used > most)
            return fail(ErrorKind::kInvalid, path + " is longer than " + std::to_string(most) + " bytes",
                        "it is not what it was taken for, or it was damaged");
        if (used == bytes.size()) bytes.resize(std::min(used * 2, most + 1));
    }
    bytes.resize(used);
    return bytes;
}

Result<std::string> read_opened(const std::string& path, int flags, std::size_t most) {
    const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
    if (!file) return fail_errno(errno, "cannot open " + path);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return fail_errno(errno, "cannot read " + path);
    if (S_ISDIR(status.st_mode)) return fail_errno(EISDIR, "cannot read " + path);
    if ((flags & O_NONBLOCK) != 0 && !S_ISREG(status.st_mode))
        return fail(ErrorKind::kInvalid, "cannot read " + path + ": it is not a regular file");
    return read_to_end(file, path, static_cast<std::size_t>(std::max<off_t>(status.st_size, 0)), most);
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t most) { return read_opened(path, 0, most); }

Result<std::string> read_regular_file(const std::string& path, std::size_t most) {
    return read_opened(path, O_NONBLOCK | O_NOCTTY, most);
}

Status sync_directory(const std::string& path) {
    const Fd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return fail_errno(errno, "cannot open the directory " + path);
    // Some file systems cannot sync a directory, and need not.
    if (::fsync(directory.get()) != 0 && errno != EINVAL) return fail_errno(errno, "cannot sync the directory " + path);
    return {};
}

Status write_file_durably(const std::string& path, std::string_view bytes, unsigned mode) {
    std::string beside = path + ".new-XXXXXX";
    Fd file(::mkostemp(beside.data(), O_CLOEXEC));
    if (!file) return fail_errno(errno, "cannot create a file beside " + path);

    Status done = write_all(file.get(), bytes, path);
    if (done && ::fchmod(file.get(), mode) != 0) done = fail_errno(errno, "cannot set the mode of " + path);
    if (done && ::fsync(file.get()) != 0) done = fail_errno(errno, "cannot sync " + path);
    if (done && ::close(file.release()) != 0) done = fail_errno(errno, "cannot write " + path);
    if (done && ::rename(beside.c_str(), path.c_str()) != 0)
        done = fail_errno(errno, "cannot put " + path + " in place");
    if (!done) {
        ::unlink(beside.c_str());
        return done;
    }
    return sync_directory(parent_of(path));
}

Status make_directories(const std::string& path, unsigned mode) {
    if (path.empty()) return fail(ErrorKind::kInvalid, "cannot make a directory without a name");
    for (std::size_t end = 1; end <= path.size(); ++end) {
        if (end != path.size() && path[end] != '/') continue;
        const std::string part = path.substr(0, end);
        if (::mkdir(part.c_str(), mode) == 0 || errno == EEXIST) continue;
        const int number = errno;
        struct stat status {};
        // A read-only file system and a parent that may not be written refuse before they look whether it is there.
        if (::stat(part.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) continue;
        return fail_errno(number, "cannot make the directory " + part);
    }
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return fail_errno(errno, "cannot make the directory " + path);
    if (!S_ISDIR(status.st_mode)) return fail_errno(ENOTDIR, "cannot make the directory " + path);
    return {};
}

}  // namespace fstracker::base
