// SPDX-License-Identifier: Apache-2.0
#include "core/digest/locate.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <string>

#include "core/digest/mounts.hpp"

namespace fstracker::digest {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

std::uint32_t kernel_device(dev_t device) { return (major(device) << 20) | minor(device); }

// The identity that the kernel works with is (s_dev, i_ino). stat() shows the same on most file systems; btrfs and
// overlayfs show other device numbers, overlayfs at times another inode number. Then descriptor and mount tell.
bool is_object(const event::ObjectId& object, const Located& found, std::uint32_t pid) {
    if (kernel_device(found.status.st_dev) == object.device) return found.status.st_ino == object.inode;
    const auto inner = inner_identity(found.handle.get(), pid);
    return inner && inner->device == object.device && inner->inode == object.inode;
}

class Search {
  public:
    Search(const event::ObjectId& object, const std::function<bool(const Located&)>& accept)
        : object_(object), accept_(accept) {}

    bool at(const std::string& path, int flags, std::uint32_t pid) {
        Located found;
        found.handle.reset(::open(path.c_str(), O_PATH | O_CLOEXEC | flags));
        if (!found.handle) {
            if (errno == EACCES || errno == EPERM) denied_ = true;
            return false;
        }
        if (::fstat(found.handle.get(), &found.status) != 0 || !is_object(object_, found, pid) || !accept_(found))
            return false;
        found_ = std::move(found);
        return true;
    }

    bool at(const Whereabouts& place) {
        const bool has_path = place.path.starts_with('/') && place.path.find('\0') == std::string::npos;
        if (has_path && at(place.path, O_NOFOLLOW, 0)) return true;
        if (place.pid == 0) return false;
        const std::string process = "/proc/" + std::to_string(place.pid);
        if (has_path && at(process + "/root" + place.path, O_NOFOLLOW, place.pid)) return true;
        if (place.descriptor >= 0) return at(process + "/fd/" + std::to_string(place.descriptor), 0, place.pid);
        // A program that has no name any more, or never had one.
        return at(process + "/exe", 0, place.pid);
    }

    Result<Located> result() {
        if (found_.handle) return std::move(found_);
        if (denied_)
            return fail(ErrorKind::kPermission, "cannot reach object " + event::to_text(object_),
                        "run as the user that owns it, or as root");
        return fail(ErrorKind::kNotFound,
                    "object " + event::to_text(object_) + " is at none of the places where it was seen");
    }

  private:
    const event::ObjectId& object_;
    const std::function<bool(const Located&)>& accept_;
    Located found_;
    bool denied_ = false;
};

}  // namespace

Result<Located> locate(const event::ObjectId& object, const std::vector<Whereabouts>& places,
                       const std::function<bool(const Located&)>& accept) {
    Search search(object, accept);
    for (const Whereabouts& place : places) {
        if (search.at(place)) break;
    }
    return search.result();
}

event::Stamp stamp_of(const struct stat& status) {
    return {static_cast<std::uint64_t>(status.st_size), status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec,
            status.st_ctim.tv_sec * kSecond + status.st_ctim.tv_nsec};
}

Result<event::Stamp> stamp_now(const event::ObjectId& object, const std::vector<Whereabouts>& places) {
    static const std::function<bool(const Located&)> kAny = [](const Located&) { return true; };
    const auto found = locate(object, places, kAny);
    if (!found) return fail(found.error());
    return stamp_of(found->status);
}

std::optional<event::Stamp> stamp_at_path(const event::ObjectId& object, const std::string& path) {
    struct stat status {};
    if (!path.starts_with('/') || path.find('\0') != std::string::npos) return std::nullopt;
    if (::fstatat(AT_FDCWD, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) return std::nullopt;
    if (kernel_device(status.st_dev) != object.device || status.st_ino != object.inode) return std::nullopt;
    return stamp_of(status);
}

}  // namespace fstracker::digest
