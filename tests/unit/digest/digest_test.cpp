// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include <catch2/catch.hpp>

#include "core/base/fd.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using testing::put;
using testing::Scratch;

namespace {

std::string hex(const event::Sha256& digest) { return base::to_hex(digest); }

// Another implementation: coreutils'.
std::string sha256sum(const std::string& path) {
    FILE* pipe = ::popen(("sha256sum < '" + path + "'").c_str(), "r");
    REQUIRE(pipe != nullptr);
    char text[65] = {};
    const std::size_t got = std::fread(text, 1, 64, pipe);
    ::pclose(pipe);
    return {text, got};
}

std::string hash_file(const std::string& path, std::uint64_t size) {
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    REQUIRE(file);
    REQUIRE(::lseek(file.get(), 3, SEEK_SET) == 3);
    const auto digest = digest::sha256_of(file.get());
    REQUIRE(digest);
    CHECK(digest->bytes == size);
    CHECK(::lseek(file.get(), 0, SEEK_CUR) >= 0);
    return hex(digest->digest);
}

std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    std::uint32_t state = 1;
    for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
    return bytes;
}

}  // namespace

TEST_CASE("the known answers of SHA-256") {
    CHECK(hex(digest::sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex(digest::sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("a stream gives what the whole gives, however it is cut, and begins anew") {
    const std::string bytes = pattern(1000);
    digest::Sha256Stream stream;
    for (const std::size_t cut : {1U, 63U, 64U, 65U, 999U}) {
        const std::string_view all(bytes);
        for (std::size_t at = 0; at < all.size(); at += cut) {
            const std::string_view part = all.substr(at, cut);
            stream.update(std::as_bytes(std::span(part.data(), part.size())));
        }
        CHECK(stream.finish() == digest::sha256(bytes));
        stream.restart();
    }
}

TEST_CASE("files of every length around a block have the digest that coreutils gives") {
    const Scratch scratch;
    for (const std::size_t size : {0U, 1U, 131071U, 131072U, 131073U, 1048575U, 1048576U, 3000001U}) {
        INFO(size);
        const std::string path = put(scratch / "file", pattern(size));
        CHECK(hash_file(path, size) == sha256sum(path));
    }
}

TEST_CASE("holes are hashed as the zeros that they read as") {
    const Scratch scratch;
    const std::string path = scratch / "sparse";
    const base::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(file);
    const off_t size = 40 << 20;
    const bool ends_in_hole = GENERATE(true, false);
    REQUIRE(::ftruncate(file.get(), size) == 0);
    REQUIRE(::pwrite(file.get(), "beginning", 9, 0) == 9);
    REQUIRE(::pwrite(file.get(), "middle", 6, (17 << 20) + 5) == 6);
    if (!ends_in_hole) REQUIRE(::pwrite(file.get(), "end", 3, size - 3) == 3);
    CHECK(hash_file(path, size) == sha256sum(path));
}

TEST_CASE("a file that is one hole is hashed") {
    const Scratch scratch;
    const std::string path = put(scratch / "hole", "");
    REQUIRE(::truncate(path.c_str(), 5'000'001) == 0);
    CHECK(hash_file(path, 5'000'001) == sha256sum(path));
}

TEST_CASE("hashing stops when it is told to") {
    const Scratch scratch;
    const std::string path = put(scratch / "hole", "");
    REQUIRE(::truncate(path.c_str(), off_t{1} << 40) == 0);
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    const std::atomic<bool> stop{true};
    ::alarm(20);
    const auto digest = digest::sha256_of(file.get(), stop);
    ::alarm(0);
    CHECK_FALSE(digest);
}

TEST_CASE("what cannot be read is an error") {
    const base::Fd directory(::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    CHECK_FALSE(digest::sha256_of(directory.get()));
    CHECK_FALSE(digest::sha256_of(-1));
}
