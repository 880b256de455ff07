// SPDX-License-Identifier: Apache-2.0
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>

#include "core/store/run_directory.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using store::RunDirectoryOptions;
using store::RunDirectoryWriter;
using testing::content_of;
using testing::put;
using testing::Scratch;

namespace {

std::unique_ptr<RunDirectoryWriter> create(const std::string& path, const RunDirectoryOptions& options = {}) {
    auto writer = RunDirectoryWriter::create(path, options);
    if (!writer) FAIL(writer.error().message);
    return std::move(*writer);
}

std::size_t entries(const std::string& directory) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

unsigned mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a run directory appears whole with its commit") {
    const Scratch scratch;
    const auto writer = create(scratch / "run");
    CHECK(writer->final_path() == scratch / "run");
    REQUIRE(writer->write("a", "first"));
    REQUIRE(writer->write("a", "again"));
    put(writer->working_path() + "/b", "by itself");
    CHECK_FALSE(std::filesystem::exists(scratch / "run"));
    CHECK(std::filesystem::path(writer->working_path()).filename().string().starts_with(".run.new-"));
    REQUIRE(writer->commit());
    CHECK(content_of(scratch / "run/a") == "again");
    CHECK(content_of(scratch / "run/b") == "by itself");
    CHECK(entries(scratch.path()) == 1);
}

TEST_CASE("modes are as asked for, and private without asking") {
    const Scratch scratch;
    RunDirectoryOptions options;
    unsigned file_mode = 0600;
    SECTION("in the store") {}
    SECTION("for --out") {
        options.mode = 0755;
        file_mode = 0644;
    }
    const auto writer = create(scratch / "run", options);
    REQUIRE(writer->write("a", "x"));
    CHECK(mode_of(writer->working_path()) == 0700);
    REQUIRE(writer->commit());
    CHECK(mode_of(scratch / "run") == options.mode);
    CHECK(mode_of(scratch / "run/a") == file_mode);
}

TEST_CASE("an owner is given everything before it has its name") {
    if (::geteuid() != 0) {
        WARN("skipped: giving files away needs root");
        return;
    }
    const Scratch scratch;
    RunDirectoryOptions options;
    options.owner = store::Owner{65534, 65534};
    const auto writer = create(scratch / "run", options);
    REQUIRE(writer->write("a", "x"));
    REQUIRE(writer->commit());
    for (const char* name : {"run", "run/a"}) {
        struct stat status {};
        REQUIRE(::stat((scratch / name).c_str(), &status) == 0);
        CHECK(status.st_uid == 65534);
        CHECK(status.st_gid == 65534);
    }
}

TEST_CASE("without commit nothing is left") {
    const Scratch scratch;
    {
        const auto writer = create(scratch / "run");
        REQUIRE(writer->write("a", "x"));
    }
    CHECK(entries(scratch.path()) == 0);
}

TEST_CASE("an empty directory is taken, also through a symbolic link") {
    const Scratch scratch;
    std::filesystem::create_directory(scratch / "run");
    std::filesystem::create_directory_symlink(scratch / "run", scratch / "link");
    const auto writer = create(scratch / GENERATE("run", "run/", "link"));
    REQUIRE(writer->write("a", "x"));
    REQUIRE(writer->commit());
    CHECK(content_of(scratch / "run/a") == "x");
    CHECK(std::filesystem::is_symlink(scratch / "link"));
}

TEST_CASE("what cannot become a run directory is refused before the command starts") {
    const Scratch scratch;
    std::filesystem::create_directory(scratch / "full");
    put(scratch / "full/file", "");
    put(scratch / "file", "");
    std::filesystem::create_symlink(scratch / "nowhere", scratch / "dangling");
    for (const std::string& path :
         {scratch / "full", scratch / "file", scratch / "dangling", scratch / "none/run", scratch / "file/run",
          scratch / "full/..", std::string(), std::string("/"), std::string(".")}) {
        INFO(path);
        const auto writer = RunDirectoryWriter::create(path);
        REQUIRE_FALSE(writer);
        CHECK_FALSE(writer.error().message.empty());
    }
    CHECK(entries(scratch.path()) == 3);
}

