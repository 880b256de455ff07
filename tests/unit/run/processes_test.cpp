// SPDX-License-Identifier: Apache-2.0
// Who ran what, who is listed, and what outlives the command.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "fstracker/abi/event.h"
#include "tests/unit/run/story.hpp"

namespace {

using namespace fstracker;
using namespace fstracker::run;
using namespace fstracker::run::testing;
using Ids = std::vector<event::ProcessId>;

Ids ids(const Record& record) {
    Ids ids;
    for (const Process& process : record.processes) ids.push_back(process.id);
    return ids;
}

const Process& process(const Record& record, event::ProcessId id) {
    for (const Process& one : record.processes) {
        if (one.id == id) return one;
    }
    FAIL("process " << id << " is not listed");
    return record.processes.front();
}

TEST_CASE("a fork is listed when it did something, or never executed") {
    Story story;
    story.exec(1, 0, "/bin/sh", file(3));
    story.fork(2, 1);
    SECTION("it only executed") {
        story.exec(3, 2, "/bin/ls", file(4));
        const Record record = story.record();
        CHECK(ids(record) == Ids{1, 3});
        CHECK(process(record, 3).parent == 1);
    }
    SECTION("it opened something before it executed") {
        story.read(2, "/f", file(7));
        story.exec(3, 2, "/bin/ls", file(4));
        const Record record = story.record();
        CHECK(ids(record) == Ids{1, 2, 3});
        CHECK(process(record, 3).parent == 2);
        CHECK(process(record, 2).parent == 1);
        CHECK_FALSE(process(record, 2).executable);
        CHECK(process(record, 2).directory.bytes == "/work");
        CHECK(process(record, 2).finished == process(record, 3).started);
        CHECK_FALSE(process(record, 2).status);
    }
    SECTION("it changed a name, connected or did what cannot be seen") {
        const int what = GENERATE(0, 1, 2);
        if (what == 0) story.name(2, event::NameOperation::kUnlink, "/f", std::nullopt);
        if (what == 1) story.tell(event::Connect{{2, 402, 9, 0, 1, 0}, 2, 6, 443, {192, 0, 2, 1}, {}, {}, {}});
        if (what == 2) story.tell(event::Blind{{2, 402, 9, 0, 1, 0}, 1, 425});
        story.exec(3, 2, "/bin/ls", file(4));
        CHECK(ids(story.record()) == Ids{1, 2, 3});
    }
    SECTION("it forked on before it executed") {
        story.fork(3, 2);
        story.exec(4, 2, "/bin/ls", file(4));
        const Record record = story.record();
        CHECK(ids(record) == Ids{1, 2, 3, 4});
        CHECK(process(record, 3).parent == 2);
    }
    SECTION("it never executed") {
        story.exit(2, 3 << 8);
        const Record record = story.record();
        CHECK(ids(record) == Ids{1, 2});
        CHECK(process(record, 2).status == 3 << 8);
    }
}

TEST_CASE("what an unlisted fork is said to have done counts for its parent") {
    Story story;
    story.exec(1, 0, "/bin/sh", file(3));
    story.fork(2, 1);
    story.exec(3, 2, "/bin/ls", file(4));
    story.read(3, "/f", file(7));
    CHECK(story.at("/f")[0].processes == Ids{3});
    CHECK(story.at("/bin/ls")[0].processes == Ids{3});
    story.read(99, "/unknown", file(8));
    CHECK(story.at("/unknown")[0].processes.empty());
}

TEST_CASE("executions in a row are entries in a row, and only the last has an end") {
    Story story;
    story.exec(1, 0, "/bin/a", file(3));
    story.exec(2, 1, "/bin/b", file(4));
    story.exec(3, 2, "/bin/c", file(5));
    story.exit(3, 9);
    story.hashed(file(4), 'b');
    const Record record = story.record();
    CHECK(ids(record) == Ids{1, 2, 3});
    CHECK(process(record, 1).parent == 0);
    CHECK(process(record, 2).parent == 1);
    CHECK(process(record, 3).parent == 2);
    CHECK_FALSE(process(record, 1).status);
    CHECK_FALSE(process(record, 2).resources);
    CHECK(process(record, 3).status == 9);
    CHECK(process(record, 3).resources == Resources{1, 2, 3, 4});
    CHECK(process(record, 2).executable == FileReference{path("/bin/b"), file(4).id, digest_of('b')});
    CHECK_FALSE(process(record, 3).executable->digest);
}

TEST_CASE("an interpreter and its script are both executed") {
    Story story;
    event::Exec exec;
    exec.common = {1, 401, 5, 0, 1, 0};
    exec.path = path("/bin/sh");
    exec.object = file(3);
    exec.is_script = true;
    exec.filename = "./run.sh";
    exec.arguments = {"/bin/sh", "./run.sh"};
    SECTION("known") {
        exec.script = file(4);
        exec.script_path = path("/work/run.sh");
        story.tell(exec);
        story.hashed(file(4), 's');
        const Record record = story.record();
        CHECK(process(record, 1).script == FileReference{path("/work/run.sh"), file(4).id, digest_of('s')});
        CHECK(story.at("/work/run.sh")[0].access == event::kExecute);
        CHECK(story.at("/work/run.sh")[0].processes == Ids{1});
        CHECK(story.at("/bin/sh")[0].access == event::kExecute);
        CHECK(record.completeness.entered_blind_spots.empty());
    }
    SECTION("its file not known") {
        story.tell(exec);
        const Record record = story.record();
        CHECK(process(record, 1).script == FileReference{path("./run.sh"), {}, std::nullopt});
        REQUIRE(record.completeness.entered_blind_spots.size() == 1);
        CHECK(record.completeness.entered_blind_spots[0].find("script") != std::string::npos);
        CHECK(record.completeness.entered_by.at(record.completeness.entered_blind_spots[0]) == Ids{1});
    }
}

TEST_CASE("who is still there at the end is named") {
    Story story;
    story.exec(1, 0, "/bin/sh", file(3));
    for (event::ProcessId child = 2; child < 32; ++child) story.fork(child, 1);
    story.exit(1);
    CHECK(story.record().completeness.entered_blind_spots.empty());
    story.tell(event::RunEnded{77, 0, false, {}});
    const Completeness completeness = story.record().completeness;
    CHECK(completeness.entered_blind_spots.size() == 21);
    CHECK(completeness.blind_spots == completeness.entered_blind_spots);
    for (const std::string& text : completeness.entered_blind_spots) CHECK(text.find("outlive") != std::string::npos);
    CHECK(completeness.entered_by.size() == 20);  // the rest is counted
}

TEST_CASE("who went where nothing is seen is told, the first of many") {
    Story story;
    story.exec(1, 0, "/bin/sh", file(3));
    for (event::ProcessId child = 2; child < 42; ++child) story.fork(child, 1);
    event::Blind blind;
    blind.what = FST_BLIND_PROCESS_MEMORY;
    for (event::ProcessId child = 41; child > 1; --child) {
        blind.common.process = child;
        story.tell(blind);
        story.tell(blind);
    }
    const Completeness completeness = story.record().completeness;
    REQUIRE(completeness.entered_blind_spots.size() == 1);
    const Ids& who = completeness.entered_by.at(completeness.entered_blind_spots[0]);
    CHECK(who.size() == kMostEnteredBy);
    CHECK((who.front() == 2 && who.back() == 21));
}

TEST_CASE("peers are listed once for each process, with a count") {
    Story story;
    story.exec(1, 0, "/bin/curl", file(3));
    const event::Common common{1, 401, 9, 0, 1, 0};
    event::Connect tcp{common, 2, 6, 443, {192, 0, 2, 1}, {}, {}, {}};
    for (int i = 0; i < 3; ++i) story.tell(tcp);
    event::Connect six{common, 10, 17, 53, {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, {}, {}, {}};
    story.tell(six);
    story.tell(event::Connect{common, 1, 0, 0, {}, std::string("\0bus", 4), {}, {}});
    story.tell(event::Connect{common, 1, 0, 0, {}, std::string("/run/sock\0rest", 14), {}, {}});
    const auto peers = story.record().connections;
    REQUIRE(peers.size() == 4);
    CHECK(std::count(peers.begin(), peers.end(), Connection{"192.0.2.1", {}, 443, "tcp", 1, 3}) == 1);
    CHECK(std::count(peers.begin(), peers.end(), Connection{"2001:db8::1", {}, 53, "udp", 1, 1}) == 1);
    CHECK(std::count(peers.begin(), peers.end(), Connection{"@bus", {}, 0, "unix", 1, 1}) == 1);
    CHECK(std::count(peers.begin(), peers.end(), Connection{"/run/sock", {}, 0, "unix", 1, 1}) == 1);
}

TEST_CASE("a unix socket is listed by where it lies, and known for whose it is by any of its names") {
    const event::Common common{1, 401, 9, 0, 1, 0};
    const auto talked_to = [&](std::string given, std::string bound, event::Path place) {
        Story story;
        story.exec(1, 0, "/bin/client", file(3));
        story.tell(event::Connect{common, 1, 0, 0, {}, std::move(given), std::move(bound), std::move(place)});
        const Record record = story.record();
        REQUIRE(record.connections.size() == 1);
        REQUIRE(record.completeness.entered_blind_spots.size() == 1);
        CHECK(record.completeness.entered_blind_spots[0].find("Docker") != std::string::npos);
        return record.connections[0].address;
    };
    CHECK(talked_to("/tmp/link", "new.sock", {"/run/docker.sock"}) == "/run/docker.sock");
    CHECK(talked_to("link", "/run/docker.sock", {}) == "/run/docker.sock");
    CHECK(talked_to("/tmp/link", "/run/docker.sock", {}) == "/tmp/link");
    CHECK(talked_to("/tmp/link", "docker.sock", {}) == "/tmp/link");
    CHECK(talked_to("/mnt/s", "s", {"/private/docker.sock", false, true}) == "/mnt/s");
    CHECK(talked_to(std::string("\0any/docker.sock", 16), {}, {}) == "@any/docker.sock");
    CHECK(talked_to({}, "/run/docker.sock", {"/srv/moved"}) == "/srv/moved");
}

}  // namespace
