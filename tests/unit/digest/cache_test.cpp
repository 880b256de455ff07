// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "core/base/fd.hpp"
#include "core/digest/cache.hpp"
#include "core/digest/cache_table.hpp"
#include "core/digest/digest.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using digest::Cache;
using digest::CacheKey;
using testing::content_of;
using testing::put;
using testing::Scratch;

namespace {

CacheKey key_of(std::uint64_t inode) { return {{0x800001, inode, 7}, {100 + inode, 1'000'000'007, 2'000'000'009}}; }

event::Sha256 digest_of(std::uint64_t inode) { return digest::sha256(std::to_string(inode)); }

std::unique_ptr<Cache> open_cache(const std::string& path) {
    auto cache = Cache::open(path);
    if (!cache) FAIL(cache.error().message);
    return std::move(*cache);
}

std::optional<event::Sha256> found_in(const std::unique_ptr<Cache>& cache, const CacheKey& key) {
    const auto found = cache->find(key);
    return found ? std::optional(found->digest) : std::nullopt;
}

void fill(const std::string& path, std::uint64_t first, std::uint64_t count) {
    const auto cache = open_cache(path);
    for (std::uint64_t i = first; i < first + count; ++i) cache->store(key_of(i), digest_of(i));
    REQUIRE(cache->flush());
}

}  // namespace

TEST_CASE("what was stored is found, at once and by the next run") {
    const Scratch scratch;
    const std::string path = scratch / "made/on/the/way/digests";
    {
        const auto cache = open_cache(path);
        CHECK_FALSE(cache->find(key_of(1)));
        cache->store(key_of(1), digest_of(1));
        CHECK(found_in(cache, key_of(1)) == digest_of(1));
        CHECK(cache->pending() == 1);
        REQUIRE(cache->flush());
        CHECK(cache->pending() == 0);
        CHECK(found_in(cache, key_of(1)) == digest_of(1));
    }
    CHECK(found_in(open_cache(path), key_of(1)) == digest_of(1));
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
}

TEST_CASE("an entry is another's as soon as one part of its key differs") {
    const Scratch scratch;
    fill(scratch / "digests", 1, 1);
    const auto cache = open_cache(scratch / "digests");
    const CacheKey key = key_of(1);
    REQUIRE(cache->find(key));
    CacheKey other = key;
    SECTION("device") { ++other.object.device; }
    SECTION("inode") { ++other.object.inode; }
    SECTION("generation") { ++other.object.generation; }
    SECTION("size") { ++other.stamp.size; }
    SECTION("mtime") { ++other.stamp.mtime; }
    SECTION("ctime") { ++other.stamp.ctime; }
    CHECK_FALSE(cache->find(other));
}

TEST_CASE("a newer content of an object takes the place of the older") {
    const Scratch scratch;
    fill(scratch / "digests", 1, 1);
    CacheKey newer = key_of(1);
    ++newer.stamp.ctime;
    {
        const auto cache = open_cache(scratch / "digests");
        cache->store(newer, digest_of(2));
        CHECK_FALSE(cache->find(key_of(1)));
        REQUIRE(cache->flush());
    }
    const auto cache = open_cache(scratch / "digests");
    CHECK(found_in(cache, newer) == digest_of(2));
    CHECK_FALSE(cache->find(key_of(1)));
}

TEST_CASE("an unknown object is never stored") {
    const Scratch scratch;
    const auto cache = open_cache(scratch / "digests");
    cache->store({}, digest_of(1));
    CHECK(cache->pending() == 0);
    CHECK_FALSE(cache->find({}));
}

