// SPDX-License-Identifier: Apache-2.0
#include "core/baseline/path_names.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "core/base/utf8.hpp"
#include "core/baseline/masks.hpp"

namespace fstracker::baseline {

namespace {

constexpr std::array<std::string_view, 3> kTemporary{"/tmp", "/var/tmp", "/dev/shm"};
constexpr std::string_view kSite = "$SITE", kUserSite = "$USERSITE", kTemp = "$TMP", kCache = "$CACHE", kHome = "$HOME",
                           kWork = "$WORK";

bool is_below(std::string_view path, std::string_view folder) {
    return folder.size() > 1 && path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

// "/root", "/home/ann" of a path below it; empty otherwise.
std::string_view home_of(std::string_view path) {
    constexpr std::string_view kRoot = "/root", kHomes = "/home/";
    if (is_below(path, kRoot) || path == kRoot) return kRoot;
    if (!path.starts_with(kHomes) || path.size() == kHomes.size()) return {};
    return path.substr(0, std::min(path.find('/', kHomes.size()), path.size()));
}

// Where a Python installation keeps its packages: the end of ".../site-packages", or npos.
std::size_t end_of_site(std::string_view path) {
    for (const std::string_view folder : {"/site-packages/", "/dist-packages/"})
        if (const std::size_t at = path.find(folder); at != std::string_view::npos) return at + folder.size() - 1;
    return std::string_view::npos;
}

void append_encoded(std::string& out, std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (std::size_t i = 0; i < bytes.size();) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        const std::size_t length = base::utf8_length(bytes, i);
        const bool plain = length > 1 || (byte >= 0x20 && byte < 0x7F && byte != '%' && byte != '{' && byte != '}');
        if (length != 0 && plain) {
            out += bytes.substr(i, length);
            i += length;
            continue;
        }
        out.push_back('%');
        out.push_back(kDigits[byte >> 4]);
        out.push_back(kDigits[byte & 15U]);
        ++i;
    }
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool has_numbers_of_processes(std::string_view path) {
    return path.starts_with("/proc/") || path.starts_with("/dev/pts/") || path.starts_with("/memfd:") ||
           path.starts_with("/dev/fd/");
}

// A root and what follows it.
std::string joined(std::string_view root, std::string_view rest) {
    std::string name(root);
    append_encoded(name, rest);
    return name;
}

}  // namespace

PathNames::PathNames(const std::map<std::string, std::string>& roots, const std::string& work) {
    const auto add = [this](std::string name, std::string path) {
        while (path.size() > 1 && path.back() == '/') path.pop_back();
        if (path.size() > 1 && path.front() == '/') places_.emplace_back(std::move(path), std::move(name));
    };
    for (const auto& [name, path] : roots) add("$" + name, path);
    add(std::string(kWork), work);
    std::stable_sort(places_.begin(), places_.end(),
                     [](const auto& left, const auto& right) { return left.first.size() > right.first.size(); });
}

std::string PathNames::named(std::string_view path) const {
    if (const std::size_t end = end_of_site(path); end != std::string_view::npos) {
        const std::string_view home = home_of(path);
        const bool users_own = !home.empty() && path.substr(home.size()).starts_with("/.local/lib/");
        return joined(users_own ? kUserSite : kSite, path.substr(end));
    }
    for (const auto& [place, name] : places_)
        if (is_below(path, place) || path == place) return joined(name, path.substr(place.size()));
    for (const std::string_view folder : kTemporary)
        if (is_below(path, folder)) return without_made_up_names(joined(kTemp, path.substr(folder.size())));
    if (has_numbers_of_processes(path)) return skeleton_of(joined({}, path));
    if (path.starts_with("/var/cache/")) return joined(kCache, path.substr(std::string_view("/var/cache").size()));
    if (const std::string_view home = home_of(path); !home.empty()) {
        constexpr std::string_view kCacheFolder = "/.cache";
        const std::string_view rest = path.substr(home.size());
        if (is_below(rest, kCacheFolder)) return joined(kCache, rest.substr(kCacheFolder.size()));
        return joined(kHome, rest);
    }
    return joined({}, path);
}

std::string PathNames::concrete(std::string_view named) const {
    if (named.starts_with('/')) return decoded(named);
    const std::string_view root = place_of(named);
    const auto known = std::find_if(places_.begin(), places_.end(), [&](const auto& p) { return p.second == root; });
    return known == places_.end() ? decoded(named) : known->first + decoded(named.substr(root.size()));
}

std::string_view place_of(std::string_view named) {
    const std::size_t from = named.starts_with('/') ? 1 : 0;
    return named.substr(0, std::min(named.find('/', from), named.size()));
}

std::string_view folder_of(std::string_view named) { return named.substr(0, named.rfind('/') + 1); }

std::string_view file_name_of(std::string_view named) { return named.substr(named.rfind('/') + 1); }

std::string decoded(std::string_view named) {
    std::string bytes;
    bytes.reserve(named.size());
    for (std::size_t i = 0; i < named.size(); ++i) {
        const bool encoded =
            named[i] == '%' && i + 2 < named.size() && hex_value(named[i + 1]) >= 0 && hex_value(named[i + 2]) >= 0;
        bytes.push_back(encoded ? static_cast<char>(hex_value(named[i + 1]) * 16 + hex_value(named[i + 2])) : named[i]);
        i += encoded ? 2 : 0;
    }
    return bytes;
}

}  // namespace fstracker::baseline
