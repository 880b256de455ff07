// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/owners.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "core/artifact/conda_packages.hpp"
#include "core/artifact/debian_packages.hpp"
#include "core/artifact/git_lfs.hpp"
#include "core/artifact/hub_cache.hpp"
#include "core/artifact/nearest_folder.hpp"
#include "core/artifact/node_packages.hpp"
#include "core/artifact/python_packages.hpp"
#include "core/base/hex.hpp"
#include "core/digest/hasher.hpp"

namespace fstracker::artifact {

namespace {

using Entries = std::vector<run::FileEntry*>;

constexpr std::size_t kMostFolders = 64;  // of Python packages
constexpr std::size_t kManyPaths = 200;   // from here on one read of the whole index costs less than several for each
constexpr std::size_t kMostNodePackages = 2000;
constexpr std::size_t kMostPrefixes = 16;    // of conda
constexpr std::size_t kMostLinks = 200'000;  // in all caches of the Hugging Face Hub together

bool is_of_a_role_with_owners(const run::FileEntry& entry) {
    return entry.role == "library" || entry.role == "executable" || entry.role == "code";
}

bool is_whole(const event::Path& path) { return !path.truncated && !path.detached && path.bytes.starts_with('/'); }

// The lists are those of this machine: a path that means another file in the step's view owes them nothing.
bool is_here(const run::FileEntry& entry) {
    return is_whole(entry.path) && !entry.path.deleted &&
           digest::stamp_at_path(entry.object, entry.path.bytes).has_value();
}

// Debian's own packages first: they install into folders of Python packages too.
void ask_dpkg(const Entries& entries, const PackageLists& lists) {
    if (lists.dpkg_index.empty() || entries.empty()) return;
    auto packages = DebianPackages::open(lists.dpkg, lists.dpkg_index);
    if (!packages) return;
    if (entries.size() >= kManyPaths) packages->load();
    for (run::FileEntry* entry : entries) {
        auto url = packages->find(entry->path.bytes);
        if (!url)
            if (const std::string source = source_of_bytecode(entry->path.bytes); !source.empty())
                url = packages->find(source);
        if (url) entry->owner = std::move(*url);
    }
}

// What is in a cache of the Hugging Face Hub, whatever its role. A blob that is called by its SHA-256 tells itself
// whether it is what it is called, also where another has taken its place since.
void ask_hub(std::vector<run::FileEntry>& files) {
    struct Repository {
        std::vector<std::pair<run::FileEntry*, std::string>> entries;  // and the blob that each is
        Blobs blobs;                                                   // those that are here
    };
    std::map<std::string, Repository, std::less<>> repositories;
    for (run::FileEntry& entry : files) {
        const auto place = hub_place_of(entry.path.bytes);
        if (!place || !is_whole(entry.path)) continue;
        if (place->blob.empty()) {
            entry.owner = hub_url(place->folder, place->revision);
            continue;
        }
        auto repository = repositories.find(place->folder);
        if (repository == repositories.end()) repository = repositories.emplace(place->folder, Repository()).first;
        repository->second.entries.emplace_back(&entry, place->blob);
        if (is_here(entry)) repository->second.blobs.try_emplace(std::string(place->blob));
        if (entry.digest && place->blob.size() == 2 * entry.digest->size())
            entry.owner_verified = place->blob == base::to_hex(*entry.digest);
    }
    std::size_t budget = kMostLinks;
    for (auto& [folder, repository] : repositories) {
        if (!repository.blobs.empty()) find_revisions(folder, repository.blobs, budget);
        std::map<std::string, std::string, std::less<>> urls;  // by revision
        for (const auto& [entry, blob] : repository.entries) {
            const auto known = repository.blobs.find(blob);
            const std::string revision = known == repository.blobs.end() ? std::string() : known->second;
            auto url = urls.find(revision);
            if (url == urls.end()) url = urls.emplace(revision, hub_url(folder, revision)).first;
            entry->owner = url->second;
        }
    }
}

// Models and data in a work tree whose store of large files has them.
void ask_git_lfs(std::vector<run::FileEntry>& files) {
    LfsStores stores;
    for (run::FileEntry& entry : files) {
        if ((entry.role != "model" && entry.role != "data") || !entry.owner.empty() || !entry.digest) continue;
        if (!is_whole(entry.path)) continue;
        std::string owner = stores.owner_of(entry.path.bytes, *entry.digest, entry.size);
        if (owner.empty() || !is_here(entry)) continue;
        entry.owner = std::move(owner);
        entry.owner_verified = true;
    }
}

bool is_folder(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

void ask_conda(const Entries& entries) {
    NearestFolder prefixes("/conda-meta");
    std::map<std::string, Entries, std::less<>> by_prefix;
    for (run::FileEntry* entry : entries) {
        if (!entry->owner.empty()) continue;
        const std::string& prefix = prefixes.above(entry->path.bytes);
        if (prefix.empty()) continue;
        if (auto known = by_prefix.find(prefix); known != by_prefix.end())
            known->second.push_back(entry);
        else if (by_prefix.size() < kMostPrefixes)
            by_prefix.emplace(prefix, Entries{entry});
    }
    for (const auto& [prefix, below] : by_prefix) {
        std::vector<CondaFile> files;
        for (const run::FileEntry* entry : below)
            files.push_back({entry->path.bytes.substr(prefix.size() + 1), entry->digest});
        const auto owners = look_up_conda(prefix, files);
        for (std::size_t i = 0; i < owners.size(); ++i) {
            below[i]->owner = owners[i].url;
            const bool bytecode = !source_of_bytecode(below[i]->path.bytes).empty();  // Python makes it anew
            if (!bytecode || owners[i].verified == true) below[i]->owner_verified = owners[i].verified;
        }
    }
}

bool is_conda(const std::string& folder) {
    const std::size_t lib = folder.find("/lib/python");
    return lib != std::string::npos && is_folder(folder.substr(0, lib) + "/conda-meta");
}

void ask_python(const std::string& folder, const Entries& entries) {
    std::vector<std::string> wanted;
    for (const run::FileEntry* entry : entries) {
        wanted.push_back(entry->path.bytes.substr(folder.size() + 1));
        if (std::string source = source_of_bytecode(wanted.back()); !source.empty())
            wanted.push_back(std::move(source));
    }
    const PythonFolder found = look_up(folder, wanted);
    // conda installs and rewrites without a word in RECORD, and pip replaces what conda installed without a word to it:
    // there RECORD can vouch for a file, and accuse none.
    const bool conda = is_conda(folder);
    const bool tells_all = found.has_records && found.is_whole && !conda;
    for (run::FileEntry* entry : entries) {
        const std::string path = entry->path.bytes.substr(folder.size() + 1);
        if (const auto own = found.owners.find(path); own != found.owners.end()) {
            const bool has_digest = own->second.digest && entry->digest;
            const bool verified = has_digest && *own->second.digest == *entry->digest;
            if (!entry->owner.empty() && !verified) continue;
            entry->owner = own->second.url;
            if (has_digest && (verified || !conda)) entry->owner_verified = verified;
            continue;
        }
        if (!entry->owner.empty()) continue;
        const auto source = found.owners.find(source_of_bytecode(path));
        if (source != found.owners.end())
            entry->owner = source->second.url;
        else if (tells_all)
            entry->owner_verified = false;
    }
}

void ask_node(const Entries& entries) {
    std::map<std::string, std::string, std::less<>> urls;
    for (run::FileEntry* entry : entries) {
        const std::string_view folder = node_folder_of(entry->path.bytes);
        auto known = urls.find(folder);
        if (known == urls.end()) {
            if (urls.size() == kMostNodePackages) return;
            known = urls.emplace(folder, node_package_url(std::string(folder))).first;
        }
        entry->owner = known->second;
    }
}

}  // namespace

void assign_owners(std::vector<run::FileEntry>& files, const PackageLists& lists) {
    ask_hub(files);
    ask_git_lfs(files);
    Entries all;
    for (run::FileEntry& entry : files)
        if (entry.owner.empty() && is_of_a_role_with_owners(entry) && is_here(entry)) all.push_back(&entry);
    ask_dpkg(all, lists);
    ask_conda(all);
    std::map<std::string, Entries, std::less<>> python;
    Entries node;
    for (run::FileEntry* entry : all) {
        const bool denied_by_conda = !entry->owner.empty() && entry->owner_verified == false;
        if (!entry->owner.empty() && !denied_by_conda) continue;
        const std::string_view path = entry->path.bytes;
        if (const std::string_view folder = python_folder_of(path); !folder.empty()) {
            if (auto known = python.find(folder); known != python.end())
                known->second.push_back(entry);
            else if (python.size() < kMostFolders)
                python.emplace(folder, Entries{entry});
        } else if (entry->owner.empty() && !node_folder_of(path).empty()) {
            node.push_back(entry);
        }
    }
    for (const auto& [folder, entries] : python) ask_python(folder, entries);
    ask_node(node);
}

}  // namespace fstracker::artifact
