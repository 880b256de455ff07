// SPDX-License-Identifier: Apache-2.0
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include <catch2/catch.hpp>

#include "core/base/durable_file.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using testing::content_of;
using testing::put;
using testing::Scratch;

namespace {

// Files cannot grow past `bytes` while this lives.
class FileSizeLimit {
  public:
    explicit FileSizeLimit(rlim_t bytes) {
        old_handler_ = std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &old_);
        const rlimit limit{bytes, old_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileSizeLimit() {
        ::setrlimit(RLIMIT_FSIZE, &old_);
        std::signal(SIGXFSZ, old_handler_);
    }

  private:
    rlimit old_{};
    void (*old_handler_)(int) = nullptr;
};

std::size_t entries(const std::string& directory) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(directory), {}));
}

}  // namespace

TEST_CASE("a file is written whole, with its mode, over what was there") {
    const Scratch scratch;
    const std::string path = put(scratch / "key.pem", "old");
    REQUIRE(base::write_file_durably(path, "new content", 0600));
    CHECK(content_of(path) == "new content");
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(entries(scratch.path()) == 1);
}

TEST_CASE("a write that fails leaves the old file and nothing else") {
    const Scratch scratch;
    const std::string path = put(scratch / "file", "old");
    {
        const FileSizeLimit limit(4096);
        const auto written = base::write_file_durably(path, std::string(10'000, 'x'));
        REQUIRE_FALSE(written);
        CHECK(written.error().message.find(path) != std::string::npos);
    }
    CHECK(content_of(path) == "old");
    CHECK(entries(scratch.path()) == 1);
}

TEST_CASE("a file in a directory that is not there cannot be written") {
    const Scratch scratch;
    const auto written = base::write_file_durably(scratch / "none/file", "x");
    REQUIRE_FALSE(written);
    CHECK(written.error().kind == ErrorKind::kNotFound);
}

TEST_CASE("a file is read whole, up to the limit") {
    const Scratch scratch;
    const std::string long_text(100'000, 'a');
    CHECK(base::read_file(put(scratch / "long", long_text)).value() == long_text);
    CHECK(base::read_file(scratch / "long", 100'000).value() == long_text);
    CHECK(base::read_file(put(scratch / "empty", "")).value().empty());
    CHECK(base::read_file(scratch / "empty", 0).value().empty());

    const auto cut = base::read_file(scratch / "long", 99'999);
    REQUIRE_FALSE(cut);
    CHECK(cut.error().kind == ErrorKind::kInvalid);
    CHECK(base::read_file(scratch / "none").error().kind == ErrorKind::kNotFound);
    CHECK(base::read_file(scratch.path()).error().kind == ErrorKind::kInvalid);
}

TEST_CASE("pseudo files that say they are empty are read too") {
    CHECK_FALSE(base::read_file("/proc/self/status").value().empty());
}

TEST_CASE("a FIFO in place of a regular file is an error at once") {
    const Scratch scratch;
    REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
    ::alarm(20);
    const auto read = base::read_regular_file(scratch / "fifo", 100);
    ::alarm(0);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == ErrorKind::kInvalid);
    CHECK(base::read_regular_file(put(scratch / "file", "x"), 100).value() == "x");
}

TEST_CASE("directories are made on the way, with the mode") {
    const Scratch scratch;
    const std::string path = scratch / "a/b/c";
    REQUIRE(base::make_directories(path, 0700));
    REQUIRE(base::make_directories(path + "/", 0700));
    struct stat status {};
    REQUIRE(::stat((scratch / "a").c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0700);

    put(scratch / "file", "");
    CHECK_FALSE(base::make_directories(scratch / "file/x", 0700));
    CHECK_FALSE(base::make_directories(scratch / "file", 0700));
    CHECK_FALSE(base::make_directories("", 0700));
    CHECK(base::make_directories("/", 0700));
}

TEST_CASE("a directory is synced, and what is none is an error") {
    const Scratch scratch;
    CHECK(base::sync_directory(scratch.path()));
    CHECK_FALSE(base::sync_directory(put(scratch / "file", "")));
}
