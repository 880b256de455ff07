// SPDX-License-Identifier: Apache-2.0
#include "core/digest/cache_table.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "core/base/errno_error.hpp"
#include "core/digest/digest.hpp"

namespace fstracker::digest {

namespace {

constexpr std::array<char, 16> kMagic = {'f', 's', 't', 'r', 'a', 'c', 'k', 'e',
                                         'r', ' ', 'c', 'a', 'c', 'h', 'e', '\n'};
constexpr std::uint32_t kVersion = 2;
constexpr std::uint32_t kByteOrder = 0x01020304;
constexpr std::uint64_t kHeaderBytes = 4096;
constexpr std::uint64_t kBucketBytes = kRowsPerBucket * sizeof(CacheRow);
constexpr std::uint32_t kStaleEpochs = 8;

std::array<std::uint8_t, 16> check_of(const CacheRow& row) {
    const event::Sha256 whole = sha256(std::as_bytes(std::span(&row, 1)).first(offsetof(CacheRow, used)));
    std::array<std::uint8_t, 16> check{};
    std::copy_n(whole.begin(), check.size(), check.begin());
    return check;
}

bool same_object(const CacheRow& row, const event::ObjectId& id) {
    return row.inode == id.inode && row.device == id.device && row.generation == id.generation;
}

std::uint64_t hash_of(std::uint32_t device, std::uint64_t inode, std::uint32_t generation) {
    std::uint64_t mixed = inode + 0x9E3779B97F4A7C15ULL * ((std::uint64_t{device} << 32) + generation + 1);
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31);
}

off_t offset_of(std::uint64_t bucket) { return static_cast<off_t>(kHeaderBytes + bucket * kBucketBytes); }

Status write_at(int fd, const void* bytes, std::size_t size, off_t offset) {
    const ssize_t put = ::pwrite(fd, bytes, size, offset);
    if (put == static_cast<ssize_t>(size)) return {};
    return base::fail_errno(put < 0 ? errno : ENOSPC, "cannot write the digest cache");
}

}  // namespace

CacheTable::Header CacheTable::fresh_header(std::uint64_t buckets) {
    Header header;
    header.magic = kMagic;
    header.version = kVersion;
    header.byte_order = kByteOrder;
    header.buckets = buckets;
    return header;
}

