// SPDX-License-Identifier: Apache-2.0
// How strongly a digest is bound to what was accessed: docs/evidence.md, line by line.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/run/story.hpp"

namespace {

using namespace fstracker;
using namespace fstracker::run;
using namespace fstracker::run::testing;
using Bindings = std::vector<Binding>;
using Names = std::vector<std::string>;

void check_lost(const FileEntry& entry, event::Refusal reason = event::Refusal::kLost) {
    CHECK(entry.binding == Binding::kNone);
    CHECK(entry.reason == reason);
    CHECK_FALSE(entry.digest);
    CHECK_FALSE(entry.output);
}

TEST_CASE("what nobody changed is stable") {
    Story story;
    story.read(1, "/data", file(7));
    REQUIRE(story.wanted.size() == 1);
    CHECK(story.wanted[0].object == file(7));
    CHECK(story.wanted[0].path.bytes == "/data");
    CHECK(story.wanted[0].pid == 401);
    CHECK(story.wanted[0].descriptor == 3);
    story.read(2, "/data", file(7));
    CHECK(story.wanted.size() == 1);
    story.hashed(file(7), 'a');
    story.at_end(file(7));
    CHECK(story.hash_the_rest('x') == 0);
    REQUIRE(story.at("/data").size() == 1);
    const FileEntry entry = story.at("/data")[0];
    CHECK(entry.binding == Binding::kStable);
    CHECK(entry.digest == digest_of('a'));
    CHECK(entry.access == event::kRead);
    CHECK(entry.opens == 2);
    CHECK(entry.size == 100);
    CHECK(entry.first_access < entry.last_access);
    CHECK_FALSE(entry.output);
}

TEST_CASE("what is said to be unchanged is as if each had been looked at, and no other is") {
    Story story;
    story.read(1, "/data", file(7));
    story.hashed(file(7), 'a');
    story.read(1, "/other", file(8));
    story.hashed(file(8), 'b');
    event::Object changed = file(8, 5);
    story.at_end(changed);
    story.create(1, "/new", file(9));
    story.tell(event::Unchanged{2});
    CHECK(story.bindings("/data") == Bindings{Binding::kStable});
    CHECK(story.bindings("/other") == Bindings{Binding::kChanged});
    CHECK(story.hash_the_rest('n') == 1);  // what was made and left empty
    CHECK(story.outputs() == Names{"/new"});
    CHECK(story.record().completeness.ledger.digests.wanted == 3);
}

TEST_CASE("without a last look nothing is stable") {
    Story story;
    story.read(1, "/data", file(7));
    story.hashed(file(7), 'a');
    CHECK(story.bindings("/data") == Bindings{Binding::kChanged});
    story.gone_at_end(file(7), {"/data"});
    CHECK(story.bindings("/data") == Bindings{Binding::kChanged});
}

TEST_CASE("what changed until the end is changed") {
    Story story;
    story.read(1, "/data", file(7));
    story.hashed(file(7), 'a');
    story.at_end(file(7, 2));
    CHECK(story.hash_the_rest('b') == 0);
    REQUIRE(story.bindings("/data") == Bindings{Binding::kChanged});
    CHECK(story.at("/data")[0].digest == digest_of('a'));
}

TEST_CASE("what was rewritten between two reads appears once per content, in order") {
    Story story;
    story.read(1, "/data", file(7, 1));
    SECTION("both hashed in time") {
        story.hashed(file(7, 1), 'a');
        story.read(1, "/data", file(7, 2));
        story.hashed(file(7, 2), 'b');
        story.at_end(file(7, 2));
        CHECK(story.hash_the_rest('x') == 0);
        REQUIRE(story.bindings("/data") == Bindings{Binding::kChanged, Binding::kChanged});
        CHECK(story.at("/data")[0].digest == digest_of('a'));
        CHECK(story.at("/data")[1].digest == digest_of('b'));
    }
    SECTION("the first one lost, and the digest of the later one is used for it alone") {
        story.hashed(file(7, 1), file(7, 2), 'b');
        story.read(1, "/data", file(7, 2));
        CHECK(story.wanted.size() == 1);
        story.at_end(file(7, 2));
        REQUIRE(story.at("/data").size() == 2);
        check_lost(story.at("/data")[0]);
        CHECK(story.at("/data")[1].digest == digest_of('b'));
        CHECK(story.record().completeness.unhashed == 1);
    }
    SECTION("the first one lost, and the later one read before that is known") {
        story.read(1, "/data", file(7, 2));
        CHECK(story.wanted.size() == 2);
        story.hashed(file(7, 1), file(7, 2), 'b');
        story.hashed(file(7, 2), 'b');
        story.at_end(file(7, 2));
        REQUIRE(story.at("/data").size() == 2);
        check_lost(story.at("/data")[0]);
        CHECK(story.at("/data")[1].digest == digest_of('b'));
    }
}

TEST_CASE("a digest taken while the content moved counts for no content") {
    Story story;
    story.read(1, "/data", file(7, 1));
    event::Digested moving;
    moving.object = file(7).id;
    moving.wanted = moving.before = file(7, 1).stamp;
    moving.after = file(7, 2).stamp;
    moving.digest = digest_of('m');
    story.tell(moving);
    story.at_end(file(7, 2));
    REQUIRE(story.at("/data").size() == 1);
    check_lost(story.at("/data")[0]);
}

TEST_CASE("what the run itself rewrote is changed, and then own") {
    Story story;
    story.read(1, "/data", file(7, 1));
    story.hashed(file(7, 1), 'a');
    story.write(1, "/data", file(7, 1));
    SECTION("and read again") {
        story.read(2, "/data", file(7, 2));
        story.hashed(file(7, 2), 'b');
        story.at_end(file(7, 2));
        CHECK(story.hash_the_rest('x') == 0);
    }
    SECTION("and not looked at again") {
        story.at_end(file(7, 2));
        CHECK(story.hash_the_rest('b') == 1);
    }
    const auto entries = story.at("/data");
    REQUIRE(story.bindings("/data") == Bindings{Binding::kChanged, Binding::kOwn});
    CHECK(entries[0].digest == digest_of('a'));
    CHECK(entries[0].access == event::kRead);
    CHECK_FALSE(entries[0].output);
    CHECK(entries[1].digest == digest_of('b'));
    CHECK((entries[1].access & event::kWrite) != 0);
    CHECK(entries[1].output);
}

TEST_CASE("what was found and read is not own, though the same bytes were written again") {
    Story story;
    story.read(1, "/data", file(7, 1));
    story.hashed(file(7, 1), 'a');
    story.write(1, "/data", file(7, 1));
    story.at_end(file(7, 2));
    CHECK(story.hash_the_rest('a') == 1);
    CHECK(story.bindings("/data") == Bindings{Binding::kChanged});
    CHECK(story.outputs() == Names{"/data"});
}

TEST_CASE("what is created, written and hashed at the end is own, and an output") {
    Story story;
    story.create(1, "/out", file(9, 1));
    CHECK(story.wanted.empty());
    story.at_end(file(9, 2));
    REQUIRE(story.run.wanted_at_end().size() == 1);
    CHECK(story.run.wanted_at_end()[0].object.stamp == file(9, 2).stamp);
    CHECK(story.run.wanted_at_end()[0].path.bytes == "/out");
    CHECK(story.hash_the_rest('o') == 1);
    REQUIRE(story.bindings("/out") == Bindings{Binding::kOwn});
    CHECK(story.at("/out")[0].digest == digest_of('o'));
    CHECK(story.at("/out")[0].access == (event::kWrite | event::kCreate));
    CHECK(story.outputs() == Names{"/out"});
}

TEST_CASE("a file that stays open for writing while others read it ends as an output") {
    Story story;
    story.create(1, "/log", file(9, 1));
    for (std::int64_t tick = 2; tick < 5; ++tick) {
        story.read(2, "/log", file(9, tick, 1));
        story.hashed(file(9, tick), static_cast<char>('0' + tick));
    }
    story.at_end(file(9, 9));
    CHECK(story.hash_the_rest('9') == 1);
    CHECK(story.bindings("/log") == Bindings{Binding::kChanged, Binding::kChanged, Binding::kChanged, Binding::kOwn});
    CHECK(story.at("/log").back().digest == digest_of('9'));
    CHECK(story.at("/log").back().processes.empty());  // neither was seen to start
    CHECK(story.at("/log").back().access == (event::kWrite | event::kCreate));
    CHECK(story.outputs() == Names{"/log"});
}

TEST_CASE("open for reading and writing, without a change, is neither stable nor own, and no output") {
    Story story;
    event::Object found = file(7, 1, 1);
    story.access(1, "/db", found, event::kRead | event::kWrite);
    REQUIRE(story.wanted.size() == 1);
    story.hashed(file(7, 1), 'a');
    SECTION("unchanged") {
        story.at_end(file(7, 1));
        CHECK(story.hash_the_rest('a') == 1);
        CHECK(story.bindings("/db") == Bindings{Binding::kContended});
        CHECK(story.outputs().empty());
    }
    SECTION("changed under the same stamp, as a mapping can") {
        story.at_end(file(7, 1));
        CHECK(story.hash_the_rest('b') == 1);
        CHECK(story.bindings("/db") == Bindings{Binding::kChanged, Binding::kOwn});
        CHECK(story.at("/db")[0].digest == digest_of('a'));
        CHECK(story.at("/db")[1].digest == digest_of('b'));
        CHECK(story.outputs() == Names{"/db"});
    }
    SECTION("changed") {
        story.at_end(file(7, 2));
        CHECK(story.hash_the_rest('b') == 1);
        CHECK(story.bindings("/db") == Bindings{Binding::kChanged, Binding::kOwn});
        CHECK(story.outputs() == Names{"/db"});
    }
}

TEST_CASE("found, opened for writing and then read without a change is not own") {
    Story story;
    story.write(1, "/lock", file(7, 1));
    story.read(1, "/lock", file(7, 1));
    story.hashed(file(7, 1), 'a');
    story.at_end(file(7, 1));
    CHECK(story.bindings("/lock") == Bindings{Binding::kContended});
    CHECK(story.outputs().empty());
}

TEST_CASE("what the run made stays own when it is opened again without a change") {
    Story story;
    story.create(1, "/made", file(7, 1));
    story.read(2, "/made", file(7, 2));
    story.hashed(file(7, 2), 'a');
    story.write(2, "/made", file(7, 2));
    story.at_end(file(7, 2));
    CHECK(story.hash_the_rest('a') == 1);
    CHECK(story.bindings("/made") == Bindings{Binding::kOwn});
    CHECK(story.outputs() == Names{"/made"});
}

TEST_CASE("a digest taken right after a change is taken again at the end where the run writes") {
    Story story;
    const bool made = GENERATE(true, false);
    if (made) story.create(1, "/made", file(7, 1));
    story.read(1, "/made", file(7, 2));
    event::Digested early;
    early.object = file(7).id;
    early.wanted = early.before = early.after = file(7, 2).stamp;
    early.time = file(7, 2).stamp.ctime + 3'000'000;
    early.digest = digest_of('e');
    story.tell(early);
    story.at_end(file(7, 2));
    CHECK(story.hash_the_rest('z') == (made ? 1 : 0));
    CHECK(story.at("/made").front().digest == digest_of('e'));
    CHECK(story.at("/made").back().digest == digest_of(made ? 'z' : 'e'));
    CHECK(story.bindings("/made") == (made ? Bindings{Binding::kChanged, Binding::kOwn} : Bindings{Binding::kStable}));
    for (const FileEntry& entry : story.at("/made"))
        CHECK((entry.access & event::kRead) != 0);  // it was one or the other
    CHECK(story.hash_the_rest('y') == 0);
}

// A page that is dirty already is stored to without a fault: no time moves.
TEST_CASE("what could be written after it was hashed is hashed again at the end") {
    Story story;
    story.access(1, "/made", file(7, 1, 1), event::kRead | event::kWrite | event::kCreate);
    SECTION("a mapping was there when it was read") {
        story.read(2, "/made", file(7, 2, 1));
        story.hashed(file(7, 2), 'a');
    }
    SECTION("it was opened for writing after it was read") {
        story.read(2, "/made", file(7, 2));
        story.access(1, "/made", file(7, 2, 1), event::kRead | event::kWrite);
        story.hashed(file(7, 2), 'a');
    }
    SECTION("it was hashed while the digest of an earlier content was wanted") {
        story.read(2, "/made", file(7, 1));
        story.hashed(file(7, 1), file(7, 2), 'a');
        story.read(2, "/made", file(7, 2));
    }
    SECTION("it lies on a file system that counts the writers of a mapping elsewhere") {
        event::Object overlay = file(7, 2);
        overlay.magic = 0x794c7630;
        story.read(2, "/made", overlay);
        story.hashed(file(7, 2), 'a');
    }
    story.at_end(file(7, 2));
    CHECK(story.hash_the_rest('b') == 1);
    CHECK(story.at("/made").back().digest == digest_of('b'));
    CHECK(story.at("/made").back().binding == Binding::kOwn);
    const auto a = [&] {
        for (const FileEntry& entry : story.at("/made")) {
            if (entry.digest == digest_of('a')) return entry.binding;
        }
        return Binding::kNone;
    };
    CHECK(a() == Binding::kChanged);
    CHECK(story.outputs() == Names{"/made"});
    CHECK(story.hash_the_rest('c') == 0);
}

TEST_CASE("what nobody could write after it was hashed is not hashed again") {
    Story story;
    story.create(1, "/made", file(7, 1));
    story.read(2, "/made", file(7, 2));
    story.hashed(file(7, 2), 'a');
    story.at_end(file(7, 2));
    CHECK(story.hash_the_rest('x') == 0);
    CHECK(story.bindings("/made") == Bindings{Binding::kOwn});
}

TEST_CASE("with a writer from outside nothing is stable or own") {
    Story story;
    const bool own = GENERATE(false, true);
    if (own) story.create(1, "/f", file(7, 1));
    SECTION("seen to open it, and the stamps agree") {
        story.read(1, "/f", file(7, 2));
        story.foreign_writer(file(7, 2));
        story.hashed(file(7, 2), 'a');
        story.at_end(file(7, 2));
        CHECK(story.bindings("/f") == Bindings{Binding::kContended});
    }
    SECTION("seen to open it, and it changed") {
        story.read(1, "/f", file(7, 2));
        story.hashed(file(7, 2), 'a');
        story.foreign_writer(file(7, 2));
        story.read(1, "/f", file(7, 3));
        story.hashed(file(7, 3), 'b');
        story.at_end(file(7, 3));
        CHECK(story.bindings("/f") == Bindings{Binding::kChanged, Binding::kContended});
    }
}

TEST_CASE("a writer that was there at the first access is one from outside") {
    Story story;
    story.read(1, "/f", file(7, 1, 1));
    story.hashed(file(7, 1), 'a');
    story.at_end(file(7, 1));
    CHECK(story.bindings("/f") == Bindings{Binding::kContended});
}

TEST_CASE("a program that is being executed has no writers") {
    Story story;
    story.exec(1, 0, "/bin/tool", file(7, 1, -1));
    story.hashed(file(7, 1), 'a');
    story.at_end(file(7, 1));
    CHECK(story.bindings("/bin/tool") == Bindings{Binding::kStable});
}

TEST_CASE("fs-verity vouches for what it guards") {
    Story story;
    story.read(1, "/f", file(7));
    story.foreign_writer(file(7));
    event::Digested digested;
    digested.object = file(7).id;
    digested.wanted = digested.before = digested.after = file(7).stamp;
    digested.digest = digest_of('v');
    digested.verity = true;
    digested.verity_digest = "sha256:00ff";
    story.tell(digested);
    REQUIRE(story.bindings("/f") == Bindings{Binding::kKernel});
    CHECK(story.at("/f")[0].verity_digest == "sha256:00ff");
    CHECK(story.at("/f")[0].digest == digest_of('v'));
}

TEST_CASE("what could not be hashed says why") {
    const auto why = GENERATE(event::Refusal::kGone, event::Refusal::kTooLarge, event::Refusal::kPermission,
                              event::Refusal::kLost, event::Refusal::kError);
    Story story;
    story.read(1, "/f", file(7));
    story.refused(file(7), why);
    story.gone_at_end(file(7), {"/f"});
    REQUIRE(story.at("/f").size() == 1);
    check_lost(story.at("/f")[0], why);
    CHECK(story.record().completeness.unhashed == 1);
    CHECK(story.record().completeness.ledger.digests.wanted == 1);
    CHECK(story.record().completeness.ledger.digests.refused.size() == 1);
}

TEST_CASE("what was not found while the run went on is looked for at the end") {
    const auto [why, again] = GENERATE(table<event::Refusal, bool>({{event::Refusal::kGone, true},
                                                                    {event::Refusal::kLost, true},
                                                                    {event::Refusal::kTooLarge, false},
                                                                    {event::Refusal::kPermission, false}}));
    Story story;
    story.read(1, "/f", file(7));
    story.refused(file(7), why);
    story.at_end(file(7));
    CHECK(story.hash_the_rest('a') == (again ? 1 : 0));
    CHECK(story.bindings("/f") == Bindings{again ? Binding::kStable : Binding::kNone});
}

TEST_CASE("what is no regular file, or made up by the kernel, is listed and never hashed") {
    event::Object object = file(7);
    const std::uint32_t mode = GENERATE(0010600, 0020666, 0060660, 0140777, 0100444);
    object.mode = mode;
    if (mode == 0100444) object.magic = 0x9fa0;
    Story story;
    story.access(1, "/dev/x", object, event::kRead | event::kWrite);
    CHECK(story.wanted.empty());
    CHECK(story.run.tracked().empty());
    REQUIRE(story.at("/dev/x").size() == 1);
    check_lost(story.at("/dev/x")[0], event::Refusal::kNotRegular);
    CHECK(story.record().completeness.unhashed == 0);
}

TEST_CASE("a memory file has its name, and no one marks it deleted") {
    Story story;
    event::Object object = file(7, 1, 1);
    object.magic = 0x01021994;
    object.links = 0;
    story.tell(event::FileAccess{
        {1, 401, 5, 0, 1, 0}, event::kRead | event::kWrite, 4, object, {"/memfd:weights", false, false, true}});
    story.refused(object, event::Refusal::kGone);
    story.gone_at_end(object, {"/memfd:weights"});
    REQUIRE(story.at("/memfd:weights").size() == 1);
    CHECK_FALSE(story.at("/memfd:weights")[0].path.deleted);
    check_lost(story.at("/memfd:weights")[0], event::Refusal::kGone);
}

TEST_CASE("an inherited stream is own once it was written, and the caller's otherwise") {
    Story story;
    event::Object log = file(7, 1, 1);
    log.stamp.size = 0;
    story.access(0, "/log", log, event::kInherit | event::kWrite);
    SECTION("written") {
        story.at_end(file(7, 2));
        CHECK(story.hash_the_rest('o') == 1);
        CHECK(story.bindings("/log") == Bindings{Binding::kOwn});
        CHECK(story.at("/log")[0].access == (event::kInherit | event::kWrite));
        CHECK(story.outputs() == Names{"/log"});
    }
    SECTION("not written") {
        story.at_end(log);
        CHECK(story.hash_the_rest('e') == 1);
        CHECK(story.bindings("/log") == Bindings{Binding::kContended});
        CHECK(story.outputs().empty());
    }
    SECTION("read as well, and written") {
        story.access(0, "/log", log, event::kInherit | event::kRead | event::kWrite);
        story.hashed(log, 'e');
        story.at_end(file(7, 2));
        CHECK(story.hash_the_rest('o') == 1);
        CHECK(story.at("/log").back().access == (event::kInherit | event::kWrite));
        CHECK(story.outputs() == Names{"/log"});
    }
}

}  // namespace
