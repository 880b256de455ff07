// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>

#include "core/base/fd.hpp"
#include "core/digest/cache.hpp"
#include "core/digest/digest.hpp"
#include "core/digest/hasher.hpp"
#include "core/digest/locate.hpp"
#include "core/digest/mounts.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using digest::Hasher;
using digest::HasherOptions;
using digest::Want;
using digest::Whereabouts;
using event::Refusal;
using testing::put;
using testing::Scratch;

namespace {

constexpr std::int64_t kLater = 4'000'000'000'000'000'000;  // so late that no stamp is young

// What the kernel side would say of the file now.
event::Object object_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    event::Object object;
    object.id.device = major(status.st_dev) << 20 | minor(status.st_dev);
    object.id.inode = status.st_ino;
    object.stamp = digest::stamp_of(status);
    object.mode = status.st_mode;
    struct statfs file_system {};
    REQUIRE(::statfs(path.c_str(), &file_system) == 0);
    object.magic = static_cast<std::uint64_t>(file_system.f_type);
    return object;
}

Want want_of(const std::string& path) { return {object_of(path), {Whereabouts{path, 0, -1}}}; }

std::unique_ptr<Hasher> start(const HasherOptions& options = {}) {
    auto hasher = Hasher::start(options);
    REQUIRE(hasher);
    return std::move(*hasher);
}

bool finish(Hasher& hasher) { return hasher.finish(std::chrono::steady_clock::now() + std::chrono::seconds(20)); }

event::Digested only(Hasher& hasher, Want want) {
    ::alarm(60);
    hasher.want(std::move(want));
    REQUIRE(finish(hasher));
    ::alarm(0);
    auto events = hasher.take();
    REQUIRE(events.size() == 1);
    return events.front();
}

bool is_readable(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, 0) == 1;
}

}  // namespace

TEST_CASE("a file is hashed and its stamp is the same before and after") {
    const Scratch scratch;
    const std::string path = put(scratch / "file", "content");
    const Want want = want_of(path);
    const auto hasher = start();
    CHECK_FALSE(is_readable(hasher->ready_fd()));
    hasher->want(want);
    REQUIRE(finish(*hasher));
    CHECK(is_readable(hasher->ready_fd()));
    const auto events = hasher->take();
    CHECK_FALSE(is_readable(hasher->ready_fd()));
    REQUIRE(events.size() == 1);
    const event::Digested& event = events.front();
    CHECK(event.object == want.object.id);
    CHECK(event.digest == digest::sha256("content"));
    CHECK(event.wanted == want.object.stamp);
    CHECK(event.before == want.object.stamp);
    CHECK(event.after == want.object.stamp);
    CHECK_FALSE(event.cached);
    CHECK(event.time > 1'700'000'000'000'000'000);
    const auto totals = hasher->totals();
    CHECK(totals.wanted == 1);
    CHECK(totals.done == 1);
    CHECK(totals.bytes_hashed == 7);
}

TEST_CASE("a file that was written after it was wanted shows another stamp before") {
    const Scratch scratch;
    const std::string path = put(scratch / "file", "first");
    const Want want = want_of(path);
    put(path, "second content");
    const event::Digested event = only(*start(), want);
    CHECK(event.wanted == want.object.stamp);
    CHECK(event.before != event.wanted);
    CHECK(event.before == event.after);
    CHECK(event.digest == digest::sha256("second content"));
}

TEST_CASE("another file under the same name is not the object") {
    const Scratch scratch;
    const std::string path = put(scratch / "file", "first");
    const Want want = want_of(path);
    put(scratch / "other", "second");
    std::filesystem::rename(scratch / "other", path);
    const event::Digested event = only(*start(), want);
    CHECK_FALSE(event.digest);
    CHECK(event.refusal == Refusal::kGone);
}

TEST_CASE("another generation is not the object") {
    const Scratch scratch;
    Want want = want_of(put(scratch / "file", "first"));
    if (want.object.magic != 0xEF53) {
        WARN("skipped: only ext4 is known to tell generations, and " << scratch.path() << " is on another file system");
        return;
    }
    want.object.id.generation = 0xDEADBEEF;
    CHECK(only(*start(), want).refusal == Refusal::kGone);
}

TEST_CASE("a name that became a symbolic link, a FIFO or a directory is never opened") {
    const Scratch scratch;
    const std::string path = put(scratch / "file", "content");
    const Want want = want_of(path);
    std::filesystem::rename(path, scratch / "elsewhere");
    bool same_object_there = false;
    SECTION("symbolic link to the object") { std::filesystem::create_symlink(scratch / "elsewhere", path); }
    SECTION("FIFO") { REQUIRE(::mkfifo(path.c_str(), 0600) == 0); }
    SECTION("directory") { std::filesystem::create_directory(path); }
    SECTION("device") { std::filesystem::create_symlink("/dev/zero", path); }
    SECTION("hard link to the object") {
        std::filesystem::create_hard_link(scratch / "elsewhere", path);
        same_object_there = true;
    }
    const event::Digested event = only(*start(), want);
    CHECK(event.digest.has_value() == same_object_there);
    if (!same_object_there) CHECK(event.refusal == Refusal::kGone);
}

