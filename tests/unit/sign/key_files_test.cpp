// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "core/sign/key.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using namespace fstracker::sign;

namespace {

unsigned mode_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::lstat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("a pair is made, with its modes and folders, and loads", "[sign][files]") {
    const testing::Scratch scratch;
    const std::string path = scratch / "a/b/key.pem";
    const auto made = create_key_files(path, KeyType::kEcdsaP256);
    REQUIRE(made);
    CHECK(mode_of(path) == 0600);
    CHECK(mode_of(path + ".pub") == 0644);
    CHECK(mode_of(scratch / "a") == 0700);
    const auto loaded = load_private_key(path, "");
    const auto half = load_public_key(path + ".pub");
    REQUIRE(loaded);
    REQUIRE(half);
    CHECK(loaded->public_key().id() == made->public_key().id());
    CHECK(half->id() == made->public_key().id());
    // Nothing else is left in the folder.
    CHECK(std::distance(std::filesystem::directory_iterator(scratch / "a/b"), {}) == 2);
}

TEST_CASE("a key is never overwritten", "[sign][files]") {
    const testing::Scratch scratch;
    const std::string path = scratch / "key.pem";
    for (const std::string& taken : {path, path + ".pub"}) {
        testing::put(taken, "mine");
        const auto made = create_key_files(path, KeyType::kEd25519);
        REQUIRE_FALSE(made);
        CHECK_THAT(made.error().message, Catch::Contains(taken) && Catch::Contains("already exists"));
        CHECK(testing::content_of(taken) == "mine");
        CHECK(std::distance(std::filesystem::directory_iterator(scratch.path()), {}) == 1);
        std::filesystem::remove(taken);
    }
    std::filesystem::create_symlink(scratch / "elsewhere", path);
    CHECK_FALSE(create_key_files(path, KeyType::kEd25519).has_value());
    CHECK_FALSE(std::filesystem::exists(scratch / "elsewhere"));
}

TEST_CASE("a private key that others may use is refused", "[sign][files]") {
    const testing::Scratch scratch;
    const std::string path = scratch / "key.pem";
    REQUIRE(create_key_files(path, KeyType::kEcdsaP256));
    for (const mode_t mode : {0640, 0604, 0620, 0601, 0644, 0660}) {
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        const auto loaded = load_private_key(path, "");
        REQUIRE_FALSE(loaded);
        CHECK(loaded.error().kind == ErrorKind::kPermission);
        CHECK_THAT(loaded.error().hint, Catch::StartsWith("chmod 600"));
    }
    REQUIRE(::chmod(path.c_str(), 0400) == 0);
    CHECK(load_private_key(path, "").has_value());
}

TEST_CASE("files that are no keys are errors that name them", "[sign][files]") {
    const testing::Scratch scratch;
    const auto missing = load_private_key(scratch / "none", "");
    REQUIRE_FALSE(missing);
    CHECK(missing.error().kind == ErrorKind::kNotFound);
    CHECK_THAT(missing.error().hint, Catch::Contains("track keys generate"));
    CHECK(load_public_key(scratch / "none").error().kind == ErrorKind::kNotFound);

    REQUIRE(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
    const std::string text = testing::put(scratch / "text", "text");
    const std::string huge = testing::put(scratch / "huge", std::string(1 << 20, 'x'));
    for (const std::string& path : {text, huge}) REQUIRE(::chmod(path.c_str(), 0600) == 0);
    for (const std::string& path : {scratch / "fifo", text, huge, scratch.path()}) {
        const auto loaded = load_private_key(path, "");
        REQUIRE_FALSE(loaded);
        CHECK_THAT(loaded.error().message, Catch::Contains(path));
        CHECK_FALSE(loaded.error().hint.empty());
    }
    CHECK_THAT(load_public_key(text).error().message, Catch::Contains(text));
}
