// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/python_packages.hpp"

#include <dirent.h>

#include <algorithm>
#include <array>
#include <memory>
#include <unordered_set>

#include "core/artifact/package_url.hpp"
#include "core/base/durable_file.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::size_t kMostRecords = 4000;
constexpr std::size_t kLongestRecord = std::size_t{32} << 20;
constexpr std::size_t kMostBytes = std::size_t{128} << 20;  // of all RECORDs in a folder
constexpr std::string_view kDistInfo = ".dist-info";

struct Distribution {
    std::string folder;  // "torch-2.4.1.dist-info"
    std::string name;    // "torch"
    std::string version;
};

// As PyPI compares names: lower case, runs of - _ . as one -.
std::string normalised(std::string_view name) {
    std::string text;
    for (const char c : name) {
        const bool dash = c == '-' || c == '_' || c == '.';
        if (dash && !text.empty() && text.back() == '-') continue;
        text.push_back(dash ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    return text;
}

std::vector<Distribution> distributions_in(const std::string& folder, bool& whole) {
    struct CloseFolder {
        void operator()(DIR* open) const { ::closedir(open); }
    };
    std::vector<Distribution> found;
    const std::unique_ptr<DIR, CloseFolder> open(::opendir(folder.c_str()));
    whole = open != nullptr;
    while (const dirent* entry = open ? ::readdir(open.get()) : nullptr) {
        const std::string_view name = entry->d_name;
        if (!name.ends_with(kDistInfo)) continue;
        if (found.size() == kMostRecords) {
            whole = false;
            break;
        }
        const std::string_view stem = name.substr(0, name.size() - kDistInfo.size());
        const std::size_t dash = stem.rfind('-');
        if (dash == std::string_view::npos) continue;
        found.push_back({std::string(name), normalised(stem.substr(0, dash)), std::string(stem.substr(dash + 1))});
    }
    std::sort(found.begin(), found.end(),
              [](const Distribution& a, const Distribution& b) { return a.folder < b.folder; });
    return found;
}

std::optional<event::Sha256> digest_from(std::string_view field) {
    constexpr std::string_view kPrefix = "sha256=";
    if (!field.starts_with(kPrefix)) return std::nullopt;
    field.remove_prefix(kPrefix.size());
    event::Sha256 digest{};
    std::size_t at = 0;
    unsigned bits = 0, value = 0;
    for (const char c : field) {
        const int digit = c >= 'A' && c <= 'Z'   ? c - 'A'
                          : c >= 'a' && c <= 'z' ? c - 'a' + 26
                          : c >= '0' && c <= '9' ? c - '0' + 52
                          : c == '-'             ? 62
                          : c == '_'             ? 63
                                                 : -1;
        if (c == '=') break;
        if (digit < 0) return std::nullopt;
        value = (value << 6) | static_cast<unsigned>(digit);
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        if (at == digest.size()) return std::nullopt;
        digest[at++] = static_cast<std::uint8_t>(value >> bits);
    }
    return at == digest.size() ? std::optional(digest) : std::nullopt;
}

// A field of CSV; quotes are taken away.
std::string_view take_field(std::string_view& line, std::string& unquoted) {
    if (!line.starts_with('"')) {
        const std::size_t end = std::min(line.find(','), line.size());
        const std::string_view field = line.substr(0, end);
        line.remove_prefix(std::min(end + 1, line.size()));
        return field;
    }
    unquoted.clear();
    std::size_t at = 1;
    for (; at < line.size(); ++at) {
        if (line[at] != '"') {
            unquoted.push_back(line[at]);
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
            unquoted.push_back('"');
            ++at;
        } else {
            break;
        }
    }
    line.remove_prefix(std::min(at + 2, line.size()));
    return unquoted;
}

struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};
using Wanted = std::unordered_set<std::string, TextHash, std::equal_to<>>;

void take_record(std::string_view record, const Distribution& distribution, Wanted& wanted, PythonFolder& found) {
    const std::string url = package_url("pypi", distribution.name, distribution.version);
    std::string unquoted;
    while (!record.empty()) {
        const std::size_t end = std::min(record.find('\n'), record.size());
        std::string_view line = record.substr(0, end);
        record.remove_prefix(std::min(end + 1, record.size()));
        const std::string_view path = take_field(line, unquoted);
        const auto asked = wanted.find(path);
        if (asked == wanted.end()) continue;
        std::string ignored;
        found.owners[*asked] = {url, digest_from(take_field(line, ignored))};
        wanted.erase(asked);
    }
}

}  // namespace

std::string_view python_folder_of(std::string_view path) {
    std::size_t first = std::string_view::npos;
    for (const std::string_view name : {std::string_view("/site-packages/"), std::string_view("/dist-packages/")})
        first = std::min(first, path.find(name) == std::string_view::npos ? first : path.find(name) + name.size() - 1);
    return first == std::string_view::npos ? std::string_view() : path.substr(0, first);
}

PythonFolder look_up(const std::string& folder, const std::vector<std::string>& paths) {
    PythonFolder found;
    Wanted wanted(paths.begin(), paths.end());
    std::unordered_set<std::string> tops;
    for (const std::string& path : paths) tops.insert(normalised(path.substr(0, path.find('/'))));
    auto distributions = distributions_in(folder, found.is_whole);
    // Most distributions are called as what they bring.
    std::stable_partition(distributions.begin(), distributions.end(),
                          [&tops](const Distribution& one) { return tops.contains(one.name); });
    std::size_t read = 0;
    for (const Distribution& distribution : distributions) {
        if (wanted.empty()) break;
        const auto record = base::read_regular_file(folder + '/' + distribution.folder + "/RECORD", kLongestRecord);
        if (!record) {
            found.is_whole = found.is_whole && record.error().kind == ErrorKind::kNotFound;
            continue;
        }
        found.has_records = true;
        read += record->size();
        if (read > kMostBytes) {
            found.is_whole = false;
            break;
        }
        take_record(*record, distribution, wanted, found);
    }
    return found;
}

std::string source_of_bytecode(std::string_view path) {
    constexpr std::string_view kFolder = "__pycache__/";
    const std::size_t at = path.rfind(kFolder);
    if (at == std::string_view::npos || !path.ends_with(".pyc")) return {};
    const std::string_view name = path.substr(at + kFolder.size());
    const std::size_t dot = name.find('.');
    return std::string(path.substr(0, at)) + std::string(name.substr(0, dot)) + ".py";
}

}  // namespace fstracker::artifact
