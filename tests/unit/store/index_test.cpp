// SPDX-License-Identifier: Apache-2.0
// The index tells what the run directories tell, whatever has become of it or of them meanwhile.
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <map>
#include <random>
#include <thread>

#include <catch2/catch.hpp>

#include "core/store/index.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using namespace fstracker::store;
using testing::content_of;
using testing::put;
using testing::Scratch;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kNoon = 1'795'608'000 * kSecond;

std::string id_at(std::int64_t second) { return make_run_id(kNoon + second * kSecond, 7); }

event::Sha256 digest_of(std::uint32_t number) {
    event::Sha256 digest{};
    for (std::size_t i = 0; i < 4; ++i) digest[i] = static_cast<std::uint8_t>(number >> (8 * i));
    digest[31] = 1;
    return digest;
}

run::Record record_of(std::int64_t second) {
    run::Record record;
    record.info.id = id_at(second);
    record.info.pipeline = "p" + std::to_string(second % 3);
    record.info.step = "s" + std::to_string(second % 5);
    record.info.started = kNoon + second * kSecond;
    record.info.finished = record.info.started + 3 * kSecond / 2;
    record.completeness.complete = second % 7 != 0;
    return record;
}

void add_file(run::Record& record, const std::string& path, std::uint32_t content, bool output) {
    run::FileEntry entry;
    entry.path.bytes = path;
    entry.mode = S_IFREG | 0644;
    entry.size = 1;
    entry.digest = digest_of(content);
    entry.access = output ? event::kWrite | event::kCreate : event::kRead;
    entry.output = output;
    entry.first_access = record.info.started + content;
    entry.last_access = record.info.started + 2 * content;
    record.files.push_back(entry);
}

// A store of directories, and what a reader would find in them.
struct Store {
    Scratch scratch{"/tmp"};  // where another user can enter
    std::map<std::string, run::Record> records;  // by directory
    int reads = 0;

    std::string put_run(const run::Record& record) {
        const std::string directory = scratch / record.info.id;
        std::filesystem::create_directories(directory);
        put(directory + "/trace.sigstore.json", std::to_string(record.files.size()));
        put(directory + "/summary.json", R"({"pipeline":")" + record.info.pipeline + R"(","step":")" +
                                             record.info.step + R"(","verdict":"CLEAN","complete":true,"uid":12})");
        records[directory] = record;
        return directory;
    }
    Index::Reader reader() {
        return [this](const std::string& directory) -> Result<run::Record> {
            ++reads;
            const auto found = records.find(directory);
            if (found == records.end()) return fail(ErrorKind::kInvalid, "is damaged");
            return found->second;
        };
    }
    [[nodiscard]] std::string file() const { return scratch / kIndexFile; }
    // All of them read, as it was before there was an index.
    [[nodiscard]] run::Lineage whole() const {
        run::Lineage lineage;
        const auto entries = RunStore(scratch.path()).list();
        for (const RunEntry& entry : *entries)
            if (const auto found = records.find(entry.directory); found != records.end()) lineage.add(found->second);
        return lineage;
    }
};

Index::LeftOut nothing() {
    return [](const RunEntry&, const std::string&) {};
}

std::vector<std::string> words_of(const run::Lineage& lineage, const std::vector<event::Sha256>& contents) {
    std::vector<std::string> words;
    std::vector<std::size_t> runs;
    for (const auto& content : contents)
        for (const run::Handling& one : lineage.of(content)) {
            words.push_back(lineage.runs()[one.run].id + lineage.runs()[one.run].step + one.path +
                            std::to_string(one.when) + (one.wrote ? "w" : "r"));
            runs.push_back(one.run);
        }
    std::sort(runs.begin(), runs.end());
    runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
    for (const bool into : {true, false})
        for (const run::Passage& one : into ? lineage.into(runs) : lineage.out_of(runs))
            words.push_back((into ? "into " : "out of ") + lineage.runs()[one.from].id + lineage.runs()[one.to].id +
                            one.written_as + one.read_as + std::to_string(one.content[0]));
    return words;
}

void check_tells_all(Store& store, std::uint32_t contents, std::uint32_t paths) {
    const run::Lineage whole = store.whole();
    const Status done = with_index(store.scratch.path(), [&](Index& index) -> Status {
        const auto listed = index.list();
        if (!listed) return fail(listed.error());
        const auto wanted = RunStore(store.scratch.path()).list();
        REQUIRE(listed->size() == wanted->size());
        for (std::size_t i = 0; i < wanted->size(); ++i) {
            const RunEntry &a = (*listed)[i], &b = (*wanted)[i];
            CHECK((a.id == b.id && a.directory == b.directory && a.pipeline == b.pipeline && a.step == b.step));
            CHECK((a.verdict == b.verdict && a.complete == b.complete && a.started == b.started && a.uid == b.uid));
            CHECK(a.backend == b.backend);
        }
        if (auto read = index.read_contents(store.reader(), nothing()); !read) return read;
        for (std::uint32_t i = 0; i < contents; ++i) {
            const auto some = index.lineage_of({digest_of(i), digest_of(i / 2)});
            if (!some) return fail(some.error());
            REQUIRE(words_of(*some, {digest_of(i), digest_of(i / 2)}) ==
                    words_of(whole, {digest_of(i), digest_of(i / 2)}));
        }
        for (std::uint32_t i = 0; i < paths; ++i) {
            const std::string path = "/d/" + std::to_string(i);
            const auto under = index.under(path);
            if (!under) return fail(under.error());
            REQUIRE(*under == whole.under(path));
        }
        return {};
    });
    REQUIRE(done);
}