Result<CacheTable> CacheTable::open(const std::string& path) {
    CacheTable table;
    table.file_.reset(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
    if (!table.file_) return base::fail_errno(errno, "cannot open the digest cache " + path);
    struct stat status {};
    if (::fstat(table.file_.get(), &status) != 0)
        return base::fail_errno(errno, "cannot open the digest cache " + path);
    if (!S_ISREG(status.st_mode))
        return fail(ErrorKind::kPermission, "the digest cache " + path + " is not a regular file", "remove it");
    if (status.st_uid != ::geteuid() || (status.st_mode & 022U) != 0)
        return fail(ErrorKind::kPermission, "the digest cache " + path + " is not used: others own it or may write it",
                    "remove it, or name another with FSTRACKER_CACHE");
    const auto damaged = [&] {
        return fail(ErrorKind::kInvalid, "the digest cache " + path + " is damaged or of another version");
    };
    Header& header = table.header_;
    if (::pread(table.file_.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) return damaged();
    if (header.magic != kMagic || header.version != kVersion || header.byte_order != kByteOrder) return damaged();
    if (header.buckets < 1 || header.buckets > kMostBuckets || (header.buckets & (header.buckets - 1)) != 0)
        return damaged();
    if (status.st_size != offset_of(header.buckets)) return damaged();
    return table;
}

Result<CacheTable> CacheTable::make_beside(const std::string& path, std::uint64_t buckets, std::string& name) {
    name = path + ".new-XXXXXX";
    CacheTable table;
    table.header_ = fresh_header(buckets);
    table.file_.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (!table.file_) return base::fail_errno(errno, "cannot make the digest cache " + path);
    Status made = write_at(table.file_.get(), &table.header_, sizeof table.header_, 0);
    if (made && ::ftruncate(table.file_.get(), offset_of(buckets)) != 0)
        made = base::fail_errno(errno, "cannot make the digest cache " + path);
    if (made) return table;
    ::unlink(name.c_str());
    return fail(made.error());
}

Result<CacheTable> CacheTable::replace(const std::string& path, std::uint64_t buckets) {
    std::string name;
    auto table = make_beside(path, buckets, name);
    if (!table) return table;
    if (::rename(name.c_str(), path.c_str()) == 0) return table;
    const int number = errno;
    ::unlink(name.c_str());
    return base::fail_errno(number, "cannot put the digest cache in place at " + path);
}

std::uint64_t CacheTable::bucket_of(const event::ObjectId& object) const {
    return hash_of(object.device, object.inode, object.generation) & (header_.buckets - 1);
}

bool CacheTable::read_bucket(std::uint64_t number, Bucket& bucket) const {
    return ::pread(file_.get(), bucket.data(), kBucketBytes, offset_of(number)) == static_cast<ssize_t>(kBucketBytes);
}

std::optional<CacheTable::Found> CacheTable::find(const CacheKey& key) const {
    Bucket bucket;
    if (!key.object.known() || !read_bucket(bucket_of(key.object), bucket)) return std::nullopt;
    for (const CacheRow& row : bucket) {
        if (!same_object(row, key.object)) continue;
        if (row.size != key.stamp.size || row.mtime != key.stamp.mtime || row.ctime != key.stamp.ctime) continue;
        if (row.check != check_of(row)) continue;
        return Found{row.digest, Note{row.note}, header_.epoch - row.used > kStaleEpochs};
    }
    return std::nullopt;
}

bool CacheTable::try_lock() { return ::flock(file_.get(), LOCK_EX | LOCK_NB) == 0; }
void CacheTable::unlock() { ::flock(file_.get(), LOCK_UN); }

bool CacheTable::is_at(const std::string& path) const {
    struct stat named {
    }, ours{};
    return ::lstat(path.c_str(), &named) == 0 && ::fstat(file_.get(), &ours) == 0 && named.st_dev == ours.st_dev &&
           named.st_ino == ours.st_ino;
}

// With twice the buckets a row stays where it is or moves by the old number of buckets, so both tables are walked once.
Status CacheTable::move_rows_to(CacheTable& larger) const {
    static constexpr std::uint64_t kAtOnce = 64;
    std::vector<Bucket> from(kAtOnce), low(kAtOnce), high(kAtOnce);
    for (std::uint64_t first = 0; first < header_.buckets; first += kAtOnce) {
        const std::size_t bytes = std::min(kAtOnce, header_.buckets - first) * kBucketBytes;
        std::fill(from.begin(), from.end(), Bucket{});
        if (::pread(file_.get(), from.data(), bytes, offset_of(first)) < 0)
            return base::fail_errno(errno, "cannot read the digest cache");
        std::fill(low.begin(), low.end(), Bucket{});
        std::fill(high.begin(), high.end(), Bucket{});
        for (std::size_t i = 0; i < kAtOnce; ++i) {
            std::size_t in_low = 0, in_high = 0;
            for (const CacheRow& row : from[i]) {
                if (row.inode == 0) continue;
                const bool up = (hash_of(row.device, row.inode, row.generation) & header_.buckets) != 0;
                (up ? high[i][in_high++] : low[i][in_low++]) = row;
                ++larger.header_.rows;
            }
        }
        if (auto put = write_at(larger.file_.get(), low.data(), bytes, offset_of(first)); !put) return put;
        if (auto put = write_at(larger.file_.get(), high.data(), bytes, offset_of(first + header_.buckets)); !put)
            return put;
    }
    larger.header_.epoch = header_.epoch;
    return write_at(larger.file_.get(), &larger.header_, sizeof larger.header_, 0);
}

Status CacheTable::reserve(const std::string& path, std::uint64_t more) {
    // Another recorder may have written since this file was opened.
    Header now;
    if (::pread(file_.get(), &now, sizeof now, 0) == static_cast<ssize_t>(sizeof now) &&
        now.buckets == header_.buckets) {
        header_.rows = now.rows;
        header_.epoch = now.epoch;
    }
    // Beyond half full, buckets begin to overflow.
    while (header_.rows + more > header_.buckets * kRowsPerBucket / 2 && header_.buckets < kMostBuckets) {
        std::string name;
        auto larger = make_beside(path, header_.buckets * 2, name);
        if (!larger) return fail(larger.error());
        Status moved =
            larger->try_lock() ? move_rows_to(*larger) : base::fail_errno(EWOULDBLOCK, "cannot lock the digest cache");
        if (moved && ::rename(name.c_str(), path.c_str()) != 0)
            moved = base::fail_errno(errno, "cannot grow the digest cache");
        if (!moved) {
            ::unlink(name.c_str());
            return moved;
        }
        *this = std::move(*larger);
    }
    return {};
}

void CacheTable::place(const Entry& entry, Bucket& bucket) {
    const auto& [object, stamp] = entry.key;
    auto row = std::find_if(bucket.begin(), bucket.end(),
                            [&object = object](const CacheRow& r) { return same_object(r, object); });
    if (row == bucket.end())
        row = std::find_if(bucket.begin(), bucket.end(), [](const CacheRow& r) { return r.inode == 0; });
    if (row == bucket.end())
        row = std::min_element(bucket.begin(), bucket.end(),
                               [](const CacheRow& a, const CacheRow& b) { return a.used < b.used; });
    header_.rows += row->inode == 0 ? 1U : 0U;
    *row = CacheRow{object.device, object.generation, object.inode,    stamp.size,    stamp.mtime,
                    stamp.ctime,   entry.digest,      entry.note.bits, header_.epoch, {}};
    row->check = check_of(*row);
}

// Buckets that lie close together are read and written in one piece: in a small table nearly every one is wanted.
Status CacheTable::put(std::vector<Entry> entries) {
    static constexpr std::uint64_t kClose = 4, kAtOnce = 64;
    std::sort(entries.begin(), entries.end(),
              [&](const Entry& a, const Entry& b) { return bucket_of(a.key.object) < bucket_of(b.key.object); });
    std::vector<Bucket> window(kAtOnce);
    for (auto next = entries.begin(); next != entries.end();) {
        const std::uint64_t first = bucket_of(next->key.object);
        std::uint64_t last = first;
        auto end = next;
        for (; end != entries.end(); ++end) {
            const std::uint64_t bucket = bucket_of(end->key.object);
            if (bucket > last + kClose || bucket >= first + kAtOnce) break;
            last = bucket;
        }
        const std::size_t bytes = (last - first + 1) * kBucketBytes;
        if (::pread(file_.get(), window.data(), bytes, offset_of(first)) != static_cast<ssize_t>(bytes))
            return fail(ErrorKind::kSystem, "cannot read the digest cache");
        for (; next != end; ++next) place(*next, window[bucket_of(next->key.object) - first]);
        if (auto put = write_at(file_.get(), window.data(), bytes, offset_of(first)); !put) return put;
    }
    return {};
}

Status CacheTable::end_epoch() {
    ++header_.epoch;
    return write_at(file_.get(), &header_, sizeof header_, 0);
}

}  // namespace fstracker::digest
