// SPDX-License-Identifier: Apache-2.0
#include "core/project/files.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "tests/unit/scratch.hpp"

using namespace fstracker;
using namespace fstracker::project;
using fstracker::testing::put;
using Kind = Files::Kind;

namespace {

bool all(const std::string&) { return true; }

}  // namespace

TEST_CASE("files of the disk and the same in memory look the same", "[project]") {
    const testing::Scratch scratch;
    std::filesystem::create_directories(scratch / "folder/deep");
    std::map<std::string, std::string> given;
    for (const char* name : {"folder/b", "folder/deep/a", "folder.txt", "beside"})
        given[put(scratch / name, std::string("of ") + name)] = std::string("of ") + name;
    DiskFiles disk;
    MemoryFiles memory(given);
    for (Files* files : {static_cast<Files*>(&disk), static_cast<Files*>(&memory)}) {
        CHECK(files->kind(scratch / "beside") == Kind::kFile);
        CHECK(files->kind(scratch / "folder") == Kind::kFolder);
        CHECK(files->kind(scratch / "folder/") == Kind::kFolder);
        CHECK(files->kind(scratch / "fold") == Kind::kNone);
        CHECK(files->exists(scratch / "folder.txt"));
        CHECK_FALSE(files->exists(scratch / "missing"));
        CHECK(files->read(scratch / "folder/deep/a", 100) == "of folder/deep/a");
        CHECK(files->read_any(scratch / "beside", 9) == "of beside");
        CHECK(files->read(scratch / "missing", 100).error().kind == ErrorKind::kNotFound);
        CHECK(files->read(scratch / "beside", 8).error().kind == ErrorKind::kInvalid);
        const auto listing = files->below(scratch / "folder", all, 100);
        CHECK(listing.files == std::vector<std::string>{scratch / "folder/b", scratch / "folder/deep/a"});
        CHECK_FALSE(listing.fault);
        CHECK(files->below(scratch / "folder", all, 0).files.size() == 1);
        CHECK(files
                  ->below(
                      scratch / "folder", [](const std::string& path) { return path.ends_with("/b"); }, 9)
                  .files.size() == 1);
    }
    for (const char* name : {"missing", "beside"})
        CHECK(disk.read(scratch / name, 8).error().message == memory.read(scratch / name, 8).error().message);
}

TEST_CASE("what was read from the disk is remembered as it was", "[project]") {
    const testing::Scratch scratch;
    DiskFiles disk;
    put(scratch / "b", "first");
    put(scratch / "a", "other");
    REQUIRE(disk.read(scratch / "b", 10));
    put(scratch / "b", "later");
    REQUIRE(disk.read(scratch / "a", 10));
    REQUIRE_FALSE(disk.read(scratch / "missing", 10));
    REQUIRE_FALSE(disk.read(scratch / "a", 1));
    CHECK(disk.remembered() == std::vector<DiskFiles::Remembered>{{scratch / "b", "first"}, {scratch / "a", "other"}});
}

TEST_CASE("what is no regular file is told, and never waited for", "[project]") {
    const testing::Scratch scratch;
    REQUIRE(::mkfifo((scratch / "pipe").c_str(), 0600) == 0);
    DiskFiles disk;
    CHECK(disk.kind(scratch / "pipe") == Kind::kOther);
    CHECK(disk.read(scratch / "pipe", 10).error().kind == ErrorKind::kInvalid);
    CHECK(disk.below(scratch.path(), all, 10).files.empty());
    CHECK(disk.below(scratch / "missing", all, 10).fault);
}

TEST_CASE("files in memory never lead to the disk", "[project]") {
    MemoryFiles memory({});
    CHECK(memory.kind("/etc/passwd") == Kind::kNone);
    CHECK(memory.kind("/") == Kind::kNone);
    CHECK_FALSE(memory.read("/etc/passwd", 1U << 20));
    CHECK(memory.below("/etc", all, 10).files.empty());
}
