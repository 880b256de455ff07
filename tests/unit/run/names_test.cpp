// SPDX-License-Identifier: Apache-2.0
// Names that come, go and move, and what that leaves of the objects behind them.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/run/story.hpp"

namespace {

using namespace fstracker;
using namespace fstracker::run;
using namespace fstracker::run::testing;
using event::NameOperation;
using Bindings = std::vector<Binding>;
using Names = std::vector<std::string>;

TEST_CASE("a file gone before it could be hashed is gone") {
    Story story;
    SECTION("read") {
        story.read(1, "/f", file(7));
        story.name(1, NameOperation::kUnlink, "/f", touched(file(7), 2));
        story.refused(file(7), event::Refusal::kGone);
    }
    SECTION("made") {
        story.create(1, "/f", file(7));
        story.name(1, NameOperation::kUnlink, "/f", file(7, 2));
    }
    SECTION("only unlinked") { story.name(1, NameOperation::kUnlink, "/f", touched(file(7), 2)); }
    story.gone_at_end(file(7), {"/f"});
    CHECK(story.hash_the_rest('x') == 0);
    REQUIRE(story.at("/f").size() == 1);
    const FileEntry entry = story.at("/f")[0];
    CHECK(entry.binding == Binding::kNone);
    CHECK(entry.reason == event::Refusal::kGone);
    CHECK((entry.access & event::kUnlink) != 0);
    CHECK(entry.size == 100);
    CHECK_FALSE(entry.output);
}

TEST_CASE("a temporary file from one process to another, then unlinked, is own and no output") {
    Story story;
    story.create(1, "/tmp/x", file(7, 1));
    story.read(2, "/tmp/x", file(7, 2));
    story.hashed(file(7, 2), 't');
    SECTION("unlinked as it was read") {
        story.name(2, NameOperation::kUnlink, "/tmp/x", touched(file(7, 2), 3));
        story.gone_at_end(file(7), {"/tmp/x"});
        REQUIRE(story.bindings("/tmp/x") == Bindings{Binding::kOwn});
        CHECK(story.at("/tmp/x")[0].access == (event::kCreate | event::kWrite | event::kRead | event::kUnlink));
    }
    SECTION("written once more before") {
        story.write(1, "/tmp/x", file(7, 2));
        story.name(2, NameOperation::kUnlink, "/tmp/x", file(7, 4));
        story.gone_at_end(file(7), {"/tmp/x"});
        CHECK(story.bindings("/tmp/x") == Bindings{Binding::kChanged, Binding::kNone});
        CHECK(story.at("/tmp/x")[1].reason == event::Refusal::kGone);
    }
    SECTION("written after it had lost its name") {
        story.name(2, NameOperation::kUnlink, "/tmp/x", touched(file(7, 2), 3));
        story.write(1, "/tmp/x", touched(file(7, 2), 3));
        story.gone_at_end(file(7), {"/tmp/x"});
        for (const Binding binding : story.bindings("/tmp/x")) CHECK(binding != Binding::kOwn);
    }
    CHECK(story.outputs().empty());
}

TEST_CASE("written beside and renamed into place: the output has the final name") {
    Story story;
    story.create(1, "/model.tmp", file(7, 1));
    const bool checked = GENERATE(true, false);
    const bool in_time = GENERATE(true, false);
    if (checked) {  // read back before the rename, as careful writers do
        story.read(1, "/model.tmp", file(7, 2));
        if (in_time)
            story.hashed(file(7, 2), 'm');
        else
            story.refused(file(7, 2), event::Refusal::kGone);
    }
    story.name(1, NameOperation::kRename, "/model", touched(file(7, 2), 3), "/model.tmp");
    story.at_end(touched(file(7, 2), 3), {"/model.tmp"});
    CHECK(story.hash_the_rest('m') == 1);
    CHECK(story.run.wanted_at_end().size() <= 1);
    CHECK(story.outputs() == Names{"/model"});
    const FileEntry last = story.at("/model").back();
    CHECK(last.binding == Binding::kOwn);
    CHECK(last.digest == digest_of('m'));
    CHECK((last.access & event::kRename) != 0);
    REQUIRE_FALSE(story.at("/model.tmp").empty());
    CHECK((story.at("/model.tmp").back().access & event::kWrite) != 0);
}

TEST_CASE("an input that only got another name or mode is stable once its digest agrees") {
    Story story;
    story.read(1, "/in", file(7, 1));
    story.hashed(file(7, 1), 'a');
    const bool read_again = GENERATE(false, true);
    story.name(1, NameOperation::kRename, "/moved", touched(file(7, 1), 5), "/in");
    if (read_again) {
        story.read(1, "/moved", touched(file(7, 1), 5));
        REQUIRE(story.wanted.size() == 2);
    }
    const char then = GENERATE('a', 'b');
    if (read_again) story.hashed(touched(file(7, 1), 5), then);
    story.at_end(touched(file(7, 1), 5), {"/in"});
    CHECK(story.hash_the_rest(then) == (read_again ? 0 : 1));
    CHECK(story.outputs().empty());
    const Binding expected = then == 'a' ? Binding::kStable : Binding::kChanged;
    for (const std::string name : {"/in", "/moved"}) {
        for (const Binding binding : story.bindings(name)) CHECK(binding == expected);
    }
    CHECK(story.at("/in")[0].digest == digest_of('a'));
}

TEST_CASE("an object reached by two paths appears with each") {
    Story story;
    SECTION("an input") {
        story.read(1, "/a", file(7));
        story.read(1, "/b", file(7));
        story.hashed(file(7), 'a');
        story.at_end(file(7));
        CHECK(story.bindings("/a") == Bindings{Binding::kStable});
        CHECK(story.bindings("/b") == Bindings{Binding::kStable});
        CHECK(story.at("/a")[0].object == story.at("/b")[0].object);
    }
    SECTION("an output that is linked") {
        story.create(1, "/a", file(7));
        story.name(1, NameOperation::kLink, "/b", touched(file(7, 2), 3), "/a");
        story.at_end(touched(file(7, 2), 3));
        story.hash_the_rest('o');
        CHECK(story.outputs() == Names{"/a", "/b"});
        CHECK(story.at("/b")[0].digest == digest_of('o'));
        CHECK(story.at("/b")[0].access == event::kLink);
    }
}

TEST_CASE("a path that named two objects appears twice") {
    Story story;
    story.read(1, "/f", file(7, 1));
    story.hashed(file(7, 1), 'a');
    story.name(1, NameOperation::kRename, "/f", touched(file(8, 1), 3), "/g");
    story.read(1, "/f", touched(file(8, 1), 3));
    story.hashed(touched(file(8, 1), 3), 'b');
    story.gone_at_end(file(7), {"/f"});
    story.at_end(touched(file(8, 1), 3), {"/g"});
    REQUIRE(story.at("/f").size() == 2);
    CHECK(story.at("/f")[0].object == file(7).id);
    CHECK(story.at("/f")[0].digest == digest_of('a'));
    CHECK(story.at("/f")[1].object == file(8).id);
    CHECK(story.at("/f")[1].binding == Binding::kStable);
}

TEST_CASE("objects under one path are in the order of their use, whatever their numbers") {
    Story story;
    story.read(1, "/f", file(70, 1));
    story.read(1, "/f", file(70, 2));
    story.name(1, NameOperation::kRename, "/f", touched(file(8, 1), 3), "/g");
    story.read(1, "/f", touched(file(8, 1), 3));
    std::vector<std::uint64_t> inodes;
    for (const FileEntry& entry : story.at("/f")) inodes.push_back(entry.object.inode);
    REQUIRE(inodes.size() >= 3);
    CHECK(inodes.front() == 70);
    CHECK(inodes[1] == 70);
    CHECK(inodes.back() == 8);
}

TEST_CASE("an inode that is used again is another object, and the older one is not looked for") {
    Story story;
    event::Object old = file(7, 1);
    event::Object young = file(7, 2);
    young.id.generation = GENERATE(0, 2);
    story.read(1, "/f", old);
    story.name(1, NameOperation::kUnlink, "/f", touched(old, 2));
    story.create(1, "/f", young);
    const auto tracked = story.run.tracked();
    REQUIRE(tracked.size() == 2);
    for (const Tracked& one : tracked) CHECK(one.replaced == (one.object == old.id));
}

TEST_CASE("what is truncated by name is written") {
    Story story;
    story.read(1, "/f", file(7, 1));
    story.hashed(file(7, 1), 'a');
    story.name(2, NameOperation::kTruncate, "/f", file(7, 2));
    story.at_end(file(7, 2));
    story.hash_the_rest('t');
    CHECK(story.bindings("/f") == Bindings{Binding::kChanged, Binding::kOwn});
    CHECK(story.at("/f")[1].access == (event::kWrite | event::kTruncate));
    CHECK(story.outputs() == Names{"/f"});
}

TEST_CASE("directories, links and nodes that are made are listed as created, and have no content") {
    event::Object made = file(7);
    const auto [operation, mode, access] = GENERATE(
        table<NameOperation, std::uint32_t, std::uint32_t>({{NameOperation::kMkdir, 0040755, event::kCreate},
                                                            {NameOperation::kSymlink, 0120777, event::kCreate},
                                                            {NameOperation::kMknod, 0010600, event::kCreate},
                                                            {NameOperation::kRmdir, 0040755, event::kUnlink}}));
    made.mode = mode;
    const bool known = operation == NameOperation::kMknod || GENERATE(true, false);
    Story story;
    story.name(1, operation, "/made", known ? std::optional(made) : std::nullopt);
    CHECK(story.run.tracked().empty());
    REQUIRE(story.at("/made").size() == 1);
    CHECK(story.at("/made")[0].access == access);
    CHECK(story.at("/made")[0].binding == Binding::kNone);
    CHECK(story.at("/made")[0].reason == event::Refusal::kNotRegular);
    CHECK(story.record().completeness.unhashed == 0);
}

TEST_CASE("a name whose object is not known is lost, once for each name") {
    Story story;
    story.exec(2, 1, "/bin/sh", file(3));
    for (int i = 0; i < 3; ++i) story.name(2, NameOperation::kUnlink, "/f", std::nullopt);
    story.name(2, NameOperation::kRename, "/to", std::nullopt, "/from");
    REQUIRE(story.at("/f").size() == 1);
    CHECK(story.at("/f")[0].opens == 3);
    CHECK(story.at("/f")[0].reason == event::Refusal::kLost);
    CHECK(story.at("/f")[0].processes == std::vector<event::ProcessId>{2});
    CHECK(story.at("/to").size() == 1);
    CHECK(story.at("/from").size() == 1);
}

TEST_CASE("paths that are cut are counted, and are no outputs") {
    Story story;
    event::Object object = file(7, 1, 1);
    story.tell(event::FileAccess{
        {1, 401, 5, 0, 1, 0}, event::kWrite | event::kCreate, 4, object, {"tail/name", true, false, false}});
    story.at_end(file(7, 2));
    story.hash_the_rest('o');
    CHECK(story.record().completeness.truncated == 1);
    CHECK(story.bindings("tail/name") == Bindings{Binding::kOwn});
    CHECK(story.outputs().empty());
}

}  // namespace
