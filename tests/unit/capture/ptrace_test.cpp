// SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "capture/ptrace/call.hpp"
#include "capture/ptrace/journal.hpp"
#include "capture/ptrace/mapping.hpp"
#include "capture/ptrace/shared_ring.hpp"
#include "core/event/decode.hpp"

namespace fstracker::capture {

namespace {

std::vector<std::byte> bytes_of(const std::string& text) {
    std::vector<std::byte> bytes(text.size());
    std::memcpy(bytes.data(), text.data(), text.size());
    return bytes;
}

std::vector<event::Event> events_in(SharedRing& ring) {
    std::vector<event::Event> events;
    ring.consume([&](std::span<const std::byte> record) {
        auto event = event::decode(record, {});
        REQUIRE(event);
        events.push_back(std::move(*event));
    });
    return events;
}

struct Book {
    SharedRing ring = *SharedRing::create(1 << 16);
    Journal journal{ring, [] { return false; }};
    Actor actor{3, 412};
    SeenObject seen;

    Book() {
        seen.object.inode = 77;
        seen.object.device = 8 << 20 | 1;
        seen.object.mode = 0100644;
        seen.object.links = 1;
        seen.object.ctime = 1'000'000'000;
        seen.path.bytes = "/data/train.csv";
    }
};

}  // namespace

TEST_CASE("A ring hands on what was pushed, in order and whole, round after round") {
    auto ring = SharedRing::create(4096);
    REQUIRE(ring);
    std::size_t taken = 0;
    for (std::size_t i = 0; i < 1000; ++i) {
        const std::string text(i % 300 + 1, static_cast<char>('a' + i % 26));
        REQUIRE(ring->push(bytes_of(text)));
        if (i % 3 != 0) continue;
        taken += ring->consume([&](std::span<const std::byte> record) { CHECK(record.front() == record.back()); });
    }
    taken += ring->consume([](std::span<const std::byte>) {});
    CHECK(taken == 1000);
    CHECK(ring->waiting() == 0);
}

TEST_CASE("A full ring takes nothing until something was read") {
    auto ring = SharedRing::create(4096);
    REQUIRE(ring);
    const auto record = bytes_of(std::string(1000, 'x'));
    std::size_t pushed = 0;
    while (ring->push(record)) ++pushed;
    CHECK(pushed == 4);
    CHECK(ring->consume([](std::span<const std::byte>) {}) == pushed);
    CHECK(ring->push(record));
}

TEST_CASE("A ring's two ends may be in two threads") {
    auto ring = SharedRing::create(4096);
    REQUIRE(ring);
    constexpr std::uint64_t kCount = 20000;
    std::thread writer([&] {
        for (std::uint64_t i = 0; i < kCount;) {
            if (ring->push(std::as_bytes(std::span(&i, 1)))) ++i;
        }
    });
    std::uint64_t expected = 0;
    while (expected < kCount) {
        ring->consume([&](std::span<const std::byte> record) {
            std::uint64_t value = 0;
            std::memcpy(&value, record.data(), sizeof value);
            CHECK(value == expected++);
        });
    }
    writer.join();
}

TEST_CASE("A size that is no power of two is refused") { CHECK_FALSE(SharedRing::create(5000)); }

TEST_CASE("The same access again is counted and not sent") {
    Book book;
    for (int i = 0; i < 5; ++i) book.journal.accessed(book.actor, book.seen, FST_READ, 3);
    const auto events = events_in(book.ring);
    REQUIRE(events.size() == 1);
    const auto& access = std::get<event::FileAccess>(events.front());
    CHECK(access.path.bytes == "/data/train.csv");
    CHECK(access.common.sequence == 1);
    const fst_counters& kind = book.journal.counters()[FST_ACCESS];
    CHECK(kind.seen == 5);
    CHECK(kind.folded == 4);
    CHECK(kind.delivered == 1);
    REQUIRE(book.journal.folds().size() == 1);
    CHECK(book.journal.folds().front().second.count == 4);

    book.journal.entry_ended(book.actor.entry);
    CHECK(book.journal.folds().size() == 1);
}

TEST_CASE("Another content, another name and another kind of access are sent") {
    Book book;
    book.journal.accessed(book.actor, book.seen, FST_READ, 3);
    book.journal.accessed(book.actor, book.seen, FST_LOAD, 3);
    book.seen.object.ctime += 1;
    book.journal.accessed(book.actor, book.seen, FST_READ, 3);
    book.seen.path.bytes = "/data/linked.csv";
    book.journal.accessed(book.actor, book.seen, FST_READ, 3);
    CHECK(events_in(book.ring).size() == 4);
}

TEST_CASE("What found no reader is counted as lost") {
    Book book;
    SeenObject& seen = book.seen;
    for (int i = 0; i < 2000; ++i) {
        seen.object.inode = static_cast<std::uint64_t>(i);
        book.journal.accessed(book.actor, seen, FST_READ, 3);
    }
    const fst_counters& kind = book.journal.counters()[FST_ACCESS];
    CHECK(kind.lost[FST_LOSS_RING_FULL] > 0);
    CHECK(kind.seen == kind.delivered + kind.lost[FST_LOSS_RING_FULL]);
}

TEST_CASE("A path that is too long is sent as its tail") {
    Book book;
    std::string path;
    while (path.size() < 6000) path += "/component";
    book.seen.path.bytes = path + "/leaf";
    book.journal.accessed(book.actor, book.seen, FST_READ, 3);
    const auto events = events_in(book.ring);
    const auto& access = std::get<event::FileAccess>(events.front());
    CHECK(access.path.truncated);
    CHECK(access.path.bytes.ends_with("/component/leaf"));
    CHECK(book.journal.counters()[FST_ACCESS].truncated == 1);
}

TEST_CASE("Names and executions decode to what they were made of") {
    Book book;
    book.journal.named(book.actor, FST_NAME_RENAME, std::span(&book.seen.object, 1), {{"/work", 0}, "a"}, nullptr);
    Execution execution;
    execution.program = book.seen;
    execution.program.path.bytes = "/usr/bin/sh";
    execution.is_script = true;
    execution.script = book.seen;
    execution.filename = "./step.sh";
    execution.directory.bytes = "/work";
    execution.arguments = std::string("sh\0./step.sh\0", 13);
    execution.argument_count = 2;
    book.journal.executed(book.actor, execution);
    const auto events = events_in(book.ring);
    const auto& change = std::get<event::NameChange>(events.at(0));
    CHECK(change.base.bytes == "/work");
    CHECK(change.name == "a");
    CHECK(change.touched.size() == 1);
    const auto& exec = std::get<event::Exec>(events.at(1));
    CHECK(exec.path.bytes == "/usr/bin/sh");
    CHECK(exec.script_path.bytes == "/data/train.csv");
    CHECK(exec.arguments == std::vector<std::string>{"sh", "./step.sh"});
    CHECK(exec.directory.bytes == "/work");
}

TEST_CASE("A mapping is found by an address in it") {
    const std::string maps =
        "55d0c0000000-55d0c0001000 r--p 00000000 fd:01 1234                       /usr/bin/odd \\012name\n"
        "7f0000000000-7f0000001000 rw-p 00000000 00:00 0 \n"
        "nonsense\n"
        "7f0000001000-7f0000003000 r-xp 00001000 08:11 99                         /lib/a b.so (deleted)\n";
    CHECK_FALSE(mapping_in(maps, 0x1000));
    CHECK(mapping_in(maps, 0x7f0000000fff)->inode == 0);
    const auto library = mapping_in(maps, 0x7f0000001000);
    REQUIRE(library);
    CHECK(library->device == (8U << 20 | 0x11));
    CHECK(library->path == "/lib/a b.so (deleted)");
    CHECK(mapping_in(maps, 0x55d0c0000000)->path == "/usr/bin/odd \nname");
    CHECK_FALSE(mapping_in(maps, 0x7f0000003000));
}

TEST_CASE("Every call has a family") {
    CHECK(family_of(Call::kOpenat2) == Family::kOpen);
    CHECK(family_of(Call::kGetfd) == Family::kOpen);
    CHECK(family_of(Call::kRename) == Family::kName);
    CHECK(family_of(Call::kTruncate) == Family::kName);
    CHECK(family_of(Call::kRecvmmsg) == Family::kReceive);
    CHECK(family_of(Call::kIoUring) == Family::kBlind);
    CHECK(family_of(Call::kClone3) == Family::kClone);
    CHECK(family_of(Call::kForeign) == Family::kForeign);
}

}  // namespace fstracker::capture
