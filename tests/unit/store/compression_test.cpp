// SPDX-License-Identifier: Apache-2.0
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

#include <catch2/catch.hpp>

#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "core/store/compression.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using store::LogWriter;
using testing::content_of;
using testing::put;
using testing::Scratch;

namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 30;

std::string lines(int count) {
    std::string text;
    for (int i = 0; i < count; ++i)
        text += R"({"kind":"access","path":"/data/part-)" + std::to_string(i * 7919) + "\"}\n";
    return text;
}

Result<std::string> joined(const std::string& path) {
    std::string all;
    const auto done = store::for_each_line(path, [&](std::string_view line) -> Status {
        all.append(line).push_back('\n');
        return {};
    });
    if (!done) return fail(done.error());
    return all;
}

std::string write_log(const std::string& path, const std::string& text, std::size_t piece) {
    auto log = LogWriter::create(path);
    REQUIRE(log);
    for (std::size_t at = 0; at < text.size(); at += piece)
        REQUIRE((*log)->append(std::string_view(text).substr(at, piece)));
    const auto digest = (*log)->finish_hex();
    REQUIRE(digest);
    return *digest;
}

}  // namespace

TEST_CASE("what is compressed comes back, and says so when it would be too long") {
    for (const std::string& text : {std::string(), std::string("x"), lines(1000), std::string(3 << 20, '\0')}) {
        const auto frame = store::compress(text);
        REQUIRE(frame);
        CHECK(store::decompress(*frame, text.size()).value() == text);
        if (text.empty()) continue;
        const auto cut = store::decompress(*frame, text.size() - 1);
        REQUIRE_FALSE(cut);
        CHECK(cut.error().kind == ErrorKind::kInvalid);
    }
}

TEST_CASE("any byte changed in a frame, cut off or added is noticed") {
    const std::string text = lines(50);
    const std::string frame = store::compress(text).value();
    std::size_t unnoticed = 0;
    for (std::size_t at = 0; at < frame.size(); ++at) {
        std::string damaged = frame;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
        const auto got = store::decompress(damaged, kPlenty);
        // A bit of the header that means nothing may change nothing; the content never.
        if (got && *got != text) ++unnoticed;
    }
    CHECK(unnoticed == 0);
    for (std::size_t size = 0; size < frame.size(); ++size)
        CHECK_FALSE(store::decompress(frame.substr(0, size), kPlenty));
    CHECK_FALSE(store::decompress(frame + "x", kPlenty));
    CHECK_FALSE(store::decompress(frame + frame, kPlenty));
    CHECK_FALSE(store::decompress(std::string("\x50\x2a\x4d\x18\x00\x00\x00\x00", 8), kPlenty));  // a skippable frame
}

TEST_CASE("a log has the lines that were appended, however they were cut, and the digest of its file") {
    const Scratch scratch;
    const std::string text = lines(5000);
    for (const std::size_t piece : {std::size_t{7}, std::size_t{4096}, text.size()}) {
        const std::string path = scratch / ("log" + std::to_string(piece));
        const std::string digest = write_log(path, text, piece);
        CHECK(joined(path).value() == text);
        CHECK(digest == base::to_hex(digest::sha256(content_of(path))));
    }
}

TEST_CASE("an empty log is a frame without lines; empty lines are lines") {
    const Scratch scratch;
    write_log(scratch / "empty", "", 1);
    CHECK(joined(scratch / "empty").value().empty());
    write_log(scratch / "blank", "\n\na\n\n", 1);
    CHECK(joined(scratch / "blank").value() == "\n\na\n\n");
}

TEST_CASE("what was flushed can be read although the log was never finished") {
    const Scratch scratch;
    auto log = LogWriter::create(scratch / "log");
    REQUIRE(log);
    REQUIRE((*log)->append(lines(100)));
    REQUIRE((*log)->flush());
    std::size_t seen = 0;
    const auto done =
        store::for_each_line(scratch / "log", [&](std::string_view) -> Status { return ++seen, Status(); });
    CHECK(seen == 100);
    CHECK_FALSE(done);
}

TEST_CASE("a log is never written over, and finished once") {
    const Scratch scratch;
    put(scratch / "there", "precious");
    CHECK_FALSE(LogWriter::create(scratch / "there"));
    CHECK(content_of(scratch / "there") == "precious");
    auto log = LogWriter::create(scratch / "log");
    REQUIRE((*log)->finish_hex());
    CHECK_FALSE((*log)->append("x\n"));
    CHECK_FALSE((*log)->finish_hex());
}

TEST_CASE("a full disk is an error that stays") {
    const Scratch scratch;
    auto* const before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    ::getrlimit(RLIMIT_FSIZE, &old);
    const rlimit limit{8192, old.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto log = LogWriter::create(scratch / "log");
    REQUIRE(log);
    Status appended;
    std::uint32_t state = 1;
    for (int i = 0; i < 10'000 && appended; ++i) {
        std::string noise(512, '\0');
        for (char& byte : noise) byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
        appended = (*log)->append(noise);
    }
    const auto digest = (*log)->finish_hex();
    ::setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, before);
    REQUIRE_FALSE(appended);
    CHECK(appended.error().message.find(scratch / "log") != std::string::npos);
    REQUIRE_FALSE(digest);
    CHECK(digest.error().message == appended.error().message);
}