TEST_CASE("what came to the place meanwhile is not written over, and what was recorded can be kept") {
    const Scratch scratch;
    const auto writer = create(scratch / "run");
    REQUIRE(writer->write("a", "x"));
    std::filesystem::create_directory(scratch / "run");
    put(scratch / "run/theirs", "precious");
    const auto committed = writer->commit();
    REQUIRE_FALSE(committed);
    CHECK(committed.error().message.find(scratch / "run") != std::string::npos);
    CHECK(content_of(scratch / "run/theirs") == "precious");
    CHECK(writer->keep_partial().value() == scratch / "run.partial");
    CHECK(content_of(scratch / "run.partial/a") == "x");

    const auto second = create(scratch / "run2");
    REQUIRE(second->write("a", "y"));
    std::filesystem::rename(scratch / "run.partial", scratch / "run2.partial");
    CHECK(second->keep_partial().value() == scratch / "run2.partial-2");
}

TEST_CASE("a directory is taken over when its writer is gone, and not before") {
    const Scratch scratch;
    auto writer = create(scratch / "run");
    const std::string working = writer->working_path();
    REQUIRE(writer->write("a", "x"));
    REQUIRE(writer->write(store::kNoteFile, "note"));
    const auto while_it_lives = RunDirectoryWriter::take_over(working);
    REQUIRE(while_it_lives);
    CHECK(*while_it_lives == nullptr);
    writer->leave();
    writer.reset();

    auto heir = RunDirectoryWriter::take_over(working);
    REQUIRE(heir);
    REQUIRE(*heir != nullptr);
    CHECK((*heir)->final_path() == scratch / "run");
    CHECK(*RunDirectoryWriter::take_over(working) == nullptr);
    if (GENERATE(true, false)) {
        REQUIRE((*heir)->commit());
        CHECK(content_of(scratch / "run/a") == "x");
        CHECK(entries(scratch / "run") == 1);
    } else {
        heir->reset();
        CHECK(entries(scratch.path()) == 0);
    }
}

TEST_CASE("what is no directory in the making is not taken over") {
    const Scratch scratch;
    for (const char* name : {"run", ".run", ".run.new-", ".new-Abc123", "run.new-Abc123", ".run.old-Abc123"}) {
        std::filesystem::create_directory(scratch / name);
        const auto taken = RunDirectoryWriter::take_over(scratch / name);
        CHECK_FALSE(taken);
    }
    std::filesystem::create_directory_symlink(scratch / "run", scratch / ".link.new-Abc123");
    CHECK_FALSE(RunDirectoryWriter::take_over(scratch / ".link.new-Abc123"));
    CHECK_FALSE(RunDirectoryWriter::take_over(scratch / ".none.new-Abc123"));
    CHECK(entries(scratch.path()) == 7);
}

TEST_CASE("only plain names are written") {
    const Scratch scratch;
    const auto writer = create(scratch / "run");
    for (const std::string& name : {std::string(), std::string("."), std::string(".."), std::string("../x"),
                                    std::string("a/b"), std::string("a\0b", 3)}) {
        CHECK_FALSE(writer->write(name, "x"));
    }
    CHECK(entries(writer->working_path()) == 0);
}

TEST_CASE("a symbolic link that a step laid in the directory is not followed") {
    const Scratch scratch;
    put(scratch / "theirs", "precious");
    const auto writer = create(scratch / "run");
    std::filesystem::create_symlink(scratch / "theirs", writer->working_path() + "/a");
    REQUIRE(writer->write("a", "x"));
    CHECK(content_of(scratch / "theirs") == "precious");
    std::filesystem::create_symlink(scratch / "theirs", writer->working_path() + "/b");
    CHECK_FALSE(writer->commit());
}

TEST_CASE("a full disk leaves no half file and no directory") {
    const Scratch scratch;
    auto* const before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    {
        const auto writer = create(scratch / "run");
        const rlimit limit{4096, old.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const auto written = writer->write("a", std::string(10'000, 'x'));
        ::setrlimit(RLIMIT_FSIZE, &old);
        CHECK_FALSE(written);
        CHECK(entries(writer->working_path()) == 0);
    }
    std::signal(SIGXFSZ, before);
    CHECK(entries(scratch.path()) == 0);
}

TEST_CASE("a full file system is named with a hint") {
    const Scratch scratch;
    if (::mount("none", scratch.path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=64k") != 0) {
        WARN("skipped: mounting a small tmpfs needs root");
        return;
    }
    struct Unmount {
        const std::string& path;
        ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
    } const unmount{scratch.path()};
    {
        const auto writer = create(scratch / "run");
        const auto written = writer->write("a", std::string(1 << 20, 'x'));
        REQUIRE_FALSE(written);
        CHECK(written.error().message.find("No space left") != std::string::npos);
        CHECK(written.error().hint.find("free space") != std::string::npos);
        CHECK(entries(writer->working_path()) == 0);
    }
    CHECK(entries(scratch.path()) == 0);
}
