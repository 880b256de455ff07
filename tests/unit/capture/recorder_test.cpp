// SPDX-License-Identifier: Apache-2.0
// What the recorder counts, what fails, what the log says of it all.
#include <sys/resource.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <csignal>
#include <string>
#include <vector>

#include "tests/unit/capture/recording.hpp"

namespace {

using namespace fstracker;
using namespace fstracker::capture;
using namespace fstracker::capture::testing;
using event::testing::strings;
using fstracker::testing::put;

TEST_CASE("what the source gives becomes a record, and the log gives it again") {
    Recording it;
    const std::string in = put(it.scratch / "in", "content\n");
    const std::string out = put(it.scratch / "out", "");
    const Bytes exec = it.wire.exec(1, {"python3", "train.py", "--token", "hunter2"});
    const Bytes read = it.wire.access(in, FST_READ);
    const Bytes made = it.wire.access(out, FST_WRITE | FST_TRUNCATE);
    put(out, "written\n");
    const Bytes left = it.wire.exit(1);
    it.source.batches = {{exec, read}, {}, {made, left}};
    it.source.folds = {{1, {}, FST_READ, 4, 5}};
    it.source.folds[0].object = std::get<event::FileAccess>(*event::decode(read, {})).object.id;
    it.go(3 << 8);

    CHECK_FALSE(it.recorder->failure());
    CHECK(it.reasons().empty());
    CHECK(it.record.completeness.complete);
    CHECK(it.record.info.status == 3 << 8);
    CHECK(it.source.stopped_over);
    CHECK(it.source.harvested == 1);
    CHECK(it.record.completeness.ledger.user.received == 5);
    CHECK(it.record.completeness.blind_spots == std::vector<std::string>{"io_uring is not seen."});
    REQUIRE(it.record.processes.size() == 1);
    CHECK(it.record.processes[0].arguments == std::vector<std::string>{"python3", "train.py", "--token", "[redacted]"});
    bool found_in = false;
    bool found_out = false;
    for (const run::FileEntry& entry : it.record.files) {
        if (entry.path.bytes == in) {
            found_in = true;
            CHECK(entry.binding == run::Binding::kStable);
            CHECK(entry.digest == digest::sha256("content\n"));
            CHECK(entry.opens == 5);
        }
        if (entry.path.bytes == out) {
            found_out = true;
            CHECK(entry.binding == run::Binding::kOwn);
            CHECK(entry.digest == digest::sha256("written\n"));
            CHECK(entry.output);
        }
    }
    CHECK(found_in);
    CHECK(found_out);
    CHECK(it.replay() >= 12);
    CHECK(content_of(it.log_path()).find("hunter2") == std::string::npos);
}

TEST_CASE("a write that was still on its way when the run ended is looked at after it") {
    Recording it;
    const std::string file = put(it.scratch / "in", "before\n");
    it.source.batches = {{it.wire.access(file, FST_READ)}};
    it.source.before_stop = [&] {
        it.source.batches = {{it.wire.access(file, FST_WRITE)}};
        put(file, "and after\n");
    };
    it.go();
    REQUIRE(it.record.files.size() == 2);
    CHECK(it.record.files[0].digest == digest::sha256("before\n"));
    CHECK(it.record.files[0].binding == run::Binding::kChanged);
    CHECK(it.record.files[1].digest == digest::sha256("and after\n"));
    CHECK(it.record.files[1].binding == run::Binding::kOwn);
    CHECK(it.record.files[1].output);
    it.replay();
}

TEST_CASE("a table of folds that takes several strides is counted and logged whole") {
    Recording it;
    const std::string file = put(it.scratch / "in", "content\n");
    const Bytes exec = it.wire.exec(1, {"sh"});
    const Bytes read = it.wire.access(file, FST_READ);
    const event::ObjectId object = std::get<event::FileAccess>(*event::decode(read, {})).object.id;
    it.source.batches = {{exec, read, it.wire.exit(1)}};
    constexpr std::uint64_t kFolds = 20'001;
    for (std::uint64_t i = 1; i <= kFolds; ++i)
        it.source.folds.push_back({1, object, FST_READ, i, static_cast<std::int64_t>(i)});
    it.go();
    CHECK_FALSE(it.recorder->failure());
    CHECK(it.reasons() == "");
    CHECK(it.record.completeness.ledger.kernel.at("fold").delivered == kFolds);
    const auto entry = std::find_if(it.record.files.begin(), it.record.files.end(),
                                    [&](const run::FileEntry& one) { return one.path.bytes == file; });
    REQUIRE(entry != it.record.files.end());
    CHECK(entry->opens == 1 + kFolds * (kFolds + 1) / 2);
    CHECK(it.replay() > kFolds);
}

TEST_CASE("a number that is missing is a gap, on each CPU for itself") {
    Recording it;
    const std::string file = put(it.scratch / "f", "x");
    std::vector<Bytes> batch{it.wire.access(file, FST_READ)};
    const bool other_cpu = GENERATE(false, true);
    std::uint64_t gaps = 1;
    if (other_cpu) {
        Wire other;
        other.cpu = 7;
        batch.push_back(other.access(file, FST_READ));
        batch.push_back(it.wire.access(file, FST_READ));
        gaps = 0;
    } else {
        it.wire.skip(2);
        batch.push_back(it.wire.access(file, FST_READ));
        batch.push_back(it.wire.access(file, FST_READ));
    }
    it.source.batches = {batch};
    it.go();
    CHECK(it.record.completeness.ledger.user.sequence_gaps == gaps);
    CHECK(it.record.completeness.complete == (gaps == 0));
    it.replay();
}

TEST_CASE("the first record of a CPU has the number 1") {
    Recording it;
    it.wire.skip(1);
    it.source.batches = {{it.wire.access(put(it.scratch / "f", "x"), FST_READ)}};
    it.go();
    CHECK(it.record.completeness.ledger.user.sequence_gaps == 1);
    CHECK_FALSE(it.record.completeness.complete);
}

TEST_CASE("a record that cannot be decoded is counted, and the run is not complete") {
    Recording it;
    Bytes broken = it.wire.access(put(it.scratch / "f", "x"), FST_READ);
    const int how = GENERATE(0, 1, 2);
    if (how == 0) broken.resize(7);
    if (how == 1) broken.clear();
    if (how == 2) broken.pop_back();
    it.source.batches = {{broken, broken}};
    it.go();
    CHECK(it.record.completeness.ledger.user.malformed == 2);
    CHECK(it.record.completeness.ledger.user.decoded == 0);
    CHECK_FALSE(it.record.completeness.complete);
    CHECK(it.reasons().find("2 records could not be decoded") != std::string::npos);
    CHECK(it.record.completeness.entered_blind_spots.size() == 1);
    it.replay();
}

TEST_CASE("what the kernel lost or skipped makes the run incomplete") {
    Recording it;
    it.source.batches = {{it.wire.access(put(it.scratch / "f", "x"), FST_READ)}};
    const bool lost = GENERATE(true, false);
    (lost ? it.source.lost : it.source.missed) = 9;
    it.go();
    CHECK_FALSE(it.record.completeness.complete);
    CHECK(it.reasons().find(lost ? "9 access records were lost (ring-full)" : "skipped 9 program runs") !=
          std::string::npos);
    it.replay();
}

TEST_CASE("a request whose end was not seen is a blind spot that the run entered") {
    Recording it;
    it.source.batches = {{it.wire.access(put(it.scratch / "f", "x"), FST_READ)}};
    it.source.unfollowed_requests = GENERATE(true, false);
    it.go();
    CHECK(it.record.completeness.complete);
    REQUIRE(it.record.completeness.entered_blind_spots.size() == (it.source.unfollowed_requests ? 1 : 0));
    if (it.source.unfollowed_requests)
        CHECK(it.record.completeness.entered_blind_spots.front().find("io_uring") != std::string::npos);
    it.replay();
}

TEST_CASE("a source that fails is told of, and the command is awaited all the same") {
    Recording it;
    const std::string early = put(it.scratch / "early", "1");
    const std::string late = put(it.scratch / "late", "2");
    it.source.batches = {{it.wire.access(early, FST_READ)}, {it.wire.access(late, FST_READ)}};
    it.source.fails_at = 2;
    it.go(9);
    CHECK(it.source.polls == 2);
    CHECK(it.source.stopped_over);
    CHECK(it.record.info.status == 9);
    REQUIRE(it.recorder->failure());
    CHECK(it.recorder->failure()->message == "the ring is gone");
    CHECK_FALSE(it.record.completeness.complete);
    CHECK(it.reasons().find("the recorder failed: the ring is gone") != std::string::npos);
    CHECK(it.record.files.size() == 2);  // what stop() still had is in it
    it.replay();
}

TEST_CASE("a source that cannot be stopped leaves an account that does not balance") {
    Recording it;
    it.source.batches = {{it.wire.access(put(it.scratch / "f", "x"), FST_READ)}};
    it.source.stop_fails = true;
    it.go();
    REQUIRE(it.recorder->failure());
    CHECK(it.recorder->failure()->message == "the totals are gone");
    CHECK_FALSE(it.record.completeness.complete);
    it.replay();
}

TEST_CASE("a command that could not be waited for leaves a run that is not complete") {
    Recording it;
    it.source.batches = {{it.wire.access(put(it.scratch / "f", "x"), FST_READ)}};
    it.source.command.failure = Error{ErrorKind::kSystem, "waiting for the command: No child processes", ""};
    it.go();
    REQUIRE(it.recorder->failure());
    CHECK_FALSE(it.record.completeness.complete);
    CHECK(it.reasons().find("the recorder failed: waiting for the command") != std::string::npos);
    CHECK(it.record.files.size() == 1);
    it.replay();
}

TEST_CASE("a log that cannot be written is a failure, and never passes for a log") {
    Recording it;
    const std::string file = put(it.scratch / "f", "x");
    for (int i = 0; i < 10; ++i) {
        std::vector<Bytes> batch;
        for (int j = 0; j < 2000; ++j) {
            Bytes access = it.wire.access(file, FST_READ);
            for (std::size_t at = sizeof(fst_access); at < access.size(); ++at) {
                if (access[at] != std::byte{0})
                    access[at] = static_cast<std::byte>('a' + (i * 7919 + j * 31 + at * at) % 26);
            }
            batch.push_back(access);
        }
        it.source.batches.push_back(std::move(batch));
    }
    auto* const before = std::signal(SIGXFSZ, SIG_IGN);
    rlimit old{};
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    const rlimit limit{4096, old.rlim_max};
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    it.go();
    const auto hex = it.log->finish_hex();
    setrlimit(RLIMIT_FSIZE, &old);
    std::signal(SIGXFSZ, before);
    CHECK_FALSE(hex);
    REQUIRE(it.recorder->failure());
    CHECK(it.recorder->failure()->message.find("events.zst") != std::string::npos);
    CHECK_FALSE(it.record.completeness.complete);
    CHECK(it.record.completeness.ledger.user.received == 20'000);
}

TEST_CASE("an object whose inode was used again is not mistaken for the later one") {
    Recording it;
    const std::string path = put(it.scratch / "f", "later\n");
    Bytes later = it.wire.access(path, FST_READ);
    Bytes earlier = it.wire.access(path, FST_READ);
    const auto set = [](Bytes& bytes, fst_u32 generation, fst_u64 sequence, fst_u64 time) {
        fst_access record{};
        std::memcpy(&record, bytes.data(), sizeof(record));
        record.object.generation = generation;
        record.header.sequence = sequence;
        record.header.time = time;
        std::memcpy(bytes.data(), &record, sizeof(record));
    };
    set(earlier, 7, 1, 1000);  // no file system gives this one here
    set(later, 0, 2, 2000);    // whatever it is
    it.source.batches = {{earlier, later}};
    it.go();
    REQUIRE(it.record.files.size() == 2);
    for (const run::FileEntry& entry : it.record.files) {
        if (entry.object.generation == 0) CHECK(entry.binding == run::Binding::kStable);
        if (entry.object.generation == 7) CHECK(entry.binding != run::Binding::kStable);
    }
}

}  // namespace