TEST_CASE("an object that is no regular file is refused without a look") {
    const Scratch scratch;
    const std::string path = scratch / "fifo";
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    Want want = want_of(path);
    SECTION("known by its mode") {}
    SECTION("found out when it is there") { want.object.mode = 0; }
    CHECK(only(*start(), want).refusal == Refusal::kNotRegular);
}

TEST_CASE("a deleted file is gone, but reached through the descriptor of a living process") {
    const Scratch scratch;
    const std::string path = put(scratch / "file", "content");
    Want want = want_of(path);
    base::Fd held(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::filesystem::remove(path);
    CHECK(only(*start(), want).refusal == Refusal::kGone);

    want.places = {Whereabouts{path, static_cast<std::uint32_t>(::getpid()), held.get()}};
    CHECK(only(*start(), want).digest == digest::sha256("content"));

    held.reset();
    CHECK(only(*start(), want).refusal == Refusal::kGone);
}

TEST_CASE("a path is looked up under the process's root as well, and places are tried in turn") {
    const Scratch scratch;
    Want want = want_of(put(scratch / "file", "content"));
    want.places = {{"", 0, -1},
                   {"relative", 0, -1},
                   {scratch / "none", 0, -1},
                   {"/x/../" + (scratch / "file"), 0, -1},
                   {scratch / "file", static_cast<std::uint32_t>(::getpid()), -1}};
    CHECK(only(*start(), want).digest == digest::sha256("content"));
}

TEST_CASE("hashing keeps no one from executing or writing the file") {
    const Scratch scratch;
    const std::string path = put(scratch / "big", "");
    REQUIRE(::truncate(path.c_str(), 200 << 20) == 0);
    const auto hasher = start();
    hasher->want(want_of(path));
    const base::Fd writer(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
    CHECK(writer);
}

TEST_CASE("what is larger than wanted is refused, by what was said of it and by what it is") {
    const Scratch scratch;
    const std::string path = put(scratch / "file", std::string(1000, 'x'));
    HasherOptions options;
    options.largest = 999;
    Want want = want_of(path);
    CHECK(only(*start(options), want).refusal == Refusal::kTooLarge);
    want.object.stamp.size = 10;
    CHECK(only(*start(options), want).refusal == Refusal::kTooLarge);
    options.largest = 1000;
    CHECK(only(*start(options), want_of(path)).digest);
    options.largest = 0;
    CHECK(only(*start(options), want_of(put(path, ""))).refusal == Refusal::kTooLarge);
}

TEST_CASE("what may not be read is refused as that") {
    if (::geteuid() == 0) {
        WARN("skipped: root may read everything");
        return;
    }
    const Scratch scratch;
    const std::string path = put(scratch / "file", "content");
    REQUIRE(::chmod(path.c_str(), 0) == 0);
    CHECK(only(*start(), want_of(path)).refusal == Refusal::kPermission);
}

// A directory on a file system whose digests are cached, or an empty string.
std::string cached_place() {
    for (const std::string& place : {std::filesystem::temp_directory_path().string(), std::string("/var/tmp")}) {
        struct statfs file_system {};
        if (::statfs(place.c_str(), &file_system) == 0 &&
            digest::may_be_cached(static_cast<std::uint64_t>(file_system.f_type)))
            return place;
    }
    return {};
}

TEST_CASE("a second run takes the digest from the cache without touching the file") {
    const std::string place = cached_place();
    if (place.empty()) {
        WARN("skipped: no file system here is one whose digests are cached");
        return;
    }
    const Scratch scratch(place);
    const std::string path = put(scratch / "file", "content");
    HasherOptions options;
    options.cache = scratch / "digests";
    options.clock = [] { return kLater; };
    const Want want = want_of(path);
    CHECK_FALSE(only(*start(options), want).cached);
    std::filesystem::remove(path);
    const auto hasher = start(options);
    const event::Digested event = only(*hasher, want);
    CHECK(event.cached);
    CHECK(event.digest == digest::sha256("content"));
    CHECK(event.before == want.object.stamp);
    CHECK(event.after == want.object.stamp);
    CHECK(hasher->totals().cache_hits == 1);
    CHECK(hasher->totals().bytes_hashed == 0);
}

TEST_CASE("what may change without another stamp is not cached") {
    const std::string place = cached_place();
    if (place.empty()) {
        WARN("skipped: no file system here is one whose digests are cached");
        return;
    }
    const Scratch scratch(place);
    const std::string path = put(scratch / "file", "content");
    HasherOptions options;
    options.cache = scratch / "digests";
    Want want = want_of(path);
    options.clock = [] { return kLater; };
    SECTION("it has just been written") {
        options.clock = [stamp = want.object.stamp] { return stamp.ctime + 1'000'000; };
    }
    SECTION("somebody has it open for writing") { want.object.writers = 1; }
    SECTION("its file system is not to be relied on") {
        want.object.magic = GENERATE(0x65735546, 0x01021994);  // FUSE, tmpfs
    }
    SECTION("it was changed before it was hashed") { ++want.object.stamp.mtime; }
    CHECK(only(*start(options), want).digest);
    CHECK_FALSE(only(*start(options), want).cached);
}

TEST_CASE("a cache that cannot be used is no error, and said") {
    const Scratch scratch;
    HasherOptions options;
    options.cache = put(scratch / "digests", "");
    REQUIRE(::chmod(options.cache.c_str(), 0666) == 0);
    const auto hasher = start(options);
    REQUIRE(hasher->cache_problem());
    CHECK(only(*hasher, want_of(put(scratch / "file", "content"))).digest);
    CHECK_FALSE(start()->cache_problem());
}

TEST_CASE("thousands of short files and a few long ones are all done") {
    const Scratch scratch;
    constexpr int kShort = 2000, kLong = 3;
    HasherOptions options;
    options.workers = GENERATE(1U, 2U, 3U);
    const auto hasher = start(options);
    for (int i = 0; i < kLong; ++i) {
        const std::string path = put(scratch / ("long" + std::to_string(i)), "");
        REQUIRE(::truncate(path.c_str(), 20 << 20) == 0);
        hasher->want(want_of(path));
    }
    for (int i = 0; i < kShort; ++i) hasher->want(want_of(put(scratch / std::to_string(i), std::to_string(i))));
    REQUIRE(finish(*hasher));
    const auto events = hasher->take();
    CHECK(events.size() == kShort + kLong);
    CHECK(std::all_of(events.begin(), events.end(), [](const event::Digested& e) { return e.digest.has_value(); }));
    CHECK(hasher->take().empty());
}

TEST_CASE("a long file keeps short ones waiting for nothing") {
    const Scratch scratch;
    auto hasher = start();
    const std::string path = put(scratch / "long", "");
    REQUIRE(::truncate(path.c_str(), off_t{1} << 40) == 0);  // ten minutes and more
    hasher->want(want_of(path));
    for (int i = 0; i < 50; ++i) hasher->want(want_of(put(scratch / std::to_string(i), "x")));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    std::size_t done = 0;
    while (done < 50 && std::chrono::steady_clock::now() < deadline) {
        pollfd waiting{hasher->ready_fd(), POLLIN, 0};
        ::poll(&waiting, 1, 1000);
        done += hasher->take().size();
    }
    CHECK(done == 50);
    CHECK_FALSE(hasher->finish(std::chrono::steady_clock::now()));
    // And the end does not wait for the long one either.
    const auto began = std::chrono::steady_clock::now();
    hasher.reset();
    CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(5));
}

TEST_CASE("the stamp of an object now, or that it is gone") {
    const Scratch scratch;
    const std::string path = put(scratch / "file", "content");
    const event::Object object = object_of(path);
    CHECK(digest::stamp_now(object.id, {{path, 0, -1}}).value() == object.stamp);
    put(path, "other content");
    CHECK(digest::stamp_now(object.id, {{path, 0, -1}}).value() != object.stamp);
    std::filesystem::remove(path);
    const auto gone = digest::stamp_now(object.id, {{path, 0, -1}});
    REQUIRE_FALSE(gone);
    CHECK(gone.error().kind == ErrorKind::kNotFound);
    CHECK(digest::stamp_now(object.id, {}).error().kind == ErrorKind::kNotFound);
}

TEST_CASE("mount tables are read, and what is no line of one is left out") {
    const auto devices = digest::parse_mountinfo(
        "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw\n"
        "garbage\n"
        "41 35 0:57 / /a\\040b rw - tmpfs none rw\n"
        "42 35\n");
    CHECK(devices == std::map<std::uint64_t, std::uint32_t>{{36, 98U << 20}, {41, 57}});
    CHECK(digest::parse_mountinfo("").empty());
}

TEST_CASE("the kernel's own identity of an open file agrees with stat where both show it") {
    const Scratch scratch("/dev/shm");
    const std::string path = put(scratch / "file", "content");
    const base::Fd file(::open(path.c_str(), O_PATH | O_CLOEXEC));
    const auto inner = digest::inner_identity(file.get(), 0);
    REQUIRE(inner);
    CHECK(inner->device == object_of(path).id.device);
    CHECK(inner->inode == object_of(path).id.inode);
    CHECK_FALSE(digest::inner_identity(-1, 0));
}
