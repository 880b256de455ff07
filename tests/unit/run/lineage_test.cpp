// SPDX-License-Identifier: Apache-2.0
#include "core/run/lineage.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>

using namespace fstracker;
using namespace fstracker::run;

namespace {

event::Sha256 digest(std::uint8_t value) {
    event::Sha256 digest{};
    digest.fill(value);
    return digest;
}

struct Maker {
    Record record;
    Maker(const std::string& step, std::int64_t started) {
        record.info.id = step + std::to_string(started);
        record.info.step = step;
        record.info.started = started;
        record.info.finished = started + 10;
    }
    Maker& read(const std::string& path, std::uint8_t content) { return add(path, content, event::kRead, false); }
    Maker& write(const std::string& path, std::uint8_t content) {
        return add(path, content, event::kWrite | event::kCreate, true);
    }
    Maker& add(const std::string& path, std::uint8_t content, std::uint32_t access, bool output) {
        FileEntry entry;
        entry.path.bytes = path;
        entry.mode = S_IFREG | 0644;
        entry.size = 1;
        entry.digest = digest(content);
        entry.access = access;
        entry.output = output;
        entry.first_access = entry.last_access = record.info.started + 1;
        record.files.push_back(entry);
        return *this;
    }
};

std::vector<std::pair<std::size_t, std::size_t>> ends(const std::vector<Passage>& passages) {
    std::vector<std::pair<std::size_t, std::size_t>> ends;
    for (const Passage& one : passages) ends.emplace_back(one.from, one.to);
    return ends;
}

}  // namespace

TEST_CASE("a content is followed up and down the chain of runs", "[lineage]") {
    Lineage lineage;
    lineage.add(Maker("prepare", 100).read("/raw", 1).write("/prepared", 2).record);            // 0
    lineage.add(Maker("train", 200).read("/elsewhere/prepared", 2).write("/model", 3).record);  // 1
    lineage.add(Maker("evaluate", 300).read("/model", 3).write("/report", 4).record);           // 2
    lineage.add(Maker("other", 400).read("/raw", 1).record);                                    // 3

    const auto handlings = lineage.of(digest(3));
    REQUIRE(handlings.size() == 2);
    CHECK(handlings[0].wrote);
    CHECK(handlings[0].run == 1);
    CHECK(handlings[1].run == 2);
    CHECK(ends(lineage.into({1, 2})) == std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 2}});
    CHECK(ends(lineage.into({2})) == std::vector<std::pair<std::size_t, std::size_t>>{{1, 2}, {0, 1}});
    CHECK(ends(lineage.out_of({0})) == std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 2}});
    CHECK(lineage.into({0}).empty());
    CHECK(lineage.out_of({3}).empty());
    CHECK(lineage.into({2}).back().read_as == "/elsewhere/prepared");
    CHECK(lineage.under("/model") == std::vector{digest(3)});
    CHECK(lineage.under("/nowhere").empty());
    CHECK(lineage.of(digest(9)).empty());
}

TEST_CASE("of several runs that wrote a content the last before the reader counts, and none after it", "[lineage]") {
    Lineage lineage;
    lineage.add(Maker("prepare", 300).write("/prepared", 2).record);  // 0, after the reader
    lineage.add(Maker("prepare", 100).write("/prepared", 2).record);  // 1
    lineage.add(Maker("prepare", 150).write("/prepared", 2).record);  // 2
    lineage.add(Maker("train", 200).read("/prepared", 2).record);     // 3
    CHECK(ends(lineage.into({3})) == std::vector<std::pair<std::size_t, std::size_t>>{{2, 3}});
}

TEST_CASE("runs that feed each other have an end, and what has no content of its own leads nowhere", "[lineage]") {
    Lineage lineage;
    lineage.add(Maker("a", 100).read("/y", 2).write("/x", 1).record);
    lineage.add(Maker("b", 105).read("/x", 1).write("/y", 2).record);
    CHECK(lineage.into({0}).size() == 2);
    CHECK(lineage.out_of({0}).size() == 2);

    Lineage empty;
    auto writer = Maker("a", 100).write("/e", 1).record, reader = Maker("b", 200).read("/e", 1).record;
    writer.files[0].size = reader.files[0].size = 0;
    empty.add(writer);
    empty.add(reader);
    CHECK(empty.into({1}).empty());
}
