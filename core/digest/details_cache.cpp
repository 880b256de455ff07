// SPDX-License-Identifier: Apache-2.0
#include "core/digest/details_cache.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"

namespace fstracker::digest {

namespace {

constexpr std::string_view kHeader = "fstracker details 1\n";
constexpr std::size_t kMostBytes = std::size_t{16} << 20;
constexpr std::size_t kCheckDigits = 16, kDigestDigits = 64;

// Ours alone, or not used.
Result<base::Fd> open_ours(const std::string& path, int flags) {
    base::Fd file(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600));
    if (!file) return base::fail_errno(errno, "cannot open " + path);
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return base::fail_errno(errno, "cannot open " + path);
    if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 022U) != 0)
        return fail(ErrorKind::kPermission, path + " is not used: others own it or may write it", "remove it");
    return file;
}

std::string read_all(int fd, off_t size) {
    std::string text(std::min(static_cast<std::size_t>(size), kMostBytes), '\0');
    std::size_t have = 0;
    while (have < text.size()) {
        const ssize_t got = ::pread(fd, text.data() + have, text.size() - have, static_cast<off_t>(have));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        have += static_cast<std::size_t>(got);
    }
    text.resize(have);
    return text;
}

std::string check_of(std::string_view head, std::string_view text) {
    return base::to_hex(sha256(std::string(head) + std::string(text))).substr(0, kCheckDigits);
}

std::string_view take_word(std::string_view& line) {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

}  // namespace

void DetailsCache::load() {
    loaded_ = true;
    const auto file = open_ours(path_, O_RDONLY);
    if (!file) return;
    struct stat status {};
    if (::fstat(file->get(), &status) != 0 || status.st_size <= static_cast<off_t>(kHeader.size())) return;
    const std::string text = read_all(file->get(), status.st_size);
    std::string_view rest = text;
    if (!rest.starts_with(kHeader)) return;
    rest.remove_prefix(kHeader.size());
    const std::string version = std::to_string(version_);
    for (std::size_t end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        const std::string_view hex = take_word(line), made_by = take_word(line), check = take_word(line);
        const auto bytes = base::from_hex(hex);
        event::Sha256 digest{};
        if (!bytes || bytes->size() != digest.size() || made_by != version) continue;
        if (check_of(std::string(hex) + ' ' + version, line) != check) continue;
        std::copy(bytes->begin(), bytes->end(), digest.begin());
        texts_[digest] = std::string(line);
    }
}

const std::string* DetailsCache::find(const event::Sha256& digest) {
    if (!loaded_) load();
    const auto found = texts_.find(digest);
    return found == texts_.end() ? nullptr : &found->second;
}

void DetailsCache::store(const event::Sha256& digest, const std::string& text) {
    if (text.find('\n') != std::string::npos || text.empty()) return;
    if (const std::string* known = find(digest); known != nullptr && *known == text) return;
    const std::string head = base::to_hex(digest) + ' ' + std::to_string(version_);
    unwritten_ += head + ' ' + check_of(head, text) + ' ' + text + '\n';
    texts_[digest] = text;
}

Status DetailsCache::flush() {
    if (unwritten_.empty()) return {};
    const std::string lines = std::exchange(unwritten_, {});
    const auto file = open_ours(path_, O_WRONLY | O_CREAT | O_APPEND);
    if (!file) return fail(file.error());
    if (::flock(file->get(), LOCK_EX | LOCK_NB) != 0) return base::fail_errno(errno, "cannot lock " + path_);
    struct stat status {};
    if (::fstat(file->get(), &status) != 0) return base::fail_errno(errno, "cannot write " + path_);
    const bool anew =
        status.st_size == 0 || status.st_size + static_cast<off_t>(lines.size()) > static_cast<off_t>(kMostBytes);
    if (anew && ::ftruncate(file->get(), 0) != 0) return base::fail_errno(errno, "cannot write " + path_);
    const std::string text = anew ? std::string(kHeader) + lines : lines;
    const ssize_t put = ::write(file->get(), text.data(), text.size());
    if (put != static_cast<ssize_t>(text.size()))
        return base::fail_errno(put < 0 ? errno : ENOSPC, "cannot write " + path_);
    return {};
}

}  // namespace fstracker::digest
