// SPDX-License-Identifier: Apache-2.0
// The ledger and everything else that decides whether a run was seen whole; and that its log says the same again.
#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "core/event/log.hpp"
#include "tests/unit/event/random_event.hpp"
#include "tests/unit/run/story.hpp"

namespace {

using namespace fstracker;
using namespace fstracker::run;
using namespace fstracker::run::testing;

Ledger whole() {
    Ledger ledger;
    ledger.kernel["access"] = {"access", 10, 7, 3, {}, 1, 0};
    ledger.kernel["exec"] = {"exec", 2, 0, 2, {}, 0, 0};
    ledger.user = {5, 5, 0, 0, 0};
    ledger.digests = {4, 3, {{"gone", 1}}};
    return ledger;
}

TEST_CASE("a ledger that balances has no fault, and each fault is named") {
    CHECK(whole().faults().empty());
    CHECK(Ledger{}.faults().empty());
    struct Row {
        std::function<void(Ledger&)> damage;
        std::string said;
        std::size_t faults;
    };
    const std::vector<Row> rows = {
        {[](Ledger& l) { l.kernel["access"].seen = 11; }, "the ledger of access does not balance", 1},
        {[](Ledger& l) { l.kernel["access"].folded = 8; }, "the ledger of access does not balance", 1},
        {[](Ledger& l) {
             l.kernel["exec"].seen = 3;
             l.kernel["exec"].lost["ring-full"] = 1;
         },
         "1 exec records were lost (ring-full)", 1},
        {[](Ledger& l) { l.kernel["exec"].unreadable = 2; }, "2 exec records could not be read in full", 1},
        {[](Ledger& l) { l.user.received = l.user.decoded = 4; }, "the kernel delivered 5 records and 4 were received",
         1},
        {[](Ledger& l) { l.user.decoded = 4; }, "5 records were received, 4 decoded and 0 malformed", 1},
        {[](Ledger& l) {
             l.user.decoded = 4;
             l.user.malformed = 1;
         },
         "1 records could not be decoded", 1},
        {[](Ledger& l) { l.user.sequence_gaps = 3; }, "3 gaps in the records' numbers", 1},
        {[](Ledger& l) { l.user.missed = 6; }, "the kernel skipped 6 program runs", 1},
        {[](Ledger& l) { l.digests.done = 2; }, "4 digests were wanted and 3 answered", 1},
    };
    for (const Row& row : rows) {
        Ledger ledger = whole();
        row.damage(ledger);
        const auto faults = ledger.faults();
        CAPTURE(row.said);
        REQUIRE(faults.size() == row.faults);
        CHECK(faults[0].find(row.said) != std::string::npos);
    }
}

TEST_CASE("a run is complete when it ended, nothing failed and its ledger balances") {
    Story story;
    CHECK_FALSE(story.record().completeness.complete);
    story.tell(event::Counters{"exec", 2, 0, 2, {}, 0, 0});
    story.tell(event::RecorderCounters{2, 2, 0, 0, 0});
    SECTION("whole") {
        story.tell(event::RunEnded{4711, 256, false, {}});
        const Record record = story.record();
        CHECK(record.completeness.complete);
        CHECK(record.completeness.reasons.empty());
        CHECK(record.info.finished == 4711);
        CHECK(record.info.status == 256);
    }
    SECTION("cut off") {
        REQUIRE(story.record().completeness.reasons.size() == 1);
        CHECK(story.record().completeness.reasons[0] == "the record ends before the run did");
    }
    SECTION("the recorder failed") {
        story.tell(event::RunEnded{4711, 0, true, "no space left"});
        CHECK_FALSE(story.record().completeness.complete);
        CHECK(story.record().completeness.reasons == std::vector<std::string>{"the recorder failed: no space left"});
    }
    SECTION("the command ended, and its end is not in the record") {
        story.exec(1, 0, "/bin/sh", file(3));
        story.fork(2, 1);
        story.tell(event::RunEnded{4711, 0, false, {}});
        const Completeness completeness = story.record().completeness;
        CHECK_FALSE(completeness.complete);
        CHECK(std::count(completeness.reasons.begin(), completeness.reasons.end(),
                         "the command ended unseen: it was no longer in the run") == 1);
        CHECK(completeness.entered_blind_spots.size() == 1);  // the fork outlives it
    }
    SECTION("an object's digest was never answered") {
        story.read(1, "/f", file(7));
        story.tell(event::RunEnded{4711, 0, false, {}});
        CHECK_FALSE(story.record().completeness.complete);
    }
}

TEST_CASE("what was wanted at the end is counted like what was wanted before") {
    Story story;
    story.read(1, "/in", file(7));
    story.create(1, "/out", file(8));
    story.hashed(file(7), 'a');
    story.at_end(file(7));
    story.at_end(file(8, 2));
    CHECK(story.record().completeness.ledger.digests == DigestCounts{2, 1, {}});
    CHECK(story.hash_the_rest('o') == 1);
    CHECK(story.record().completeness.ledger.digests == DigestCounts{2, 2, {}});
}

TEST_CASE("fold totals add up, whenever they come") {
    Story story;
    story.exec(1, 0, "/bin/sh", file(3));
    story.exec(2, 1, "/bin/ls", file(4));
    story.read(1, "/f", file(7));
    story.read(2, "/f", file(7));
    story.create(1, "/out", file(8));
    story.tell(event::FoldTotal{1, file(8).id, event::kWrite | event::kCreate, 5, 0});
    story.at_end(file(8, 2));
    story.tell(event::FoldTotal{1, file(7).id, event::kRead, 10, 9'000'000'000'000});
    story.tell(event::FoldTotal{2, file(7).id, event::kRead, 100, 3});
    story.tell(event::FoldTotal{2, file(99).id, event::kRead, 1000, 3});
    story.tell(event::FoldTotal{3, file(7).id, event::kRead, 1000, 3});
    CHECK(story.at("/f")[0].opens == 112);
    CHECK(story.at("/f")[0].last_access == 9'000'000'000'000);
    CHECK(story.at("/out")[0].opens == 6);
}

TEST_CASE("blind spots are declared, and those that were entered stand out") {
    Story story;
    story.tell(event::BlindSpot{"io_uring is not seen.", false});
    story.tell(event::BlindSpot{"an overlay was there", true});
    for (std::uint32_t what = 1; what < 12; ++what) story.tell(event::Blind{{1, 401, 5, 0, 1, 0}, what, 0});
    story.tell(event::Blind{{1, 401, 5, 0, 1, 0}, 1, 0});
    const Completeness completeness = story.record().completeness;
    CHECK(completeness.blind_spots.size() == 13);
    CHECK(completeness.entered_blind_spots.size() == 12);
    CHECK(std::is_sorted(completeness.blind_spots.begin(), completeness.blind_spots.end()));
}

// Many events about few things, so that they meet.
event::Event crowded(event::Event event, std::uint64_t number) {
    const auto of_few = [&](event::ObjectId& id) {
        id = {1, 1 + number % 3, static_cast<std::uint32_t>(number / 7 % 2)};
    };
    const auto of_time = [&](event::Stamp& stamp) {
        stamp = {100, static_cast<std::int64_t>(number / 3 % 4), static_cast<std::int64_t>(number / 2 % 4)};
    };
    const auto ordinary = [&](event::Object& object) {
        of_few(object.id);
        of_time(object.stamp);
        object.mode = number % 11 == 0 ? 0040755 : 0100644;
        object.magic = kExt4;
    };
    if (auto* access = std::get_if<event::FileAccess>(&event)) ordinary(access->object);
    if (auto* exec = std::get_if<event::Exec>(&event)) {
        ordinary(exec->object);
        exec->common.process = static_cast<event::ProcessId>(number % 9);
        exec->parent = static_cast<event::ProcessId>(number % 5);
    }
    if (auto* fork = std::get_if<event::Fork>(&event)) {
        fork->common.process = static_cast<event::ProcessId>(number % 9);
        fork->parent = static_cast<event::ProcessId>(number % 5);
    }
    if (auto* renamed = std::get_if<event::Renamed>(&event); renamed != nullptr && renamed->object)
        ordinary(*renamed->object);
    if (auto* writer = std::get_if<event::ForeignWriter>(&event)) of_few(writer->object.id);
    if (auto* fold = std::get_if<event::FoldTotal>(&event)) of_few(fold->object);
    if (auto* final = std::get_if<event::FinalStamp>(&event)) {
        of_few(final->object);
        if (final->stamp) of_time(*final->stamp);
    }
    if (auto* digested = std::get_if<event::Digested>(&event)) {
        of_few(digested->object);
        of_time(digested->wanted);
        digested->before = digested->after = digested->wanted;
    }
    return event;
}

TEST_CASE("the log of any events gives the record of those events") {
    const std::uint64_t seed = GENERATE(1, 2, 3, 4);
    event::testing::RandomEvents random(seed);
    std::mt19937_64 choose(seed);
    for (int round = 0; round < 60; ++round) {
        Run live;
        Run replayed;
        std::size_t bindings = 0;
        for (int i = 0; i < 150; ++i) {
            const event::Event event = crowded(random.next(choose() % std::variant_size_v<event::Event>), choose());
            live.apply(event);
            static_cast<void>(live.take_wanted());
            std::string line;
            event::append_line(line, event);
            const auto parsed = event::parse_line(line);
            REQUIRE(parsed);
            replayed.apply(*parsed);
        }
        const Record record = live.record({});
        REQUIRE(record == replayed.record({}));
        REQUIRE(record == live.record({}));
        REQUIRE(live.tracked().size() == replayed.tracked().size());
        REQUIRE(live.wanted_at_end().size() == replayed.wanted_at_end().size());
        for (const FileEntry& entry : record.files) {
            REQUIRE((entry.binding == Binding::kNone) == !entry.digest);
            if (entry.output) REQUIRE(entry.digest);
            bindings |= std::size_t{1} << static_cast<int>(entry.binding);
        }
        CHECK(bindings != 0);
    }
}

TEST_CASE("a file that is read in a hundred thousand contents costs no more than they do") {
    Story story;
    Run& run = story.run;
    constexpr std::int64_t kContents = 100'000;
    for (std::int64_t tick = 1; tick <= kContents; ++tick) {
        run.apply(event::FileAccess{{1, 401, tick, 0, 1, 0}, event::kWrite, 3, file(7, tick, 1), path("/log")});
        run.apply(event::FileAccess{{2, 402, tick, 0, 1, 0}, event::kRead, 3, file(7, tick, 1), path("/log")});
    }
    CHECK(run.take_wanted().size() == kContents);
    CHECK(run.record({}).files.size() == kContents);
}

}  // namespace
