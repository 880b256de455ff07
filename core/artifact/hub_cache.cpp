// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/hub_cache.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "core/artifact/package_url.hpp"
#include "core/base/fd.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::size_t kCommitDigits = 40;
constexpr std::size_t kSha256Digits = 64;
constexpr std::size_t kLongestName = 96;  // of a repository, on the Hub
constexpr int kDeepest = 16;              // folders within a snapshot

struct Kind {
    std::string_view prefix;   // of the repository's folder
    std::string_view address;  // as in the address of such a repository
};
constexpr std::array<Kind, 3> kKinds{{{"models--", ""}, {"datasets--", "datasets/"}, {"spaces--", "spaces/"}}};

bool is_hash(std::string_view text, std::size_t digits) {
    return text.size() == digits && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= kLongestName && text.find("--") == std::string_view::npos &&
           text.find("..") == std::string_view::npos && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
                      c == '_' || c == '.';
           });
}

// "ORG/NAME" or "NAME", with the namespace of its kind before it; empty for a folder that is no repository's.
std::string repository_in(std::string_view folder_name) {
    for (const Kind& kind : kKinds) {
        if (!folder_name.starts_with(kind.prefix)) continue;
        const std::string_view id = folder_name.substr(kind.prefix.size());
        const std::size_t dashes = id.find("--");
        if (dashes == std::string_view::npos) return is_name(id) ? std::string(kind.address).append(id) : "";
        const std::string_view owner = id.substr(0, dashes), name = id.substr(dashes + 2);
        if (!is_name(owner) || !is_name(name)) return {};
        return std::string(kind.address).append(owner).append("/").append(name);
    }
    return {};
}

std::string_view last_part(std::string_view path) { return path.substr(path.rfind('/') + 1); }

struct CloseFolder {
    void operator()(DIR* open) const { ::closedir(open); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

OpenFolder open_folder(int beneath, const char* name) {
    base::Fd fd(::openat(beneath, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return nullptr;
    OpenFolder folder(::fdopendir(fd.get()));
    if (folder) static_cast<void>(fd.release());
    return folder;
}

class Snapshots {
  public:
    Snapshots(const std::string& repository, const Blobs& blobs, std::size_t& budget)
        : repository_(repository), blobs_(blobs), budget_(budget) {}

    // Whether they could be read to their end.
    bool read() {
        const OpenFolder all = open_folder(AT_FDCWD, (repository_ + "/snapshots").c_str());
        while (const dirent* entry = all ? next(all.get()) : nullptr) {
            if (!is_hash(entry->d_name, kCommitDigits)) continue;
            revisions_.push_back({entry->d_name, 0});
            take_folder(::dirfd(all.get()), entry->d_name, 0);
        }
        const auto has_all = [this](const Revision& one) { return one.blobs == linked_.size(); };
        const auto first = std::find_if(revisions_.begin(), revisions_.end(), has_all);
        if (first != revisions_.end() && std::none_of(first + 1, revisions_.end(), has_all)) common_ = first->name;
        return budget_ != 0;
    }

    // Empty where more than one could be meant.
    [[nodiscard]] std::string revision_of(const std::string& blob) const {
        const auto known = linked_.find(blob);
        if (known == linked_.end()) return {};
        if (known->second.size() == 1) return revisions_[known->second.front()].name;
        return common_;
    }

  private:
    struct Revision {
        std::string name;
        std::size_t blobs = 0;  // of those asked for
    };

    const dirent* next(DIR* folder) {
        if (budget_ == 0) return nullptr;
        --budget_;
        return ::readdir(folder);
    }

    void take_folder(int beneath, const char* name, int depth) {
        if (depth == kDeepest) return;
        const OpenFolder folder = open_folder(beneath, name);
        while (const dirent* entry = folder ? next(folder.get()) : nullptr) {
            const std::string_view file = entry->d_name;
            if (file == "." || file == "..") continue;
            if (entry->d_type == DT_DIR)
                take_folder(::dirfd(folder.get()), entry->d_name, depth + 1);
            else if (entry->d_type == DT_LNK)
                take_link(::dirfd(folder.get()), entry->d_name, depth);
            else if (entry->d_type == DT_UNKNOWN && !take_link(::dirfd(folder.get()), entry->d_name, depth))
                take_folder(::dirfd(folder.get()), entry->d_name, depth + 1);
        }
    }

    // False for what is no link. One is relative, or names the repository's folder as the path of its blobs does.
    bool take_link(int folder, const char* name, int depth) {
        const ssize_t size = ::readlinkat(folder, name, target_.data(), target_.size());
        if (size <= 0) return false;
        if (static_cast<std::size_t>(size) == target_.size()) return true;
        std::string_view target(target_.data(), static_cast<std::size_t>(size));
        constexpr std::string_view kUp = "../", kBlobs = "blobs/";
        int up = 0;
        for (; target.starts_with(kUp); ++up) target.remove_prefix(kUp.size());
        if (up == 0 && target.starts_with(repository_) && target.substr(repository_.size()).starts_with('/'))
            target.remove_prefix(repository_.size() + 1);
        else if (up != depth + 2)
            return true;
        if (!target.starts_with(kBlobs)) return true;
        const auto blob = blobs_.find(target.substr(kBlobs.size()));
        if (blob == blobs_.end()) return true;
        auto& revisions = linked_[blob->first];
        const std::size_t latest = revisions_.size() - 1;
        if (!revisions.empty() && revisions.back() == latest) return true;
        revisions.push_back(latest);
        ++revisions_.back().blobs;
        return true;
    }

    const std::string& repository_;
    const Blobs& blobs_;
    std::size_t& budget_;
    std::vector<Revision> revisions_;
    std::unordered_map<std::string_view, std::vector<std::size_t>> linked_;  // in which revisions each blob is
    std::string common_;                                                     // the one revision that has all of them
    std::array<char, 4096> target_{};
};

}  // namespace

std::optional<HubPlace> hub_place_of(std::string_view path) {
    constexpr std::string_view kBlobs = "/blobs/", kSnapshots = "/snapshots/";
    for (std::size_t at = path.find("--"); at != std::string_view::npos; at = path.find("--", at)) {
        const std::size_t end = path.find('/', at);
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view folder = path.substr(0, end), rest = path.substr(end);
        at = end;
        const bool blob = rest.starts_with(kBlobs);
        if ((!blob && !rest.starts_with(kSnapshots)) || repository_in(last_part(folder)).empty()) continue;
        const std::string_view name = rest.substr(blob ? kBlobs.size() : kSnapshots.size());
        if (blob) {
            if (!is_hash(name, kSha256Digits) && !is_hash(name, kCommitDigits)) return std::nullopt;
            return HubPlace{folder, {}, name};
        }
        const std::string_view revision = name.substr(0, name.find('/'));
        if (!is_hash(revision, kCommitDigits) || revision.size() == name.size()) return std::nullopt;
        return HubPlace{folder, revision, {}};
    }
    return std::nullopt;
}

std::string hub_url(std::string_view folder, std::string_view revision) {
    return package_url("huggingface", repository_in(last_part(folder)), revision);
}

void find_revisions(const std::string& folder, Blobs& blobs, std::size_t& budget) {
    Snapshots snapshots(folder, blobs, budget);
    if (!snapshots.read()) return;
    for (auto& [blob, revision] : blobs) revision = snapshots.revision_of(blob);
}

}  // namespace fstracker::artifact
