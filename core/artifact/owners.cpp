// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/owners.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <map>
#include <string_view>

#include "core/artifact/debian_packages.hpp"
#include "core/artifact/node_packages.hpp"
#include "core/artifact/python_packages.hpp"
#include "core/digest/hasher.hpp"

namespace fstracker::artifact {

namespace {

using Entries = std::vector<run::FileEntry*>;

constexpr std::size_t kMostFolders = 64;  // of Python packages
constexpr std::size_t kManyPaths = 200;   // from here on one read of the whole index costs less than several for each
constexpr std::size_t kMostNodePackages = 2000;

bool is_of_a_role_with_owners(const run::FileEntry& entry) {
    return entry.role == "library" || entry.role == "executable" || entry.role == "code";
}

// The lists are those of this machine: a path that means another file in the step's view owes them nothing.
bool is_here(const run::FileEntry& entry) {
    const event::Path& path = entry.path;
    if (path.truncated || path.detached || path.deleted || !path.bytes.starts_with('/')) return false;
    return digest::stamp_at_path(entry.object, path.bytes).has_value();
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

bool is_conda(const std::string& folder) {
    const std::size_t lib = folder.find("/lib/python");
    struct stat status {};
    return lib != std::string::npos && ::stat((folder.substr(0, lib) + "/conda-meta").c_str(), &status) == 0;
}

void ask_python(const std::string& folder, const Entries& entries) {
    std::vector<std::string> wanted;
    for (const run::FileEntry* entry : entries) {
        wanted.push_back(entry->path.bytes.substr(folder.size() + 1));
        if (std::string source = source_of_bytecode(wanted.back()); !source.empty())
            wanted.push_back(std::move(source));
    }
    const PythonFolder found = look_up(folder, wanted);
    const bool conda = is_conda(folder);  // installs and rewrites without a word in RECORD
    const bool tells_all = found.has_records && found.is_whole && !conda;
    for (run::FileEntry* entry : entries) {
        const std::string path = entry->path.bytes.substr(folder.size() + 1);
        if (const auto own = found.owners.find(path); own != found.owners.end()) {
            entry->owner = own->second.url;
            if (own->second.digest && entry->digest && !conda)
                entry->owner_verified = *own->second.digest == *entry->digest;
            continue;
        }
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
    Entries all;
    for (run::FileEntry& entry : files)
        if (is_of_a_role_with_owners(entry) && is_here(entry)) all.push_back(&entry);
    ask_dpkg(all, lists);
    std::map<std::string, Entries, std::less<>> python;
    Entries node;
    for (run::FileEntry* entry : all) {
        if (!entry->owner.empty()) continue;
        const std::string_view path = entry->path.bytes;
        if (const std::string_view folder = python_folder_of(path); !folder.empty()) {
            if (auto known = python.find(folder); known != python.end())
                known->second.push_back(entry);
            else if (python.size() < kMostFolders)
                python.emplace(folder, Entries{entry});
        } else if (!node_folder_of(path).empty()) {
            node.push_back(entry);
        }
    }
    for (const auto& [folder, entries] : python) ask_python(folder, entries);
    ask_node(node);
}

}  // namespace fstracker::artifact
