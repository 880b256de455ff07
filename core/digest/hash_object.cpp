// SPDX-License-Identifier: Apache-2.0
#include "core/digest/hash_object.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <string>

#include "core/base/fd.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "core/digest/locate.hpp"

namespace fstracker::digest {

namespace {

// O_NONBLOCK: a lease that somebody holds is not waited for. O_NOATIME is refused to those who do not own the file.
base::Fd reopen(const base::Fd& handle) {
    const std::string name = "/proc/self/fd/" + std::to_string(handle.get());
    const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    base::Fd file(::open(name.c_str(), flags | O_NOATIME));
    if (!file && errno == EPERM) file.reset(::open(name.c_str(), flags));
    return file;
}

// File systems that cannot be asked (ENOTTY) have no generations that matter to them.
bool same_generation(const event::ObjectId& object, int fd) {
    if (object.generation == 0) return true;
    long asked = 0;  // the kernel writes an int; the call is named after a long
    if (::ioctl(fd, FS_IOC_GETVERSION, &asked) != 0) return true;
    return static_cast<std::uint32_t>(asked) == object.generation;
}

event::Refusal refusal_of(const Error& error) {
    switch (error.kind) {
        case ErrorKind::kNotFound: return event::Refusal::kGone;
        case ErrorKind::kPermission: return event::Refusal::kPermission;
        case ErrorKind::kInvalid:
        case ErrorKind::kUnsupported:
        case ErrorKind::kSystem: return event::Refusal::kError;
    }
    return event::Refusal::kError;
}

// "sha256:HEX" where fs-verity guards the open file, else empty.
std::string measured_verity(int fd) {
    struct statx status {};
    if (::statx(fd, "", AT_EMPTY_PATH, 0, &status) != 0 || (status.stx_attributes & STATX_ATTR_VERITY) == 0) return {};
    static constexpr std::size_t kMost = 64;
    alignas(fsverity_digest) std::array<std::uint8_t, sizeof(fsverity_digest) + kMost> bytes{};
    auto* measured = reinterpret_cast<fsverity_digest*>(bytes.data());
    measured->digest_size = kMost;
    if (::ioctl(fd, FS_IOC_MEASURE_VERITY, measured) != 0 || measured->digest_size > kMost) return {};
    const char* algorithm = measured->digest_algorithm == FS_VERITY_HASH_ALG_SHA256   ? "sha256:"
                            : measured->digest_algorithm == FS_VERITY_HASH_ALG_SHA512 ? "sha512:"
                                                                                      : nullptr;
    if (algorithm == nullptr) return {};
    return algorithm + base::to_hex({bytes.data() + sizeof(fsverity_digest), measured->digest_size});
}

HashedObject refused(const Want& want, event::Refusal why) {
    HashedObject hashed;
    hashed.event.object = want.object.id;
    hashed.event.wanted = hashed.event.before = hashed.event.after = want.object.stamp;
    hashed.event.refusal = why;
    return hashed;
}

HashedObject hash_file(const Want& want, int fd, const HasherOptions& options, const std::atomic<bool>& stop) {
    HashedObject hashed = refused(want, event::Refusal::kError);
    struct stat before {
    }, after{};
    if (::fstat(fd, &before) != 0) return hashed;
    hashed.event.before = hashed.event.after = stamp_of(before);
    if (options.largest && hashed.event.before.size > *options.largest) {
        hashed.event.refusal = event::Refusal::kTooLarge;
        return hashed;
    }
    hashed.event.verity_digest = measured_verity(fd);
    hashed.event.verity = !hashed.event.verity_digest.empty();
    const auto digest = sha256_of(fd, stop);
    std::optional<Inspection> inspection;
    if (digest && options.inspector.inspect) inspection = options.inspector.inspect(fd, digest->bytes);
    if (::fstat(fd, &after) != 0) return hashed;
    hashed.event.after = stamp_of(after);
    if (!digest) {
        hashed.event.refusal = refusal_of(digest.error());
        return hashed;
    }
    hashed.event.digest = digest->digest;
    hashed.bytes = digest->bytes;
    if (hashed.event.before == hashed.event.after) hashed.inspection = std::move(inspection);
    struct statfs file_system {};
    if (::fstatfs(fd, &file_system) == 0) hashed.file_system = static_cast<std::uint64_t>(file_system.f_type);
    return hashed;
}

}  // namespace

HashedObject hash_object(const Want& want, const HasherOptions& options, const std::atomic<bool>& stop) {
    base::Fd file;
    std::optional<event::Refusal> refusal;
    const auto accept = [&](const Located& found) {
        if (!S_ISREG(found.status.st_mode)) {
            refusal = event::Refusal::kNotRegular;
            return true;
        }
        base::Fd opened = reopen(found.handle);
        if (!opened) {
            refusal = errno == EACCES || errno == EPERM ? event::Refusal::kPermission : event::Refusal::kError;
            return false;  // the same object may be reached elsewhere
        }
        if (!same_generation(want.object.id, opened.get())) return false;
        file = std::move(opened);
        return true;
    };
    const auto found = locate(want.object.id, want.places, accept);
    if (file) return hash_file(want, file.get(), options, stop);
    if (refusal) return refused(want, *refusal);
    return refused(want, found ? event::Refusal::kError : refusal_of(found.error()));
}

}  // namespace fstracker::digest
