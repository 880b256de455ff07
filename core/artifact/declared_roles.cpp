// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/declared_roles.hpp"

#include <algorithm>

namespace fstracker::artifact {

namespace {

std::vector<std::string_view> segments_of(std::string_view path) {
    std::vector<std::string_view> segments;
    while (!path.empty()) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        if (slash != 0) segments.push_back(path.substr(0, slash));
        path.remove_prefix(std::min(slash + 1, path.size()));
    }
    return segments;
}

// After a mismatch the last * takes one character more.
bool matches_segment(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0;
    std::optional<std::size_t> star;
    std::size_t star_text = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_text = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star) {
            p = *star + 1;
            t = ++star_text;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

std::string beneath(const std::string& folder, const std::string& path) {
    return path.starts_with('/') ? path : folder + '/' + path;
}

}  // namespace

bool matches_path(std::string_view pattern, std::string_view path) {
    auto wanted = segments_of(pattern);
    if (pattern.ends_with('/')) wanted.push_back("**");
    // reached[i]: the first i segments of the pattern stand for the segments of the path so far.
    std::vector<bool> reached(wanted.size() + 1);
    reached[0] = true;
    const auto skip_empty = [&] {
        for (std::size_t i = 0; i < wanted.size(); ++i)
            if (reached[i] && wanted[i] == "**") reached[i + 1] = true;
    };
    skip_empty();
    for (const std::string_view segment : segments_of(path)) {
        std::vector<bool> next(reached.size());
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (!reached[i]) continue;
            if (wanted[i] == "**")
                next[i] = true;
            else if (matches_segment(wanted[i], segment))
                next[i + 1] = true;
        }
        reached = std::move(next);
        skip_empty();
    }
    return reached.back();
}

Result<DeclaredRoles> DeclaredRoles::make(const std::map<std::string, std::vector<std::string>>& patterns,
                                          const std::map<std::string, std::string>& roots, const std::string& project) {
    DeclaredRoles declared;
    for (const auto& [role, texts] : patterns) {
        for (const std::string& text : texts) {
            std::string pattern = text;
            if (text.starts_with('$')) {
                const std::size_t slash = std::min(text.find('/'), text.size());
                const std::string name = text.substr(1, slash - 1);
                const auto root = roots.find(name);
                if (root == roots.end() && name != "WORK")
                    return fail(ErrorKind::kInvalid, "roles: " + role + ": " + text + ": there is no root " + name,
                                "name it under roots, or write the path");
                pattern = (root == roots.end() ? project : root->second) + text.substr(slash);
            }
            declared.patterns_.push_back({beneath(project, pattern), role});
        }
    }
    std::stable_sort(declared.patterns_.begin(), declared.patterns_.end(),
                     [](const Pattern& a, const Pattern& b) { return a.text.size() > b.text.size(); });
    return declared;
}

std::optional<std::string_view> DeclaredRoles::role_of(std::string_view path) const {
    const auto found = std::find_if(patterns_.begin(), patterns_.end(),
                                    [path](const Pattern& pattern) { return matches_path(pattern.text, path); });
    return found == patterns_.end() ? std::nullopt : std::optional<std::string_view>(found->role);
}

}  // namespace fstracker::artifact