TEST_CASE("the table grows and keeps what it had") {
    const Scratch scratch;
    fill(scratch / "digests", 1, 3000);
    fill(scratch / "digests", 3001, 30'000);
    const auto cache = open_cache(scratch / "digests");
    std::size_t found = 0;
    for (std::uint64_t i = 1; i <= 33'000; ++i) {
        const auto digest = cache->find(key_of(i));
        if (!digest) continue;
        ++found;
        if (digest->digest != digest_of(i)) FAIL("another's digest for " << i);
    }
    CHECK(found > 32'500);  // a few buckets overflow
}

TEST_CASE("a recorder that opened the file before another let it grow still finds and stores") {
    const Scratch scratch;
    fill(scratch / "digests", 1, 100);
    const auto early = open_cache(scratch / "digests");
    fill(scratch / "digests", 101, 20'000);
    CHECK(found_in(early, key_of(1)) == digest_of(1));
    early->store(key_of(50'000), digest_of(50'000));
    REQUIRE(early->flush());
    CHECK(found_in(open_cache(scratch / "digests"), key_of(50'000)) == digest_of(50'000));
    CHECK(found_in(open_cache(scratch / "digests"), key_of(101)) == digest_of(101));
}

TEST_CASE("any bit flipped in a row makes it absent, never wrong") {
    const Scratch scratch;
    const std::string path = scratch / "digests";
    fill(path, 1, 1);
    std::string bytes = content_of(path);
    const std::size_t row = bytes.find_first_not_of('\0', 4096) / 32 * 32;
    const std::size_t checked = 72, check = 80, end = 96;
    std::size_t wrong = 0, still = 0;
    for (std::size_t at = 0; at < end; ++at) {
        if (at >= checked && at < check) continue;  // when it was last used
        for (int bit = 0; bit < 8; ++bit) {
            std::string damaged = bytes;
            damaged[row + at] = static_cast<char>(damaged[row + at] ^ (1 << bit));
            put(path, damaged);
            const auto found = open_cache(path)->find(key_of(1));
            if (found) ++still;
            if (found && found->digest != digest_of(1)) ++wrong;
        }
    }
    CHECK(wrong == 0);
    CHECK(still == 0);
    put(path, bytes);
    CHECK(open_cache(path)->find(key_of(1)));
}

TEST_CASE("a file that is no cache, or cut off, is replaced") {
    const Scratch scratch;
    const std::string path = scratch / "digests";
    SECTION("empty") { put(path, ""); }
    SECTION("text") { put(path, std::string(10'000, 'x')); }
    SECTION("cut off") {
        fill(path, 1, 1);
        REQUIRE(::truncate(path.c_str(), 5000) == 0);
    }
    SECTION("another version") {
        fill(path, 1, 1);
        std::string bytes = content_of(path);
        bytes[16] = 99;
        put(path, bytes);
    }
    SECTION("an impossible number of buckets") {
        fill(path, 1, 1);
        std::string bytes = content_of(path);
        bytes[24] = bytes[31] = '\xff';
        put(path, bytes);
    }
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    CHECK_FALSE(open_cache(path)->find(key_of(1)));
    fill(path, 1, 1);
    CHECK(open_cache(path)->find(key_of(1)));
}

TEST_CASE("a file that is cut off while it is open is no cache any more, and no crash") {
    const Scratch scratch;
    const std::string path = scratch / "digests";
    fill(path, 1, 10);
    const auto cache = open_cache(path);
    REQUIRE(::truncate(path.c_str(), 0) == 0);
    CHECK_FALSE(cache->find(key_of(1)));
    cache->store(key_of(2), digest_of(2));
    static_cast<void>(cache->flush());
    CHECK_FALSE(open_cache(path)->find(key_of(1)));
}

TEST_CASE("a file that others may write is not used") {
    const Scratch scratch;
    const std::string path = scratch / "digests";
    fill(path, 1, 1);
    REQUIRE(::chmod(path.c_str(), GENERATE(0620U, 0602U, 0666U)) == 0);
    const auto cache = Cache::open(path);
    REQUIRE_FALSE(cache);
    CHECK(cache.error().kind == ErrorKind::kPermission);
    CHECK(cache.error().message.find(path) != std::string::npos);
}

TEST_CASE("a file that somebody else owns is not used") {
    if (::geteuid() != 0) {
        WARN("skipped: giving a file away needs root");
        return;
    }
    const Scratch scratch;
    fill(scratch / "digests", 1, 1);
    REQUIRE(::chown((scratch / "digests").c_str(), 65534, 65534) == 0);
    CHECK_FALSE(Cache::open(scratch / "digests"));
}

TEST_CASE("neither a FIFO nor a symbolic link is taken for a cache") {
    const Scratch scratch;
    const std::string path = scratch / "digests";
    SECTION("FIFO") { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
    SECTION("symbolic link") {
        fill(scratch / "real", 1, 1);
        REQUIRE(::symlink((scratch / "real").c_str(), path.c_str()) == 0);
    }
    ::alarm(20);
    CHECK_FALSE(Cache::open(path));
    ::alarm(0);
}

TEST_CASE("many recorders store at once, and nothing that is found is wrong") {
    const Scratch scratch;
    const std::string path = scratch / "digests";
    constexpr std::uint64_t kEach = 2000, kRecorders = 6;
    std::vector<std::thread> recorders;
    for (std::uint64_t r = 0; r < kRecorders; ++r) {
        recorders.emplace_back([&, r] {
            auto cache = Cache::open(path);
            if (!cache) return;
            for (std::uint64_t i = 1; i <= kEach; ++i) {
                (*cache)->store(key_of(r * kEach + i), digest_of(r * kEach + i));
                if (i % 500 == 0) static_cast<void>((*cache)->flush());
            }
        });
    }
    for (std::thread& recorder : recorders) recorder.join();
    const auto cache = open_cache(path);
    std::size_t found = 0;
    for (std::uint64_t i = 1; i <= kEach * kRecorders; ++i) {
        const auto digest = cache->find(key_of(i));
        found += digest ? 1U : 0U;
        if (digest && digest->digest != digest_of(i)) FAIL("another's digest for " << i);
    }
    CHECK(found > kEach * kRecorders / 2);  // who found the lock taken for too long let go
}

TEST_CASE("a lock that somebody holds delays a flush for a moment and no longer") {
    const Scratch scratch;
    const std::string path = scratch / "digests";
    fill(path, 1, 1);
    const auto cache = open_cache(path);
    const base::Fd other(::open(path.c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(::flock(other.get(), LOCK_EX) == 0);
    cache->store(key_of(2), digest_of(2));
    ::alarm(20);
    CHECK_FALSE(cache->flush());
    ::alarm(0);
    CHECK(found_in(cache, key_of(1)) == digest_of(1));
}

TEST_CASE("a full bucket gives up what was used least recently") {
    const Scratch scratch;
    auto table = digest::CacheTable::replace(scratch / "table", 1);
    REQUIRE(table);
    REQUIRE(table->try_lock());
    for (std::uint64_t i = 1; i <= digest::kRowsPerBucket; ++i) {
        REQUIRE(table->put({{key_of(i), digest_of(i)}}));
        REQUIRE(table->end_epoch());
    }
    REQUIRE(table->put({{key_of(1), digest_of(1)}}));  // used again
    REQUIRE(table->put({{key_of(100), digest_of(100)}}));
    CHECK(table->find(key_of(1)));
    CHECK_FALSE(table->find(key_of(2)));
    CHECK(table->find(key_of(3)));
    CHECK(table->find(key_of(100)));
}

TEST_CASE("only file systems whose stamps are the kernel's own are cached") {
    CHECK(digest::may_be_cached(0xEF53));            // ext4
    CHECK_FALSE(digest::may_be_cached(0x01021994));  // tmpfs
    CHECK_FALSE(digest::may_be_cached(0x65735546));  // FUSE
    CHECK_FALSE(digest::may_be_cached(0x6969));      // NFS
    CHECK_FALSE(digest::may_be_cached(0x794c7630));  // overlayfs
    CHECK_FALSE(digest::may_be_cached(0));
}
