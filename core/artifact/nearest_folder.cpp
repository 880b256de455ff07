// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/nearest_folder.hpp"

#include <sys/stat.h>

#include <vector>

namespace fstracker::artifact {

namespace {

constexpr std::size_t kMostFolders = 50'000;

bool is_folder(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

}  // namespace

const std::string& NearestFolder::above(std::string_view file) {
    const std::string_view own = file.substr(0, file.rfind('/'));
    if (own == last_) return *last_found_;
    std::string folder(own);
    std::vector<std::string> unknown;
    auto known = found_.find(folder);
    while (known == found_.end() && !folder.empty()) {
        unknown.push_back(folder);
        folder.resize(folder.rfind('/'));
        known = found_.find(folder);
    }
    const std::string* found = known == found_.end() ? &kNone : &known->second;
    for (; !unknown.empty() && found_.size() < kMostFolders; unknown.pop_back()) {
        const std::string& next = unknown.back();
        found = &found_.emplace(next, is_folder(next + marker_) ? next : *found).first->second;
    }
    if (!unknown.empty()) found = &kNone;
    last_ = own;
    last_found_ = found;
    return *found;
}

}  // namespace fstracker::artifact
