// SPDX-License-Identifier: Apache-2.0
// What is appended to a journal is there for whoever comes after a process that was killed, once and in order.
#include "core/store/journal.hpp"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/base/durable_file.hpp"
#include "tests/unit/scratch.hpp"

using fstracker::Status;
using fstracker::store::Journal;

namespace {

std::vector<std::string> lines_of(const std::string& path, std::uint64_t known, std::uint64_t* missing = nullptr) {
    std::vector<std::string> lines;
    const auto gap = Journal::read(path, known, [&](std::string_view line) {
        lines.emplace_back(line);
        return Status();
    });
    REQUIRE(gap);
    if (missing != nullptr) *missing = *gap;
    return lines;
}

std::string line(std::uint64_t number) { return "line " + std::to_string(number); }

}  // namespace

TEST_CASE("what was appended can be read, from the line that the log lacks") {
    const fstracker::testing::Scratch folder;
    const std::string path = folder.path() + "/journal";
    {
        auto journal = Journal::open(path);
        REQUIRE(journal);
        (*journal)->clear(5);
        REQUIRE((*journal)->append("a\nb\n", 2));
        REQUIRE((*journal)->append("c\n", 1));
    }
    CHECK(lines_of(path, 5) == std::vector<std::string>{"a", "b", "c"});
    CHECK(lines_of(path, 6) == std::vector<std::string>{"b", "c"});
    CHECK(lines_of(path, 8).empty());
    std::uint64_t missing = 0;
    CHECK(lines_of(path, 2, &missing).size() == 3);
    CHECK(missing == 3);
}

TEST_CASE("no journal has nothing to say") {
    const fstracker::testing::Scratch folder;
    CHECK(lines_of(folder.path() + "/journal", 0).empty());
}

TEST_CASE("entries from before a clear do not come back, however they lie") {
    const fstracker::testing::Scratch folder;
    const std::string path = folder.path() + "/journal";
    auto journal = Journal::open(path);
    REQUIRE(journal);
    (*journal)->clear(0);
    for (std::uint64_t i = 0; i < 1000; ++i) REQUIRE((*journal)->append(line(i) + "\n", 1));
    (*journal)->clear(1000);
    CHECK(lines_of(path, 1000).empty());
    for (std::uint64_t i = 1000; i < 1010; ++i) REQUIRE((*journal)->append(line(i) + "\n", 1));
    const auto lines = lines_of(path, 1000);
    REQUIRE(lines.size() == 10);
    CHECK(lines.back() == line(1009));
}

TEST_CASE("a journal grows, and a damaged entry ends it") {
    const fstracker::testing::Scratch folder;
    const std::string path = folder.path() + "/journal";
    auto journal = Journal::open(path);
    REQUIRE(journal);
    (*journal)->clear(0);
    const std::string text(300'000, 'x');
    for (std::uint64_t i = 0; i < 20; ++i) REQUIRE((*journal)->append(text + "\n", 1));
    CHECK(lines_of(path, 0).size() == 20);
    auto bytes = fstracker::base::read_file(path);
    REQUIRE(bytes);
    (*bytes)[3 * 300'100] ^= 1;
    REQUIRE(fstracker::base::write_file_durably(path + "2", *bytes));
    CHECK(lines_of(path + "2", 0).size() < 4);
    bytes->resize(bytes->size() / 2);
    REQUIRE(fstracker::base::write_file_durably(path + "3", *bytes));
    CHECK(lines_of(path + "3", 0).size() < 4);
}

TEST_CASE("a writer that is killed at any moment leaves every line that it had appended") {
    const fstracker::testing::Scratch folder;
    auto* appended = static_cast<std::atomic<std::uint64_t>*>(::mmap(
        nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
    REQUIRE(appended != MAP_FAILED);
    for (int round = 0; round < 20; ++round) {
        const std::string path = folder.path() + "/journal" + std::to_string(round);
        appended->store(0);
        const pid_t child = ::fork();
        if (child == 0) {
            auto journal = Journal::open(path);
            if (!journal) ::_exit(1);
            (*journal)->clear(0);
            for (std::uint64_t i = 0;; ++i) {
                if (!(*journal)->append(line(i) + "\n", 1)) ::_exit(1);
                appended->store(i + 1);
            }
        }
        while (appended->load() < 2000U * static_cast<unsigned>(round + 1)) {
        }
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        REQUIRE(WIFSIGNALED(status));
        const auto lines = lines_of(path, 0);
        REQUIRE(lines.size() >= appended->load());
        REQUIRE(lines.size() <= appended->load() + 1);
        for (std::uint64_t i = 0; i < lines.size(); ++i) REQUIRE(lines[i] == line(i));
    }
    ::munmap(appended, sizeof(std::atomic<std::uint64_t>));
}