TEST_CASE("room that is held is there when the disk is full, and given back at the end") {
    const Scratch scratch;
    if (::mount("none", scratch.path().c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "size=1m") != 0) {
        WARN("skipped: mounting a small tmpfs needs root");
        return;
    }
    struct Unmount {
        const std::string& path;
        ~Unmount() { ::umount2(path.c_str(), MNT_DETACH); }
    } const unmount{scratch.path()};
    std::uint32_t state = 1;
    std::string noise;  // does not compress
    for (int i = 0; i < 200'000; ++i) {
        const char byte = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
        noise += byte == '\n' || i % 1000 == 999 ? '\n' : byte;
    }
    noise += '\n';
    auto log = LogWriter::create(scratch / "log");
    REQUIRE(log);
    REQUIRE((*log)->append(noise));
    REQUIRE((*log)->reserve(noise.size() + 300'000));
    {
        std::ofstream fill(scratch / "fill");
        fill << std::string(std::size_t{2} << 20, 'x');
    }
    struct statvfs status {};
    REQUIRE(::statvfs(scratch.path().c_str(), &status) == 0);
    REQUIRE(status.f_bavail == 0);
    const auto more = (*log)->reserve(std::size_t{1} << 20);
    REQUIRE_FALSE(more);
    CHECK(more.error().message.find("No space left") != std::string::npos);
    CHECK((*log)->append(noise));
    CHECK((*log)->finish_hex());
    CHECK(joined(scratch / "log").value() == noise + noise);
    REQUIRE(::statvfs(scratch.path().c_str(), &status) == 0);
    CHECK(status.f_bavail * status.f_bsize >= 290'000);
}

TEST_CASE("a damaged log is an error, whatever lines it gave before") {
    const Scratch scratch;
    write_log(scratch / "log", lines(2000), 1000);
    const std::string bytes = content_of(scratch / "log");
    SECTION("cut off") { put(scratch / "log", bytes.substr(0, bytes.size() - 1)); }
    SECTION("empty") { put(scratch / "log", ""); }
    SECTION("bytes behind") { put(scratch / "log", bytes + "x"); }
    SECTION("another frame behind") { put(scratch / "log", bytes + bytes); }
    SECTION("a skippable frame before") {
        put(scratch / "log", std::string("\x50\x2a\x4d\x18\x00\x00\x00\x00", 8) + bytes);
    }
    SECTION("no zstd at all") { put(scratch / "log", lines(10)); }
    SECTION("its checksum") {
        std::string damaged = bytes;
        damaged.back() = static_cast<char>(damaged.back() ^ 1);
        put(scratch / "log", damaged);
    }
    SECTION("a FIFO") {
        std::filesystem::remove(scratch / "log");
        REQUIRE(::mkfifo((scratch / "log").c_str(), 0600) == 0);
    }
    SECTION("a directory") {
        std::filesystem::remove(scratch / "log");
        std::filesystem::create_directory(scratch / "log");
    }
    ::alarm(30);
    const auto read = joined(scratch / "log");
    ::alarm(0);
    REQUIRE_FALSE(read);
    CHECK(read.error().message.find(scratch / "log") != std::string::npos);
}

TEST_CASE("a last line without end, an endless line and a bomb are errors") {
    const Scratch scratch;
    write_log(scratch / "unended", "a\nb", 1000);
    CHECK_FALSE(joined(scratch / "unended"));

    write_log(scratch / "longest", std::string(store::kLongestLine, 'x') + "\n", 1 << 20);
    CHECK(joined(scratch / "longest"));
    write_log(scratch / "endless", std::string(store::kLongestLine + 1, 'x') + "\n", 1 << 20);
    const auto endless = joined(scratch / "endless");
    REQUIRE_FALSE(endless);
    CHECK(endless.error().message.find("line 1 ") != std::string::npos);

    const std::string blank(std::size_t{16} << 20, '\n');
    write_log(scratch / "bomb", blank, blank.size());
    std::size_t seen = 0;
    const auto count = [&](std::string_view) -> Status { return ++seen, Status(); };
    CHECK_FALSE(store::for_each_line(scratch / "bomb", count, 1 << 20));
    CHECK(seen <= (1 << 20));
}

TEST_CASE("the reader's error ends the reading and is the answer") {
    const Scratch scratch;
    write_log(scratch / "log", lines(100), 1000);
    int seen = 0;
    const auto done = store::for_each_line(scratch / "log", [&](std::string_view) -> Status {
        if (++seen == 3) return fail(ErrorKind::kInvalid, "third");
        return {};
    });
    REQUIRE_FALSE(done);
    CHECK(done.error().message == "third");
    CHECK(seen == 3);
}
