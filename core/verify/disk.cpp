// SPDX-License-Identifier: Apache-2.0
#include "core/verify/disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/base/fd.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"

namespace fstracker::verify {
namespace {

std::optional<event::Sha256> digest_on_disk(const std::string& path) {
    struct stat status {};
    // Looked at before it is opened: opening a device or a FIFO does something.
    if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
    const auto hashed = digest::sha256_of(fd.get());
    if (!hashed) return std::nullopt;
    return hashed->digest;
}

bool is_callers_stream(const run::FileEntry& file) {
    constexpr std::uint32_t kStream = event::kInherit | event::kWrite;
    return (file.access & kStream) == kStream && (file.access & ~(kStream | event::kRead)) == 0;
}

}  // namespace

DiskCheck check_disk(const std::vector<run::FileEntry>& files) {
    // Of each object the content that it had last; a path may have named several objects.
    std::map<std::string, std::map<event::ObjectId, event::Sha256>> expected;
    for (const auto& file : files) {
        const auto& path = file.host_path.empty() ? file.path.bytes : file.host_path;
        const bool usable = !file.path.truncated && !file.path.detached && !path.empty() && path.front() == '/' &&
                            path.find('\0') == std::string::npos;
        if (file.digest && usable && !is_callers_stream(file)) expected[path][file.object] = *file.digest;
    }
    DiskCheck check;
    for (const auto& [path, contents] : expected) {
        const auto now = digest_on_disk(path);
        if (!now) {
            ++check.gone;
        } else if (std::any_of(contents.begin(), contents.end(),
                               [&](const auto& content) { return content.second == *now; })) {
            ++check.same;
        } else {
            check.changed.push_back(path + " is now sha256:" + base::to_hex(*now) +
                                    ", was sha256:" + base::to_hex(contents.rbegin()->second));
        }
    }
    return check;
}

}  // namespace fstracker::verify
