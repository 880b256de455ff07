// SPDX-License-Identifier: Apache-2.0
// The digest cache's file: a hash table of fixed rows, read and written in place with pread and pwrite.
//
//   file   = header (4096 bytes), then `buckets` buckets
//   bucket = 8 rows; an object's row is in the bucket that its identity hashes to, and an object has one row
//   row    = 96 bytes: device u32, generation u32, inode u64, size u64, mtime s64, ctime s64, digest 32 bytes,
//            note u32 (inspection.hpp), used u32 (the epoch of the last use), check 16 bytes (of SHA-256 over all
//            before `used`)
//
// Numbers are in the host's byte order, and the header says which. Nobody who only reads takes the lock: a row that is
// half written does not pass its check, and counts as absent. The file is not mapped, on purpose: whoever may
// truncate it could kill every recorder that has it mapped.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/fd.hpp"
#include "core/base/result.hpp"
#include "core/digest/cache.hpp"

namespace fstracker::digest {

inline constexpr std::uint64_t kRowsPerBucket = 8;
inline constexpr std::uint64_t kFirstBuckets = 1024;       // 8,192 objects, 0.8 MB
inline constexpr std::uint64_t kMostBuckets = 256 * 1024;  // 2 million objects, 200 MB

struct CacheRow {
    std::uint32_t device = 0;
    std::uint32_t generation = 0;
    std::uint64_t inode = 0;  // 0: an empty row
    std::uint64_t size = 0;
    std::int64_t mtime = 0;
    std::int64_t ctime = 0;
    event::Sha256 digest{};
    std::uint32_t note = 0;
    std::uint32_t used = 0;
    std::array<std::uint8_t, 16> check{};
};
static_assert(sizeof(CacheRow) == 96);

// One thread at a time.
class CacheTable {
  public:
    // kNotFound when there is none; kInvalid when it is damaged or of another version; kPermission when somebody else
    // owns it or may write it.
    static Result<CacheTable> open(const std::string& path);
    // A new empty table in place of whatever is at `path`.
    static Result<CacheTable> replace(const std::string& path, std::uint64_t buckets = kFirstBuckets);

    struct Found {
        event::Sha256 digest{};
        Note note;
        bool stale = false;  // not marked as used for some epochs
    };
    std::optional<Found> find(const CacheKey& key) const;

    // The exclusive lock, without waiting; false when another recorder has it.
    bool try_lock();
    void unlock();
    // Whether this is still the file of that name; another recorder may have put a larger one in its place.
    [[nodiscard]] bool is_at(const std::string& path) const;

    // With the lock. Makes room for `more` rows, which may put a larger table in place of this one (locked as well).
    Status reserve(const std::string& path, std::uint64_t more);
    struct Entry {
        CacheKey key;
        event::Sha256 digest{};
        Note note;
    };
    // With the lock. Each replaces its object's row, or takes a free one, or that of the bucket which was used least
    // recently.
    Status put(std::vector<Entry> entries);
    // With the lock. Counts an epoch and writes what put() counted.
    Status end_epoch();

  private:
    struct Header {
        std::array<char, 16> magic{};
        std::uint32_t version = 0;
        std::uint32_t byte_order = 0;
        std::uint64_t buckets = 0;
        std::uint64_t rows = 0;  // roughly; decides only when the table grows
        std::uint32_t epoch = 0;
        std::uint32_t zero = 0;
    };
    using Bucket = std::array<CacheRow, kRowsPerBucket>;

    static Header fresh_header(std::uint64_t buckets);
    static Result<CacheTable> make_beside(const std::string& path, std::uint64_t buckets, std::string& name);
    [[nodiscard]] std::uint64_t bucket_of(const event::ObjectId& object) const;
    [[nodiscard]] bool read_bucket(std::uint64_t number, Bucket& bucket) const;
    void place(const Entry& entry, Bucket& bucket);
    Status move_rows_to(CacheTable& larger) const;

    base::Fd file_;
    Header header_;
};

}  // namespace fstracker::digest
