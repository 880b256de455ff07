// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/debian_packages.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <unordered_map>

#include "core/artifact/package_url.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/digest/digest.hpp"

namespace fstracker::artifact {

namespace {

// The index: this header, rows sorted by key, then the packages' URLs one after another.
struct Header {
    std::array<char, 16> magic{};
    std::uint32_t version = 0;
    std::uint32_t byte_order = 0;
    std::uint64_t status_size = 0;  // of the database's status file, when the index was made
    std::int64_t status_mtime = 0;
    std::uint64_t status_inode = 0;
    std::uint64_t rows = 0;
    std::uint64_t size = 0;  // of the index
};
using Key = std::array<std::uint8_t, 16>;  // of SHA-256 over the path: nobody finds another path of the same
struct Row {
    Key key{};
    std::uint32_t text = 0;    // the URL, from the end of the rows on
    std::uint32_t length = 0;  // of it
};
static_assert(sizeof(Row) == 24 && sizeof(Header) == 64);

constexpr std::array<char, 16> kMagic = {'f', 's', 't', 'r', 'a', 'c', 'k', 'e',
                                         'r', ' ', 'd', 'p', 'k', 'g', ' ', '\n'};
constexpr std::uint32_t kVersion = 1, kByteOrder = 0x01020304;
constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr std::size_t kMostRows = 4'000'000;
constexpr std::uint32_t kLongestUrl = 1024;

// /bin, /lib and so on are links into /usr, and packages list either name.
std::string canonical(std::string_view path) {
    constexpr std::array<std::string_view, 6> kMoved = {"/bin/", "/sbin/", "/lib/", "/lib32/", "/lib64/", "/libx32/"};
    const bool moved =
        std::any_of(kMoved.begin(), kMoved.end(), [path](std::string_view folder) { return path.starts_with(folder); });
    return (moved ? "/usr" : "") + std::string(path);
}

Key key_of(std::string_view path) {
    const event::Sha256 digest = digest::sha256(canonical(path));
    Key key{};
    std::copy_n(digest.begin(), key.size(), key.begin());
    return key;
}

// Where it lies among all keys, from 0 to 1.
double leading(const Key& key) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < sizeof bits; ++i) bits = bits << 8 | key[i];
    return std::ldexp(static_cast<double>(bits), -64);
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line;
}

// "debian", "ubuntu": what the packages' names mean.
std::string distribution() {
    const auto release = base::read_regular_file("/etc/os-release", 65536);
    std::string_view rest = release ? std::string_view(*release) : std::string_view();
    while (!rest.empty()) {
        std::string_view line = take_line(rest);
        if (!line.starts_with("ID=")) continue;
        line.remove_prefix(3);
        while (!line.empty() && (line.front() == '"' || line.front() == '\'')) line.remove_prefix(1);
        while (!line.empty() && (line.back() == '"' || line.back() == '\'')) line.remove_suffix(1);
        return std::string(line);
    }
    return "debian";
}

// URLs by package and by package:architecture, of what is installed.
std::map<std::string, std::string, std::less<>> installed(std::string_view status) {
    const std::string type = "deb/" + distribution();
    std::map<std::string, std::string, std::less<>> urls;
    std::string_view name, version, architecture, state;
    const auto add = [&] {
        if (!name.empty() && state.ends_with(" installed")) {
            const std::string url = package_url(type, name, version);
            urls[std::string(name)] = url;
            urls[std::string(name) + ':' + std::string(architecture)] = url;
        }
        name = version = architecture = state = {};
    };
    while (!status.empty()) {
        const std::string_view line = take_line(status);
        const auto take = [&line](std::string_view field, std::string_view& value) {
            if (line.starts_with(field)) value = line.substr(field.size());
        };
        if (line.empty()) add();
        take("Package: ", name);
        take("Version: ", version);
        take("Architecture: ", architecture);
        take("Status: ", state);
    }
    add();
    return urls;
}

