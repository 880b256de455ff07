// SPDX-License-Identifier: Apache-2.0
#include "capture/name_resolver.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fstracker::capture {

namespace {

// Joins, and takes out "." and ".." by their letters alone: for where the directories are gone.
std::string lexical(std::string_view base, std::string_view name) {
    std::string joined = name.starts_with('/') ? std::string(name) : std::string(base) + "/" + std::string(name);
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at < joined.size();) {
        const std::size_t end = std::min(joined.find('/', at), joined.size());
        const std::string_view part(joined.data() + at, end - at);
        if (part == ".." && !parts.empty())
            parts.pop_back();
        else if (!part.empty() && part != "." && part != "..")
            parts.push_back(part);
        at = end + 1;
    }
    std::string path;
    for (const std::string_view part : parts) (path += '/') += part;
    return path.empty() ? "/" : path;
}

bool is_plain(std::string_view name) { return name.find('/') == std::string_view::npos && name != "." && name != ".."; }

// The name with its directory's links followed, in our own view of the tree; the last component is left as it is, since
// rename and its like act on the name and not on what it points to.
std::string resolved(const event::Path& base, const std::string& name) {
    if (base.truncated || name.empty()) return lexical(base.bytes, name);
    if (!name.starts_with('/') && is_plain(name)) return lexical(base.bytes, name);
    std::string plain = lexical(base.bytes, name);
    std::string whole = name.starts_with('/') ? name : base.bytes + "/" + name;
    while (whole.size() > 1 && whole.ends_with('/')) whole.pop_back();
    const std::size_t slash = whole.rfind('/');
    const std::string last = whole.substr(slash + 1);
    if (last == "." || last == ".." || last.empty()) return plain;
    char real[PATH_MAX];
    if (realpath(slash == 0 ? "/" : whole.substr(0, slash).c_str(), real) == nullptr) return plain;
    return lexical(real, last);
}

bool leads_to(const std::string& path, const event::Object& object) {
    struct stat status {};
    return lstat(path.c_str(), &status) == 0 && status.st_ino == object.id.inode &&
           (makedev(object.id.device >> 20, object.id.device & 0xfffff) == status.st_dev ||
            static_cast<std::uint64_t>(status.st_size) == object.stamp.size);
}

}  // namespace

event::Renamed resolve(const event::NameChange& change) {
    event::Renamed renamed;
    renamed.common = change.common;
    renamed.operation = change.operation;
    const bool two_names = !change.second_name.empty();
    const std::string first = resolved(change.base, change.name);
    const std::string second = two_names ? resolved(change.second_base, change.second_name) : std::string();
    renamed.path.bytes = two_names ? second : first;
    renamed.path.truncated = two_names ? change.second_base.truncated : change.base.truncated;
    if (renamed.path.truncated) renamed.path.bytes.erase(0, 1);  // a tail has no root
    if (two_names) {
        renamed.second_path.bytes = first;
        renamed.second_path.truncated = change.base.truncated;
        if (renamed.second_path.truncated) renamed.second_path.bytes.erase(0, 1);
    }

    const bool directories =
        change.operation == event::NameOperation::kMkdir || change.operation == event::NameOperation::kRmdir;
    std::vector<const event::Object*> candidates;
    for (const event::Object& object : change.touched) {
        if (object.directory() != directories && !two_names) continue;
        const bool known = std::any_of(candidates.begin(), candidates.end(),
                                       [&](const event::Object* other) { return other->id == object.id; });
        if (!known) candidates.push_back(&object);
    }
    for (const event::Object* candidate : candidates) {
        if (leads_to(renamed.path.bytes, *candidate)) {
            renamed.object = *candidate;
            return renamed;
        }
    }
    // The name has moved on since. One object that is no directory can only be the one; of two, one was replaced and
    // has lost its last link.
    std::vector<const event::Object*> others;
    for (const event::Object* candidate : candidates) {
        if (candidate->directory() != directories) continue;
        others.push_back(candidate);
    }
    if (others.size() > 1 && change.operation == event::NameOperation::kRename)
        std::erase_if(others, [](const event::Object* object) { return object->links == 0; });
    if (change.operation == event::NameOperation::kRmdir && others.size() > 1)
        std::erase_if(others, [](const event::Object* object) { return object->links != 0; });
    if (others.size() == 1) renamed.object = *others.front();
    return renamed;
}

std::vector<event::Renamed> resolve_all(const event::NameChange& change) {
    std::vector<event::Renamed> all{resolve(change)};
    if (change.operation != event::NameOperation::kExchange) return all;
    event::NameChange back = change;
    std::swap(back.base, back.second_base);
    std::swap(back.name, back.second_name);
    event::Renamed other = resolve(back);
    event::Renamed& one = all.front();
    if (one.object && other.object && one.object->id == other.object->id) {
        // Only one of the two could be told, and it is at one of the two places.
        if (leads_to(other.path.bytes, *other.object)) std::swap(one, other);
        other.object.reset();
    }
    if (!one.object) std::swap(one, other);
    if (!one.object) return all;
    if (!other.object) {
        // Of two objects that are no directories the one that is not here is the other.
        std::vector<const event::Object*> rest;
        for (const event::Object& object : change.touched) {
            const bool known =
                object.directory() || object.id == one.object->id ||
                std::any_of(rest.begin(), rest.end(), [&](const event::Object* seen) { return seen->id == object.id; });
            if (!known) rest.push_back(&object);
        }
        if (rest.size() == 1) other.object = *rest.front();
    }
    all.push_back(std::move(other));
    return all;
}

}  // namespace fstracker::capture