// Some runs that hand contents to each other.
void fill(Store& store, std::mt19937& random, int runs, std::uint32_t contents, std::uint32_t paths) {
    for (int i = 0; i < runs; ++i) {
        run::Record record = record_of(i);
        for (unsigned files = random() % 6; files > 0; --files)
            add_file(record, "/d/" + std::to_string(random() % paths), random() % contents, random() % 3 == 0);
        store.put_run(record);
    }
}

}  // namespace

TEST_CASE("the index tells of any content what all runs together tell") {
    std::mt19937 random(11);
    for (int round = 0; round < 25; ++round) {
        Store store;
        const std::uint32_t contents = 2 + random() % 20, paths = 1 + random() % 10;
        fill(store, random, 1 + static_cast<int>(random() % 25), contents, paths);
        check_tells_all(store, contents, paths);
        const int reads = store.reads;
        check_tells_all(store, contents, paths);
        CHECK(store.reads == reads);  // once each
    }
}

TEST_CASE("runs come, go and change, and so they do in the index") {
    std::mt19937 random(5);
    Store store;
    fill(store, random, 12, 8, 5);
    check_tells_all(store, 8, 5);
    CHECK(std::filesystem::exists(store.file()));
    std::filesystem::remove_all(store.scratch / id_at(3));
    std::filesystem::remove_all(store.scratch / id_at(11));
    run::Record other = record_of(4);
    for (std::uint32_t i = 0; i < 7; ++i) add_file(other, "/other/" + std::to_string(i), i, i % 2 == 0);
    store.put_run(other);
    fill(store, random, 2, 8, 5);
    store.put_run(record_of(40));
    check_tells_all(store, 8, 5);

    const std::string elsewhere = store.put_run(record_of(50)), moved = store.scratch / "out";
    std::filesystem::rename(elsewhere, moved);
    store.records[moved] = store.records[elsewhere];
    REQUIRE(RunStore(store.scratch.path()).remember(id_at(50), moved));
    check_tells_all(store, 8, 5);
    std::filesystem::remove_all(moved);
    check_tells_all(store, 8, 5);
}

TEST_CASE("a run that was added is not read again") {
    Store store;
    run::Record record = record_of(1);
    add_file(record, "/d/0", 0, true);
    store.put_run(record);
    auto index = Index::open(store.scratch.path());
    REQUIRE(index);
    REQUIRE((*index)->add(record.info.id, record));
    REQUIRE((*index)->add(record.info.id, record));  // twice is once
    CHECK_FALSE((*index)->add(id_at(2), record));
    check_tells_all(store, 2, 2);
    CHECK(store.reads == 0);
}

TEST_CASE("a run that cannot be read is told each time, and read once") {
    Store store;
    const std::string bad = store.put_run(record_of(1));
    store.put_run(record_of(2));
    store.records.erase(bad);
    for (int round = 0; round < 3; ++round) {
        auto index = Index::open(store.scratch.path());
        REQUIRE(index);
        REQUIRE((*index)->list());
        std::vector<std::string> left;
        REQUIRE((*index)->read_contents(store.reader(), [&](const RunEntry& entry, const std::string& why) {
            left.push_back(entry.id + " " + why + " " + entry.verdict);
        }));
        CHECK(left == std::vector<std::string>{id_at(1) + " is damaged CLEAN"});
    }
    CHECK(store.reads == 2);
}

