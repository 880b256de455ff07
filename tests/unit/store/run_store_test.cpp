// SPDX-License-Identifier: Apache-2.0
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include <catch2/catch.hpp>

#include "core/store/run_store.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using store::RunStore;
using testing::put;
using testing::Scratch;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNoon = 1'795'608'000 * kSecond;

std::string add_run(const std::string& directory, const std::string& summary = "") {
    std::filesystem::create_directories(directory);
    put(directory + "/trace.sigstore.json", "{}");
    if (!summary.empty()) put(directory + "/summary.json", summary);
    return directory;
}

std::string id_at(std::int64_t second, std::uint64_t random = 1) {
    return store::make_run_id(kNoon + second * kSecond, random);
}

}  // namespace

TEST_CASE("run ids are of one form and sort by time") {
    CHECK(store::make_run_id(1'763'840'290'123'456'789, 0x5f0c) == "20251122T193810123Z-0000000000005f0c");
    CHECK(store::is_run_id("20251122T193810123Z-0000000000005f0c"));
    CHECK(store::make_run_id(kNoon, ~0ULL) < store::make_run_id(kNoon + 1'000'000, 0));
    for (const char* text : {"", "latest", "20251122T193810123Z-0000000000005f0",
                             "20251122T193810123Z-0000000000005f0cc", "20251122T193810123Z-0000000000005F0C",
                             "20251122t193810123Z-0000000000005f0c", "../../etc/passwd/aaaaaaaaaaaaaaaaaaa"})
        CHECK_FALSE(store::is_run_id(text));
}

