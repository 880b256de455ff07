// SPDX-License-Identifier: Apache-2.0
// Contents told while they are hashed, by a real hasher on real files, and told again from its caches.
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <chrono>

#include <catch2/catch.hpp>

#include "core/artifact/inspector.hpp"
#include "core/digest/digest.hpp"
#include "core/digest/hasher.hpp"
#include "core/digest/locate.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using testing::content_of;
using testing::put;
using testing::Scratch;

namespace {

constexpr std::int64_t kLater = 4'000'000'000'000'000'000;  // so late that no stamp is young

digest::Want want_of(const std::string& path) {
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
    return {object, {digest::Whereabouts{path, 0, -1}}};
}

struct Told {
    bool cached = false;
    run::FileEntry entry;
};

Told hashed(const std::string& path, const digest::HasherOptions& options) {
    auto hasher = digest::Hasher::start(options);
    REQUIRE(hasher);
    (*hasher)->want(want_of(path));
    REQUIRE((*hasher)->finish(std::chrono::steady_clock::now() + std::chrono::seconds(20)));
    const auto events = (*hasher)->take();
    REQUIRE(events.size() == 1);
    Told told;
    told.cached = events.front().cached;
    told.entry.path.bytes = path;
    told.entry.digest = events.front().digest;
    artifact::describe_content(told.entry, (*hasher)->take_inspections());
    return told;
}

digest::HasherOptions options_in(const Scratch& scratch) {
    digest::HasherOptions options;
    options.cache = scratch / "digests";
    options.clock = [] { return kLater; };
    options.inspector = artifact::content_inspector(
        [](int fd, std::uint64_t size) { return artifact::Parsed{artifact::inspect_file(fd, size)}; });
    return options;
}

bool is_cached_here(const Scratch& scratch) {
    return digest::may_be_cached(want_of(put(scratch / "probe", "x")).object.magic);
}

constexpr const char* kHostile = "cposix\nsystem\n(S'id'\ntR.";

}  // namespace

TEST_CASE("what a file is arrives with its digest, and is known from the cache in the next run") {
    const Scratch scratch;
    const auto options = options_in(scratch);
    const std::string pickle = put(scratch / "model", kHostile), text = put(scratch / "tool.py", "a = 1\n");
    const bool cached = is_cached_here(scratch);
    for (const bool again : {false, true}) {
        const Told model = hashed(pickle, options);
        CHECK(model.cached == (again && cached));
        CHECK(model.entry.format == "pickle");
        CHECK(model.entry.imports == std::vector<std::string>{"posix.system"});
        const Told tool = hashed(text, options);
        CHECK(tool.cached == (again && cached));
        CHECK(tool.entry.format == "python");
        CHECK(tool.entry.imports.empty());
    }
    if (!cached) WARN("digests of this file system are not cached: set TMPDIR to one on ext4, XFS or Btrfs");
}

TEST_CASE("a cache that lost or damaged what was told has the file told again") {
    const Scratch scratch;
    if (!is_cached_here(scratch)) {
        WARN("skipped: digests of this file system are not cached");
        return;
    }
    const auto options = options_in(scratch);
    const std::string path = put(scratch / "model", kHostile), details = scratch / "digests.details";
    CHECK_FALSE(hashed(path, options).cached);
    const std::string good = content_of(details);
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string damaged = good;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        put(details, damaged);
        const Told told = hashed(path, options);
        CHECK(told.entry.imports == std::vector<std::string>{"posix.system"});
        CHECK_FALSE(told.cached);
        put(details, good);
        REQUIRE(hashed(path, options).cached);
    }
    ::unlink(details.c_str());
    CHECK_FALSE(hashed(path, options).cached);
    CHECK(hashed(path, options).cached);
    REQUIRE(::chmod(details.c_str(), 0666) == 0);  // anybody may have written it
    CHECK_FALSE(hashed(path, options).cached);
}

TEST_CASE("answers of an inspector of another version are not believed") {
    const Scratch scratch;
    if (!is_cached_here(scratch)) {
        WARN("skipped: digests of this file system are not cached");
        return;
    }
    auto options = options_in(scratch);
    const std::string path = put(scratch / "file", "text\n");
    CHECK_FALSE(hashed(path, options).cached);
    CHECK(hashed(path, options).cached);
    ++options.inspector.version;
    CHECK_FALSE(hashed(path, options).cached);
    CHECK(hashed(path, options).cached);
    options.inspector = {};
    CHECK(hashed(path, options).cached);  // who asks nothing is content with the digest
}

TEST_CASE("what could not be parsed is said, and asked again in the next run") {
    const Scratch scratch;
    auto options = options_in(scratch);
    const std::string path = put(scratch / "model", kHostile), same = put(scratch / "same", kHostile);
    const auto good = options.inspector;
    options.inspector = artifact::content_inspector([](int, std::uint64_t) { return artifact::unreadable("why"); });
    for (int round = 0; round < 2; ++round) {
        const Told told = hashed(path, options);
        CHECK_FALSE(told.cached);
        CHECK(told.entry.format == "unreadable");
        CHECK(told.entry.unreadable == "why");
        CHECK(told.entry.imports.empty());
    }
    options.inspector = good;
    const Told told = hashed(path, options);
    CHECK_FALSE(told.cached);
    CHECK(told.entry.format == "pickle");
    CHECK(told.entry.unreadable.empty());
    CHECK(hashed(path, options).cached == is_cached_here(scratch));

    // Of two files with one content, the one that could be parsed tells both.
    for (const bool first_fails : {false, true}) {
        int asked = 0;
        options.cache.clear();
        options.workers = 1;
        options.inspector = artifact::content_inspector([&](int fd, std::uint64_t size) {
            const bool fails = (asked++ == 0) == first_fails;
            return fails ? artifact::unreadable("why") : artifact::Parsed{artifact::inspect_file(fd, size)};
        });
        auto hasher = digest::Hasher::start(options);
        REQUIRE(hasher);
        for (const std::string& one : {path, same}) (*hasher)->want(want_of(one));
        REQUIRE((*hasher)->finish(std::chrono::steady_clock::now() + std::chrono::seconds(20)));
        run::FileEntry entry;
        entry.digest = digest::sha256(kHostile);
        artifact::describe_content(entry, (*hasher)->take_inspections());
        CHECK(entry.format == "pickle");
        CHECK(entry.unreadable.empty());
    }
}

TEST_CASE("an entry without a digest stays untold") {
    run::FileEntry entry;
    artifact::describe_content(entry, {});
    CHECK(entry.format.empty());
    entry.digest = digest::sha256("x");
    artifact::describe_content(entry, {});
    CHECK(entry.format.empty());
}
