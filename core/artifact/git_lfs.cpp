// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/git_lfs.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "core/artifact/package_url.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/hex.hpp"

namespace fstracker::artifact {

namespace {

constexpr std::size_t kMostObjects = 200'000;  // that are looked for
constexpr std::size_t kLongestConfiguration = std::size_t{256} << 10;
constexpr std::size_t kLongestAddress = 512;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kSpace = " \t\r";
    const std::size_t begin = std::min(text.find_first_not_of(kSpace), text.size());
    text.remove_prefix(begin);
    return text.substr(0, text.find_last_not_of(kSpace) + 1);
}

std::string lower(std::string_view text) {
    std::string lowered(text);
    std::transform(lowered.begin(), lowered.end(), lowered.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lowered;
}

// The url of the remote origin, else of the first there is.
std::string_view remote_in(std::string_view configuration) {
    std::string_view section, found;
    while (!configuration.empty()) {
        const std::size_t end = std::min(configuration.find('\n'), configuration.size());
        const std::string_view line = trimmed(configuration.substr(0, end));
        configuration.remove_prefix(std::min(end + 1, configuration.size()));
        if (line.starts_with('[')) {
            section = line;
            continue;
        }
        const std::size_t equals = line.find('=');
        const bool origin = section == "[remote \"origin\"]";
        if (equals == std::string_view::npos || (!origin && (!found.empty() || !section.starts_with("[remote \""))))
            continue;
        if (lower(trimmed(line.substr(0, equals))) != "url") continue;
        std::string_view value = trimmed(line.substr(equals + 1));
        if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
            value = value.substr(1, value.size() - 2);
        found = value;
        if (origin) return found;
    }
    return found;
}

struct Address {
    std::string host, path;  // "github.com", "org/name"
};

bool is_plain(std::string_view text, std::string_view more) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [more](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               more.find(c) != std::string_view::npos;
    });
}

// https://user:password@host:443/path.git?query, or user@host:path.git; empty for a path of this machine.
Address address_of(std::string_view url) {
    if (url.size() > kLongestAddress) return {};
    url = url.substr(0, url.find_first_of("?#"));
    const std::size_t scheme = url.find("://");
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    const std::size_t end = url.find_first_of(scheme == std::string_view::npos ? ":/" : "/", begin);
    if (end == std::string_view::npos || (scheme == std::string_view::npos && url[end] == '/')) return {};
    std::string_view host = url.substr(begin, end - begin), path = url.substr(end + 1);
    host.remove_prefix(host.rfind('@') + 1);
    host = host.substr(0, host.find(':'));
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    if (path.ends_with(".git")) path.remove_suffix(4);
    if (!is_plain(host, ".-") || !is_plain(path, "._-~+/")) return {};
    return {lower(host), std::string(path)};
}

}  // namespace

std::string repository_url(std::string_view git_configuration) {
    const Address address = address_of(remote_in(git_configuration));
    if (address.host.empty()) return {};
    const bool in_two_parts = std::count(address.path.begin(), address.path.end(), '/') == 1;
    if (in_two_parts && address.host == "github.com") return package_url("github", lower(address.path), {});
    if (in_two_parts && address.host == "bitbucket.org") return package_url("bitbucket", lower(address.path), {});
    if (address.host == "huggingface.co") return package_url("huggingface", address.path, {});
    std::string url = package_url("generic", address.path.substr(address.path.rfind('/') + 1), {});
    add_qualifier(url, "vcs_url", "git+https://" + address.host + '/' + address.path);
    return url;
}

std::string LfsStores::owner_of(std::string_view path, const event::Sha256& digest, std::uint64_t size) {
    const std::string& tree = stores_.above(path);
    if (tree.empty() || asked_ == kMostObjects) return {};
    ++asked_;
    const std::string name = base::to_hex(digest);
    const std::string object = tree + "/.git/lfs/objects/" + name.substr(0, 2) + '/' + name.substr(2, 2) + '/' + name;
    struct stat status {};
    const bool has = ::lstat(object.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
                     static_cast<std::uint64_t>(status.st_size) == size;
    if (!has) return {};
    auto url = urls_.find(tree);
    if (url == urls_.end()) {
        const auto configuration = base::read_regular_file(tree + "/.git/config", kLongestConfiguration);
        url = urls_.emplace(tree, configuration ? repository_url(*configuration) : std::string()).first;
    }
    return url->second;
}

}  // namespace fstracker::artifact