TEST_CASE("the store is made private when the first run goes there") {
    const Scratch scratch;
    const RunStore runs(scratch / "state/runs");
    CHECK(runs.list().value().empty());
    CHECK(runs.directory_for(id_at(0)).value() == scratch / "state/runs/" + id_at(0));
    struct stat status {};
    REQUIRE(::stat(runs.root().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0700);
    CHECK_FALSE(runs.directory_for("../escape"));
}

TEST_CASE("runs are listed newest first, by what their summaries say") {
    const Scratch scratch;
    const RunStore runs(scratch.path());
    add_run(scratch / id_at(1), R"({"pipeline":"p","step":"train","verdict":"PASSED","complete":true})");
    add_run(scratch / id_at(3));
    add_run(scratch / id_at(2), R"({"pipeline":7,"step":["x"],"verdict":null,"complete":"yes"})");
    add_run(scratch / id_at(0), "no json {");
    const auto list = runs.list();
    REQUIRE(list);
    REQUIRE(list->size() == 4);
    CHECK(list->at(0).id == id_at(3));
    CHECK(list->at(1).id == id_at(2));
    CHECK(list->at(1).pipeline.empty());
    CHECK_FALSE(list->at(1).complete);
    CHECK(list->at(2).pipeline == "p");
    CHECK(list->at(2).step == "train");
    CHECK(list->at(2).verdict == "PASSED");
    CHECK(list->at(2).complete);
    CHECK(list->at(2).started == kNoon + kSecond);
    CHECK(list->at(2).directory == scratch / id_at(1));
}

TEST_CASE("what is no finished run is left out") {
    const Scratch scratch;
    const RunStore runs(scratch.path());
    add_run(scratch / id_at(1));
    add_run(scratch / ("." + id_at(2) + ".new-abcdef"));
    add_run(scratch / (id_at(3) + ".partial"));
    add_run(scratch / "notes");
    std::filesystem::create_directory(scratch / id_at(4));
    put(scratch / id_at(5), "a file");
    std::filesystem::create_directory_symlink(scratch / "gone", scratch / id_at(6));
    REQUIRE(runs.list().value().size() == 1);
    CHECK(runs.resolve("latest").value() == scratch / id_at(1));
}

TEST_CASE("a FIFO in place of a summary holds nobody up") {
    const Scratch scratch;
    add_run(scratch / id_at(1));
    REQUIRE(::mkfifo((scratch / id_at(1) + "/summary.json").c_str(), 0600) == 0);
    ::alarm(20);
    CHECK(RunStore(scratch.path()).list().value().size() == 1);
    ::alarm(0);
}

TEST_CASE("a run is found by id, unique prefix, latest and directory") {
    const Scratch scratch;
    const RunStore runs(scratch / "runs");
    add_run(scratch / "runs/" + id_at(1, 0xa));
    add_run(scratch / "runs/" + id_at(1, 0xb));
    add_run(scratch / "runs/" + id_at(2, 0xc));
    const std::string elsewhere = add_run(scratch / "elsewhere");
    CHECK(runs.resolve(id_at(1, 0xa)).value() == scratch / "runs/" + id_at(1, 0xa));
    CHECK(runs.resolve(id_at(2, 0xc).substr(0, 19)).value() == scratch / "runs/" + id_at(2, 0xc));
    CHECK(runs.resolve("latest").value() == scratch / "runs/" + id_at(2, 0xc));
    CHECK(runs.resolve(elsewhere).value() == elsewhere);
    CHECK(runs.resolve(elsewhere + "/").value() == elsewhere);

    const auto ambiguous = runs.resolve(id_at(1).substr(0, 19));
    REQUIRE_FALSE(ambiguous);
    CHECK(ambiguous.error().message.find(id_at(1, 0xa)) != std::string::npos);
    CHECK(ambiguous.error().message.find(id_at(1, 0xb)) != std::string::npos);
    CHECK(ambiguous.error().message.find(id_at(2, 0xc)) == std::string::npos);
}

TEST_CASE("what leads to no run is named, with a hint") {
    const Scratch scratch;
    const RunStore runs(scratch / "runs");
    put(scratch / "file", "");
    std::filesystem::create_directory(scratch / "empty");
    for (const std::string& run : {std::string("latest"), std::string("2026"), std::string("nonsense"), std::string(),
                                   id_at(9), scratch / "none", scratch / "file", scratch / "empty"}) {
        INFO(run);
        const auto resolved = runs.resolve(run);
        REQUIRE_FALSE(resolved);
        CHECK(resolved.error().message.find(run == "latest" ? runs.root() : run) != std::string::npos);
    }
}

TEST_CASE("a run that was written elsewhere is remembered") {
    const Scratch scratch;
    const RunStore runs(scratch / "runs");
    const std::string out =
        add_run(scratch / "out", R"({"pipeline":"p","step":"s","verdict":"WARNED","complete":false})");
    REQUIRE(runs.remember(id_at(5), out + "/"));
    REQUIRE(runs.remember(id_at(5), out));
    CHECK(runs.resolve(id_at(5)).value() == out);
    CHECK(runs.resolve("latest").value() == out);
    REQUIRE(runs.list().value().size() == 1);
    CHECK(runs.list().value().front().directory == out);
    CHECK(runs.list().value().front().verdict == "WARNED");

    const std::string other = add_run(scratch / "other");
    CHECK_FALSE(runs.remember(id_at(5), other));
    CHECK(runs.resolve(id_at(5)).value() == out);
    CHECK_FALSE(runs.remember("no id", out));
    CHECK_FALSE(runs.remember(id_at(6), scratch / "none"));

    std::filesystem::remove_all(out);
    const auto gone = runs.resolve(id_at(5));
    REQUIRE_FALSE(gone);
    CHECK(gone.error().message.find(out) != std::string::npos);
    CHECK(runs.list().value().empty());
}

TEST_CASE("many candidates are named up to a number") {
    const Scratch scratch;
    for (int i = 0; i < 12; ++i) add_run(scratch / id_at(i));
    const auto ambiguous = RunStore(scratch.path()).resolve("20");
    REQUIRE_FALSE(ambiguous);
    CHECK(ambiguous.error().message.find("and 4 more") != std::string::npos);
}
