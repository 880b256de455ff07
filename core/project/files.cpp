// SPDX-License-Identifier: Apache-2.0
#include "core/project/files.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"

namespace fstracker::project {

namespace fs = std::filesystem;

namespace {

std::string inside(const std::string& folder) { return folder.ends_with('/') ? folder : folder + '/'; }

}  // namespace

bool Files::exists(const std::string& path) const {
    const auto found = kind(path);
    return found && *found != Kind::kNone;
}

Result<Files::Kind> DiskFiles::kind(const std::string& path) const {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (!fs::exists(status)) {
        if (error && error != std::errc::no_such_file_or_directory) return fail(ErrorKind::kSystem, error.message());
        return Kind::kNone;
    }
    if (fs::is_directory(status)) return Kind::kFolder;
    return fs::is_regular_file(status) ? Kind::kFile : Kind::kOther;
}

Result<std::string> DiskFiles::remember(const std::string& path, Result<std::string> bytes) {
    if (bytes) remembered_.push_back({path, *bytes});
    return bytes;
}

Result<std::string> DiskFiles::read(const std::string& path, std::size_t most) {
    return remember(path, base::read_regular_file(path, most));
}

Result<std::string> DiskFiles::read_any(const std::string& path, std::size_t most) {
    return remember(path, base::read_file(path, most));
}

Files::Listing DiskFiles::below(const std::string& folder, const Wanted& wanted, std::size_t most) const {
    Listing listing;
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end && listing.files.size() <= most;
         at.increment(error)) {
        std::error_code unknown;
        if (wanted(at->path().string()) && at->is_regular_file(unknown)) listing.files.push_back(at->path().string());
    }
    if (error) listing.fault = error.message();
    std::sort(listing.files.begin(), listing.files.end());
    return listing;
}

Result<Files::Kind> MemoryFiles::kind(const std::string& path) const {
    if (files_.contains(path)) return Kind::kFile;
    const auto prefix = inside(path);
    const auto next = files_.lower_bound(prefix);
    return next != files_.end() && next->first.starts_with(prefix) ? Kind::kFolder : Kind::kNone;
}

Result<std::string> MemoryFiles::read(const std::string& path, std::size_t most) {
    const auto found = files_.find(path);
    if (found == files_.end()) return base::fail_errno(ENOENT, "cannot open " + path);
    if (found->second.size() > most)
        return fail(ErrorKind::kInvalid, path + " is longer than " + std::to_string(most) + " bytes",
                    "it is not what it was taken for, or it was damaged");
    return found->second;
}

Result<std::string> MemoryFiles::read_any(const std::string& path, std::size_t most) { return read(path, most); }

Files::Listing MemoryFiles::below(const std::string& folder, const Wanted& wanted, std::size_t most) const {
    Listing listing;
    const auto prefix = inside(folder);
    for (auto at = files_.lower_bound(prefix);
         at != files_.end() && at->first.starts_with(prefix) && listing.files.size() <= most; ++at)
        if (wanted(at->first)) listing.files.push_back(at->first);
    return listing;
}

}  // namespace fstracker::project
