// SPDX-License-Identifier: Apache-2.0
// Names, resolved in a directory that is there, to the objects whose change time moved.
#include "capture/name_resolver.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <string>

#include "tests/unit/scratch.hpp"

namespace {

using namespace fstracker;
using namespace fstracker::capture;
using event::NameOperation;
using fstracker::testing::put;
using fstracker::testing::Scratch;

event::Object object_at(const std::string& path) {
    struct stat status {};
    REQUIRE(lstat(path.c_str(), &status) == 0);
    event::Object object;
    object.id = {major(status.st_dev) << 20 | minor(status.st_dev), status.st_ino, 1};
    object.stamp.size = static_cast<std::uint64_t>(status.st_size);
    object.mode = status.st_mode;
    object.links = static_cast<std::uint32_t>(status.st_nlink);
    return object;
}

event::NameChange change(NameOperation operation, const std::string& base, const std::string& name) {
    event::NameChange change;
    change.operation = operation;
    change.base.bytes = base;
    change.name = name;
    return change;
}

event::NameChange change(NameOperation operation, const std::string& base, const std::string& name,
                         const std::string& second_base, const std::string& second) {
    event::NameChange both = change(operation, base, name);
    both.second_base.bytes = second_base;
    both.second_name = second;
    return both;
}

TEST_CASE("a renamed file is the one that its new name leads to") {
    const Scratch scratch;
    std::filesystem::create_directories(scratch / "a");
    std::filesystem::create_directories(scratch / "b");
    const event::Object file = object_at(put(scratch / "b/new", "content"));
    event::Object replaced = file;
    replaced.id.inode += std::uint64_t{1} << 40;
    replaced.links = 0;
    auto rename = change(NameOperation::kRename, scratch / "a", "old", scratch / "b", "new");
    rename.touched = {object_at(scratch / "a"), object_at(scratch / "b"), replaced, file};
    SECTION("still there") {
        const event::Renamed renamed = resolve(rename);
        CHECK(renamed.operation == NameOperation::kRename);
        CHECK(renamed.path.bytes == scratch / "b/new");
        CHECK(renamed.second_path.bytes == scratch / "a/old");
        REQUIRE(renamed.object);
        CHECK(renamed.object->id == file.id);
    }
    SECTION("gone since: of two files, the one without a link was replaced") {
        std::filesystem::remove(scratch / "b/new");
        REQUIRE(resolve(rename).object);
        CHECK(resolve(rename).object->id == file.id);
    }
    SECTION("gone since, and both have links: nobody knows") {
        std::filesystem::remove(scratch / "b/new");
        rename.touched[2].links = 1;
        CHECK_FALSE(resolve(rename).object);
    }
    SECTION("the name leads to something that the call did not touch") {
        std::filesystem::remove(scratch / "b/new");
        put(scratch / "keeps the inode busy", "");
        put(scratch / "b/new", "somebody else's, and longer");
        rename.touched = {object_at(scratch / "a"), object_at(scratch / "b")};
        CHECK_FALSE(resolve(rename).object);
    }
}

TEST_CASE("an exchange is a rename of both objects") {
    const Scratch scratch;
    put(scratch / "a", "at a now");
    put(scratch / "b", "at b now, and longer");
    const event::Object at_a = object_at(scratch / "a");
    const event::Object at_b = object_at(scratch / "b");
    auto exchange = change(NameOperation::kExchange, scratch.path(), "a", scratch.path(), "b");
    exchange.touched = {object_at(scratch.path()), at_b, at_a, at_b};
    SECTION("both at their places") {}
    SECTION("one has gone: it is the one that is left") { std::filesystem::remove(scratch / "a"); }
    SECTION("likewise the other") { std::filesystem::remove(scratch / "b"); }
    const auto all = resolve_all(exchange);
    REQUIRE(all.size() == 2);
    for (const event::Renamed& one : all) {
        const bool is_a = one.path.bytes == scratch / "a";
        CHECK(one.operation == NameOperation::kExchange);
        CHECK(one.path.bytes == scratch / (is_a ? "a" : "b"));
        CHECK(one.second_path.bytes == scratch / (is_a ? "b" : "a"));
        REQUIRE(one.object);
        CHECK(one.object->id == (is_a ? at_a.id : at_b.id));
    }
    CHECK(all[0].path != all[1].path);
}

TEST_CASE("an exchange of which nothing can be told is told once, and another operation is one") {
    const Scratch scratch;
    auto exchange = change(NameOperation::kExchange, scratch.path(), "a", scratch.path(), "b");
    exchange.touched = {object_at(scratch.path())};
    REQUIRE(resolve_all(exchange).size() == 1);
    CHECK_FALSE(resolve_all(exchange).front().object);
    exchange.operation = NameOperation::kRename;
    CHECK(resolve_all(exchange) == std::vector<event::Renamed>{resolve(exchange)});
}

TEST_CASE("a renamed directory is found among the directories that were touched") {
    const Scratch scratch;
    std::filesystem::create_directories(scratch / "new");
    auto rename = change(NameOperation::kRename, scratch.path(), "old", scratch.path(), "new");
    rename.touched = {object_at(scratch.path()), object_at(scratch / "new")};
    REQUIRE(resolve(rename).object);
    CHECK(resolve(rename).object->id == object_at(scratch / "new").id);
}

TEST_CASE("an unlinked file is the only one that can be meant") {
    const Scratch scratch;
    event::Object file = object_at(put(scratch / "f", "x"));
    std::filesystem::remove(scratch / "f");
    file.links = 0;
    auto unlink = change(NameOperation::kUnlink, scratch.path(), "f");
    unlink.touched = {object_at(scratch.path()), file, file};
    REQUIRE(resolve(unlink).object);
    CHECK(resolve(unlink).object->id == file.id);
    CHECK(resolve(unlink).path.bytes == scratch / "f");
    CHECK(resolve(unlink).second_path.bytes.empty());
    SECTION("or one of two: nobody knows") {
        event::Object other = file;
        other.id.inode += std::uint64_t{1} << 40;
        unlink.touched.push_back(other);
        CHECK_FALSE(resolve(unlink).object);
    }
    SECTION("or none") {
        unlink.touched = {object_at(scratch.path())};
        CHECK_FALSE(resolve(unlink).object);
    }
}

TEST_CASE("directories are made and removed") {
    const Scratch scratch;
    std::filesystem::create_directories(scratch / "d");
    event::Object made = object_at(scratch / "d");
    SECTION("made") {
        auto mkdir = change(NameOperation::kMkdir, scratch.path(), "d");
        mkdir.touched = {object_at(scratch.path()), made};
        REQUIRE(resolve(mkdir).object);
        CHECK(resolve(mkdir).object->id == made.id);
    }
    SECTION("removed") {
        std::filesystem::remove(scratch / "d");
        made.links = 0;
        auto rmdir = change(NameOperation::kRmdir, scratch.path(), "d");
        rmdir.touched = {object_at(scratch.path()), made};
        REQUIRE(resolve(rmdir).object);
        CHECK(resolve(rmdir).object->id == made.id);
    }
}

TEST_CASE("links are named and not followed") {
    const Scratch scratch;
    put(scratch / "target", "content");
    SECTION("a symbolic link that is made") {
        std::filesystem::create_symlink("target", scratch / "link");
        auto symlink = change(NameOperation::kSymlink, scratch.path(), "link");
        symlink.touched = {object_at(scratch.path()), object_at(scratch / "link")};
        REQUIRE(resolve(symlink).object);
        CHECK(resolve(symlink).object->id == object_at(scratch / "link").id);
        CHECK(resolve(symlink).path.bytes == scratch / "link");
    }
    SECTION("a hard link") {
        std::filesystem::create_hard_link(scratch / "target", scratch / "link");
        auto link = change(NameOperation::kLink, scratch.path(), "target", scratch.path(), "link");
        link.touched = {object_at(scratch.path()), object_at(scratch / "target")};
        const event::Renamed renamed = resolve(link);
        REQUIRE(renamed.object);
        CHECK(renamed.object->id == object_at(scratch / "target").id);
        CHECK(renamed.path.bytes == scratch / "link");
        CHECK(renamed.second_path.bytes == scratch / "target");
    }
}

TEST_CASE("names become absolute paths, with links on the way followed") {
    const Scratch scratch;
    std::filesystem::create_directories(scratch / "real/below");
    std::filesystem::create_directory_symlink("real/below", scratch / "link");
    const auto path_of = [&](const std::string& base, const std::string& name) {
        return resolve(change(NameOperation::kUnlink, base, name)).path.bytes;
    };
    CHECK(path_of(scratch.path(), "f") == scratch / "f");
    CHECK(path_of(scratch.path(), "./f") == scratch / "f");
    CHECK(path_of(scratch.path(), "real//f") == scratch / "real/f");
    CHECK(path_of(scratch.path(), "link/f") == scratch / "real/below/f");
    CHECK(path_of(scratch.path(), "link/../f") == scratch / "real/f");
    CHECK(path_of(scratch.path(), "gone/../f") == scratch / "f");
    CHECK(path_of(scratch.path(), "real/") == scratch / "real");
    CHECK(path_of("", scratch / "link/f") == scratch / "real/below/f");
    CHECK(path_of("/", "f") == "/f");
    CHECK(path_of("/", "../../f") == "/f");
    CHECK(path_of(scratch.path(), "link") == scratch / "link");
}

TEST_CASE("a tail of a base gives a tail") {
    const Scratch scratch;
    auto unlink = change(NameOperation::kUnlink, "deep/down", "f");
    unlink.base.truncated = true;
    CHECK(resolve(unlink).path.bytes == "deep/down/f");
    CHECK(resolve(unlink).path.truncated);
}

}  // namespace