TEST_CASE("an index that is broken or of another version is made again") {
    std::mt19937 random(9);
    Store store;
    fill(store, random, 10, 8, 5);
    check_tells_all(store, 8, 5);
    const auto execute = [&](const char* sql) {
        sqlite3* database = nullptr;
        REQUIRE(sqlite3_open(store.file().c_str(), &database) == SQLITE_OK);
        REQUIRE(sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
        sqlite3_close(database);
    };
    for (const char* sql :
         {"PRAGMA user_version=99", "PRAGMA application_id=7", "DROP TABLE handling", "DROP TABLE run"}) {
        INFO(sql);
        execute(sql);
        check_tells_all(store, 8, 5);
        execute("SELECT number FROM content");  // it is there again
    }
    execute("PRAGMA wal_checkpoint(TRUNCATE)");
    const std::string good = content_of(store.file());
    REQUIRE(good.size() > 4096);
    for (int round = 0; round < 40; ++round) {
        std::string damaged = good;
        for (unsigned i = 1 + random() % 200; i > 0; --i)
            damaged[random() % damaged.size()] = static_cast<char>(random());
        if (round % 4 == 0) damaged = good.substr(0, random() % good.size());
        for (const char* suffix : {"", "-wal", "-shm"}) ::unlink((store.file() + suffix).c_str());
        put(store.file(), damaged);
        REQUIRE(::chmod(store.file().c_str(), 0600) == 0);
        // A byte within a path or a time can be any: what must hold is that it ends, and says nothing impossible.
        const Status done = with_index(store.scratch.path(), [&](Index& index) -> Status {
            if (auto listed = index.list(); !listed) return fail(listed.error());
            if (auto read = index.read_contents(store.reader(), nothing()); !read) return read;
            for (std::uint32_t i = 0; i < 8; ++i)
                if (auto some = index.lineage_of({digest_of(i)}); !some) return fail(some.error());
            return {};
        });
        REQUIRE(done);
    }
    put(store.file(), "no database at all, whatever it is called; and long enough to look like a page of one");
    REQUIRE(::chmod(store.file().c_str(), 0600) == 0);
    check_tells_all(store, 8, 5);
}

TEST_CASE("what is nobody's index but anybody's file is left alone") {
    std::mt19937 random(2);
    for (const char* what : {"others may write it", "a link", "a folder", "a FIFO"}) {
        INFO(what);
        Store store;
        fill(store, random, 6, 5, 3);
        const std::string word = what;
        if (word == "others may write it") {
            put(store.file(), "mine");
            REQUIRE(::chmod(store.file().c_str(), 0666) == 0);
        } else if (word == "a link") {
            REQUIRE(::symlink("/dev/full", store.file().c_str()) == 0);
        } else if (word == "a folder") {
            REQUIRE(::mkdir(store.file().c_str(), 0700) == 0);
        } else {
            REQUIRE(::mkfifo(store.file().c_str(), 0600) == 0);
        }
        check_tells_all(store, 5, 3);
        if (word == "others may write it") CHECK(content_of(store.file()) == "mine");
    }
}

TEST_CASE("a store that cannot be written is read all the same") {
    std::mt19937 random(3);
    Store store;
    fill(store, random, 8, 6, 4);
    const bool root = ::geteuid() == 0;
    if (root) {
        for (const auto& entry : std::filesystem::recursive_directory_iterator(store.scratch.path()))
            std::filesystem::permissions(entry,
                                         std::filesystem::perms::others_read | std::filesystem::perms::others_exec,
                                         std::filesystem::perm_options::add);
    }
    REQUIRE(::chmod(store.scratch.path().c_str(), 0555) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        if (root && ::setresuid(12345, 12345, 12345) != 0) ::_exit(9);
        const Status done = with_index(store.scratch.path(), [&](Index& index) -> Status {
            const auto listed = index.list();
            if (!listed) return fail(listed.error());
            if (listed->size() != 8) return fail(ErrorKind::kSystem, "not all");
            return index.read_contents(store.reader(), nothing());
        });
        ::_exit(done && store.reads == 8 ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    REQUIRE(::chmod(store.scratch.path().c_str(), 0700) == 0);
    CHECK_FALSE(std::filesystem::exists(store.file()));
    check_tells_all(store, 6, 4);
}

TEST_CASE("several write at once, and nothing is missing") {
    std::mt19937 random(4);
    Store store;
    fill(store, random, 60, 30, 10);
    std::vector<pid_t> writers;
    for (int writer = 0; writer < 6; ++writer) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            int failed = 0;
            for (int i = writer; i < 60; i += 6) {
                const auto index = Index::open(store.scratch.path());
                failed += index && (*index)->add(id_at(i), store.records[store.scratch / id_at(i)]) ? 0 : 1;
            }
            ::_exit(failed == 0 ? 0 : 1);
        }
        writers.push_back(child);
    }
    for (const pid_t writer : writers) {
        int status = 0;
        REQUIRE(::waitpid(writer, &status, 0) == writer);
        CHECK(status == 0);
    }
    check_tells_all(store, 30, 10);
    CHECK(store.reads == 0);
}

TEST_CASE("who is killed while writing leaves an index that is right") {
    std::mt19937 random(6);
    Store store;
    fill(store, random, 40, 20, 10);
    for (int round = 0; round < 20; ++round) {
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            for (int i = 0;; ++i) {
                const auto index = Index::open(store.scratch.path());
                if (index)
                    static_cast<void>((*index)->add(id_at(i % 40), store.records[store.scratch / id_at(i % 40)]));
            }
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 20'000));
        REQUIRE(::kill(child, SIGKILL) == 0);
        REQUIRE(::waitpid(child, nullptr, 0) == child);
        if (round % 5 == 0) check_tells_all(store, 20, 10);
    }
    check_tells_all(store, 20, 10);
}
