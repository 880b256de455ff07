// SPDX-License-Identifier: Apache-2.0
// Paths that the kernel does not tell, since they are longer than a page.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <memory>
#include <string>

#include "capture/ptrace/look.hpp"

namespace fstracker::capture {

namespace {

bool same(const struct stat& a, const struct stat& b) { return a.st_dev == b.st_dev && a.st_ino == b.st_ino; }

// The name of `child` in `parent`; empty where the listing has none.
std::string name_in(const base::Fd& parent, const struct stat& child) {
    base::Fd readable(::openat(parent.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!readable) return {};
    const std::unique_ptr<DIR, int (*)(DIR*)> listing(::fdopendir(readable.get()), &::closedir);
    if (!listing) return {};
    static_cast<void>(readable.release());  // the listing's now
    while (const dirent* one = ::readdir(listing.get())) {
        const std::string name = one->d_name;
        struct stat status {};
        if (name == "." || name == "..") continue;
        if (::fstatat(parent.get(), one->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && same(status, child)) return name;
    }
    return {};
}

}  // namespace

SeenPath tail_of_directory(int directory) {
    SeenPath path{{}, FST_PATH_TRUNCATED};
    base::Fd here(::fcntl(directory, F_DUPFD_CLOEXEC, 3));
    while (here && path.bytes.size() < FST_PATH_MAX) {
        struct stat status {};
        struct stat above {};
        base::Fd parent(::openat(here.get(), "..", O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!parent || ::fstat(here.get(), &status) != 0 || ::fstat(parent.get(), &above) != 0) break;
        if (same(status, above)) break;
        const std::string name = name_in(parent, status);
        if (name.empty()) break;
        path.bytes.insert(0, "/" + name);
        here = std::move(parent);
    }
    return path;
}

SeenPath tail_of_file(int directory, const std::string& name, const fst_object& object) {
    const std::string leaf = name.substr(name.rfind('/') + 1);
    const std::string above = name.substr(0, name.size() - leaf.size());
    const base::Fd place(::openat(directory, above.empty() ? "." : above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat status {};
    if (!place || leaf.empty() || ::fstatat(place.get(), leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        status.st_ino != object.inode)
        return {{}, FST_PATH_TRUNCATED};
    SeenPath path = tail_of_directory(place.get());
    path.bytes += "/" + leaf;
    return path;
}

}  // namespace fstracker::capture