std::string build(const std::string& database, const struct stat& status) {
    const auto text = base::read_regular_file(database + "/status", kMostBytes);
    if (!text) return {};
    const auto urls = installed(*text);
    std::vector<Row> rows;
    std::string names;
    struct CloseFolder {
        void operator()(DIR* folder) const { ::closedir(folder); }
    };
    const std::string info = database + "/info";
    const std::unique_ptr<DIR, CloseFolder> folder(::opendir(info.c_str()));
    while (const dirent* entry = folder ? ::readdir(folder.get()) : nullptr) {
        std::string_view name = entry->d_name;
        if (!name.ends_with(".list")) continue;
        name.remove_suffix(std::string_view(".list").size());
        const auto url = urls.find(name);
        if (url == urls.end() || url->second.size() > kLongestUrl) continue;
        const auto list = base::read_regular_file(info + '/' + entry->d_name, kMostBytes);
        if (!list) continue;
        const auto at = static_cast<std::uint32_t>(names.size());
        names += url->second;
        std::string_view rest = *list;
        while (!rest.empty() && rows.size() < kMostRows)
            rows.push_back({key_of(take_line(rest)), at, static_cast<std::uint32_t>(url->second.size())});
    }
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
    Header header;
    header.magic = kMagic;
    header.version = kVersion;
    header.byte_order = kByteOrder;
    header.status_size = static_cast<std::uint64_t>(status.st_size);
    header.status_mtime = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
    header.status_inode = status.st_ino;
    header.rows = rows.size();
    header.size = sizeof header + rows.size() * sizeof(Row) + names.size();
    std::string bytes;
    bytes.reserve(static_cast<std::size_t>(header.size));
    bytes.append(reinterpret_cast<const char*>(&header), sizeof header);
    bytes.append(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(Row));
    return bytes + names;
}

}  // namespace

Result<DebianPackages> DebianPackages::open(const std::string& database, const std::string& index) {
    struct stat status {};
    if (::stat((database + "/status").c_str(), &status) != 0)
        return base::fail_errno(errno, "cannot look at " + database + "/status");
    DebianPackages packages;
    packages.file_.reset(::open(index.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    struct stat own {};
    Header header;
    const bool ours = packages.file_ && ::fstat(packages.file_.get(), &own) == 0 && S_ISREG(own.st_mode) &&
                      own.st_uid == ::geteuid() && (own.st_mode & 022U) == 0;
    if (ours) packages.size_ = static_cast<std::uint64_t>(own.st_size);
    if (ours && packages.read(0, &header, sizeof header) && header.magic == kMagic && header.version == kVersion &&
        header.byte_order == kByteOrder && header.size == packages.size_ && header.rows <= kMostRows &&
        header.rows * sizeof(Row) <= header.size - sizeof header &&
        header.status_size == static_cast<std::uint64_t>(status.st_size) &&
        header.status_mtime == status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec &&
        header.status_inode == status.st_ino) {
        packages.rows_ = header.rows;
        return packages;
    }
    packages.file_.reset();
    packages.bytes_ = build(database, status);
    if (packages.bytes_.size() < sizeof header) return fail(ErrorKind::kInvalid, "cannot read " + database + "/status");
    packages.size_ = packages.bytes_.size();
    std::memcpy(&header, packages.bytes_.data(), sizeof header);
    packages.rows_ = header.rows;
    static_cast<void>(base::write_file_durably(index, packages.bytes_, 0600));
    return packages;
}

bool DebianPackages::read(std::uint64_t offset, void* into, std::size_t size) const {
    if (!bytes_.empty()) {
        if (offset > bytes_.size() || size > bytes_.size() - offset) return false;
        std::memcpy(into, bytes_.data() + offset, size);
        return true;
    }
    return ::pread(file_.get(), into, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

void DebianPackages::load() {
    if (!bytes_.empty()) return;
    std::string all(static_cast<std::size_t>(size_), '\0');
    if (read(0, all.data(), all.size())) bytes_ = std::move(all);
}

std::optional<std::string> DebianPackages::find(std::string_view path) const {
    const Key key = key_of(path);
    // Keys are spread evenly: a few guesses by value come close, and every other step halves what is left.
    const double wanted = leading(key);
    std::uint64_t first = 0, last = rows_;
    double low = 0, high = 1;
    Row row;
    for (bool guess = true; first < last; guess = !guess) {
        const double share = guess && high > low ? (wanted - low) / (high - low) : 0.5;
        const auto step = static_cast<std::uint64_t>(static_cast<double>(last - first) * std::clamp(share, 0.0, 1.0));
        const std::uint64_t middle = first + std::min(step, last - first - 1);
        if (!read(sizeof(Header) + middle * sizeof(Row), &row, sizeof row)) return std::nullopt;
        if (row.key < key) {
            first = middle + 1;
            low = leading(row.key);
        } else {
            last = middle;
            high = leading(row.key);
        }
    }
    if (first == rows_ || !read(sizeof(Header) + first * sizeof(Row), &row, sizeof row) || row.key != key)
        return std::nullopt;
    if (row.length == 0 || row.length > kLongestUrl) return std::nullopt;
    std::string url(row.length, '\0');
    if (!read(sizeof(Header) + rows_ * sizeof(Row) + row.text, url.data(), url.size())) return std::nullopt;
    return url;
}

}  // namespace fstracker::artifact
