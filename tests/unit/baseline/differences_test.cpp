// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/baseline/samples.hpp"

using namespace fstracker;
using namespace fstracker::baseline;
using namespace fstracker::baseline::sample;

namespace {

constexpr auto kPython = "/usr/bin/python{version} $WORK/train.py";

// The one difference that there is.
Difference only(const std::vector<Difference>& all) {
    REQUIRE(all.size() == 1);
    return all.front();
}

}  // namespace

TEST_CASE("the same run is no news, in whatever order its files come", "[baseline]") {
    const Baseline baseline = learned(5);
    run::Record record = training();
    std::reverse(record.files.begin(), record.files.end());
    CHECK(compared(baseline, record).empty());
    CHECK(maturity_of(baseline) == Maturity::kStable);
}

TEST_CASE("maturity comes with runs, and not while much is seen but once", "[baseline]") {
    CHECK(maturity_of(Baseline{}) == Maturity::kNone);
    CHECK(maturity_of(learned(2)) == Maturity::kLearning);
    CHECK(maturity_of(learned(3)) == Maturity::kProvisional);
    Baseline baseline;
    for (int i = 0; i < 6; ++i) {
        run::Record record = training();
        for (char c = 'a'; c < 'z'; ++c)
            record.files.push_back(file("/p/lib" + std::string(i + 1, c) + ".py", "code", 3));
        learn(baseline, facts(record), {"r" + std::to_string(i), ""});
    }
    CHECK(maturity_of(baseline) == Maturity::kProvisional);
}

TEST_CASE("a shard within the range, one outside and one that is no shard", "[baseline]") {
    const Baseline baseline = learned(5);
    run::Record record = training();
    record.files.push_back(file("/p/data/shard-00500.tar", "data", 9));
    CHECK(only(compared(baseline, record)).kind == Kind::kOutOfRange);
    record.files.back().path.bytes = "/p/data/poison.tar";
    CHECK(only(compared(baseline, record)).kind == Kind::kUnlikeSiblings);
    record.files.back().path.bytes = "/p/elsewhere/shard-00001.tar";
    CHECK(only(compared(baseline, record)).kind == Kind::kNewPlace);
}

TEST_CASE("a member that comes and goes makes a mask, and only data, cache, temp and output do", "[baseline]") {
    Baseline baseline;
    for (int i = 0; i < 5; ++i) {
        run::Record record = training();
        record.files.push_back(file("/p/data/extra-" + std::to_string(i) + ".csv", "data", 9));
        record.files.push_back(file("/p/lib/extra-" + std::to_string(i) + ".py", "code", 9));
        learn(baseline, facts(record), {"r" + std::to_string(i), ""});
    }
    const auto& files = baseline.programs.at(kPython).files;
    REQUIRE(files.count("$WORK/data/extra-{n}.csv") == 1);
    CHECK(files.at("$WORK/data/extra-{n}.csv").ranges.front() == std::pair<std::uint64_t, std::uint64_t>(0, 4));
    CHECK(files.count("$WORK/data/extra-3.csv") == 0);
    CHECK(files.count("$WORK/lib/extra-3.py") == 1);
    CHECK(files.count("$WORK/data/shard-00003.tar") == 1);

    run::Record record = training();
    record.files.push_back(file("/p/data/extra-3.csv", "data", 200));
    CHECK(compared(baseline, record).empty());
    record.files.back().path.bytes = "/p/data/extra-70.csv";
    CHECK(only(compared(baseline, record)).kind == Kind::kOutOfRange);
}

TEST_CASE("a checkpoint from before learning may be written again by what writes such, and by nothing else",
          "[baseline]") {
    const std::uint32_t making = event::kWrite | event::kCreate;
    Baseline baseline;
    for (int i = 10; i < 15; ++i) {
        run::Record record = training();
        record.files.push_back(file("/p/out/ckpt-2.pt", "model", 50));
        record.files.push_back(file("/p/out/ckpt-" + std::to_string(i) + ".pt", "output", 51, making));
        learn(baseline, facts(record), {"r" + std::to_string(i), ""});
    }
    REQUIRE(baseline.programs.at(kPython).files.count("$WORK/out/ckpt-{n}.pt") == 1);
    run::Record record = training();
    record.files.push_back(file("/p/out/ckpt-12.pt", "output", 52, making));
    record.files.push_back(file("/p/out/ckpt-2.pt", "output", 53, making));
    CHECK(compared(baseline, record).empty());
    record.files.back().access = event::kRename | event::kUnlink;
    CHECK(compared(baseline, record).empty());
    record.files.back().access |= event::kLoad;
    CHECK(only(compared(baseline, record)).kind == Kind::kNewAccess);
    record.files.back() = file("/p/models/base.safetensors", "model", 20, event::kWrite);
    CHECK(compared(baseline, record).front().kind == Kind::kNewAccess);
}

TEST_CASE("other content is told where there was one before, not where it always varied", "[baseline]") {
    const Baseline baseline = learned(5);
    run::Record record = training();
    record.files[10].digest = digest(99);
    const Difference difference = only(compared(baseline, record));
    CHECK(difference.kind == Kind::kOtherContent);
    CHECK(difference.was == std::set<event::Sha256>{digest(20)});
    CHECK(difference.now == std::set<event::Sha256>{digest(99)});
    CHECK(difference.known_runs == 5);

    run::Record output = training();
    output.files[11].digest = digest(98);
    CHECK(compared(baseline, output).empty());
}

TEST_CASE("programs, parents, peers and what is absent", "[baseline]") {
    run::Record usual = training();
    usual.processes.push_back(process(2, 1, "/usr/bin/uname", {"uname", "-r"}));
    usual.processes.push_back(process(3, 2, "/usr/bin/env", {"env"}));
    usual.connections.push_back({"10.0.0.1", "pypi.org", 443, "tcp", 1, 1});
    usual.connections.push_back({"127.0.0.1", "", 41234, "tcp", 1, 1});
    const Baseline baseline = learned(5, usual);
    CHECK(compared(baseline, usual).empty());

    run::Record record = usual;
    record.processes.push_back(process(4, 1, "/usr/bin/dash", {"sh", "-c", "curl evil"}));
    const Difference program = only(compared(baseline, record));
    CHECK(program.kind == Kind::kNewProgram);
    CHECK(program.name == "/usr/bin/dash -c");
    CHECK(program.processes == std::vector<event::ProcessId>{4});

    record = usual;
    record.processes.push_back(process(4, 1, "/usr/bin/env", {"env"}));
    CHECK(only(compared(baseline, record)).kind == Kind::kNewParent);

    record = usual;
    record.connections[0].hostname = "evil.example";
    record.connections[1].port = 5;
    const Difference peer = only(compared(baseline, record));
    CHECK(peer.kind == Kind::kNewPeer);
    CHECK(peer.name == "evil.example:443");

    record = usual;
    record.processes.pop_back();
    CHECK(only(compared(baseline, record)).kind == Kind::kAbsentProgram);
    record = usual;
    record.files.erase(record.files.begin() + 3);
    const Difference absent = only(compared(baseline, record));
    CHECK(absent.kind == Kind::kAbsentFile);
    CHECK(absent.path == "/p/data/shard-00003.tar");
}

TEST_CASE("a file that another program knows is told as such, with what changed of it", "[baseline]") {
    run::Record usual = training();
    usual.processes.push_back(process(2, 1, "/usr/bin/tar", {"tar", "--version"}));
    const Baseline baseline = learned(5, usual);
    run::Record record = usual;
    record.files.push_back(file("/p/models/base.safetensors", "model", 20, event::kRead, 2));
    CHECK(only(compared(baseline, record)).kind == Kind::kNewUser);
    record = usual;
    record.files[10].access |= event::kWrite;
    CHECK(only(compared(baseline, record)).kind == Kind::kNewAccess);
}

TEST_CASE("volumes far from all that was seen are told, small ones are not", "[baseline]") {
    const Baseline baseline = learned(5);
    run::Record record = training();
    run::Resources used;
    used.cpu_nanoseconds = 100'000'000'000;
    record.processes[0].resources = used;
    const Difference difference = only(compared(baseline, record));
    CHECK(difference.kind == Kind::kVolume);
    CHECK(difference.name == "cpu milliseconds");
    record.processes[0].resources->cpu_nanoseconds = 1'000'000'000;
    CHECK(compared(baseline, record).empty());
}

TEST_CASE("interpreters are told apart by what they run", "[baseline]") {
    const PathNames names({}, "/p");
    const auto named = [&](const std::string& image, std::vector<std::string> arguments) {
        return program_name(process(1, 0, image, std::move(arguments)), names);
    };
    CHECK(named("/usr/bin/python3.11", {"python3", "-u", "train.py", "x"}) == kPython);
    CHECK(named("/usr/bin/python3.12", {"python3", "-W", "ignore", "/p/train.py"}) ==
          "/usr/bin/python{version} $WORK/train.py");
    CHECK(named("/usr/bin/python3.11", {"python3", "-um", "pip", "install"}) == "/usr/bin/python{version} -m pip");
    CHECK(named("/usr/bin/python3.11", {"python3", "-c", "import os"}) == "/usr/bin/python{version} -c");
    CHECK(named("/usr/bin/bash", {"bash", "-e", "x.sh"}) == "/usr/bin/bash -c");
    CHECK(named("/usr/bin/bash", {"bash", "x.sh"}) == "/usr/bin/bash $WORK/x.sh");
    CHECK(named("/usr/bin/python3.11", {"python3"}) == "/usr/bin/python{version}");
    CHECK(named("/usr/bin/gcc-12", {"gcc", "-c", "a.c"}) == "/usr/bin/gcc-{n}");
    CHECK(named("/usr/bin/sha256sum", {}) == "/usr/bin/sha256sum");
    CHECK(named("/usr/bin/x86_64-linux-gnu-g++-12", {}) == "/usr/bin/x86_64-linux-gnu-g++-{n}");
    CHECK(named("/lib64/ld-linux-x86-64.so.2", {}) == "/lib64/ld-linux-x86-64.so.2");
    CHECK(named("/opt/12", {}) == "/opt/12");
}

TEST_CASE("what brought something new in every run surprises less than what never did", "[baseline]") {
    Baseline baseline;
    for (int i = 0; i < 5; ++i) {
        run::Record record = training();
        record.files.push_back(file("/p/cache/odd" + std::string(static_cast<std::size_t>(i) + 1, 'x'), "data", 9));
        learn(baseline, facts(record), {"r" + std::to_string(i), ""});
    }
    CHECK(surprise_of(baseline, "data $WORK") < 0.5);
    CHECK(surprise_of(baseline, "library /usr") > 3);
}

TEST_CASE("files are let in as a shape only where their role allows it", "[baseline]") {
    Baseline baseline = learned(5);
    run::Record record = training();
    for (int i = 0; i < 3; ++i) {
        record.files.push_back(file("/p/more/part-" + std::to_string(i) + ".csv", "data", 9));
        record.files.push_back(file("/p/more/code-" + std::to_string(i) + ".py", "code", 9));
    }
    const auto all = compared(baseline, record);
    REQUIRE(all.size() == 6);
    CHECK(std::count_if(all.begin(), all.end(), [](const auto& one) { return !shape_of(one).empty(); }) == 3);
    accept(baseline, facts(record), all, Extent::kShapes);
    const auto& files = baseline.programs.at(kPython).files;
    REQUIRE(files.count("$WORK/more/part-{n}.csv") == 1);
    CHECK(files.at("$WORK/more/part-{n}.csv").members == 3);
    CHECK(files.count("$WORK/more/part-1.csv") == 0);
    CHECK(files.count("$WORK/more/code-1.py") == 1);
    CHECK(files.count("$WORK/data/shard-00003.tar") == 1);  // nobody let those in as a shape
    CHECK(compared(baseline, record).empty());
    record.files.push_back(file("/p/more/part-7.csv", "data", 9));
    CHECK(only(compared(baseline, record)).kind == Kind::kOutOfRange);
}

TEST_CASE("what was accepted is known from then on", "[baseline]") {
    Baseline baseline = learned(5);
    run::Record record = training();
    record.processes.push_back(process(2, 1, "/usr/bin/curl", {"curl"}));
    record.files[10].digest = digest(99);
    record.files.push_back(file("/p/data/shard-00500.tar", "data", 9));
    record.files.push_back(file("/p/data/poison.tar", "data", 9));
    record.files.erase(record.files.begin());
    const auto all = compared(baseline, record);
    CHECK(all.size() == 5);
    accept(baseline, facts(record), all);
    CHECK(compared(baseline, record).empty());
    CHECK(compared(baseline, training()).empty());
}

TEST_CASE("workers of multiprocessing are their parent, and nothing else is", "[baseline]") {
    const auto name = [](std::vector<std::string> arguments, const std::string& image = "/usr/bin/python3.11") {
        run::Record record = training();
        record.processes.push_back(process(2, 1, image, std::move(arguments)));
        return programs_of(record, PathNames({}, "/p")).at(2);
    };
    const std::string spawn = "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=6, pipe_handle=12)";
    CHECK(name({"python3", "-B", "-X", "dev", "-c", spawn, "--multiprocessing-fork"}) == kPython);
    CHECK(name({"python3", "-c", "from multiprocessing.resource_tracker import main;main(5)"}) == kPython);
    CHECK(name({"python3", "-c",
                "from multiprocessing.forkserver import main; main(5, 6, ['__main__'], **{'main_path': '/p/t.py'})"}) ==
          kPython);
    const std::string other = "/usr/bin/python{version} -c";
    CHECK(name({"python3", "-c", spawn + "; import os"}) == other);
    CHECK(name({"python3", "-c", "import os; " + spawn}) == other);
    CHECK(name({"python3", "-c", "from multiprocessing.forkserver import main; main(__import__('os').system('id'))"}) ==
          other);
    CHECK(name({"python3", "-c"}) == other);
    CHECK(name({"python3", "-m", "x", "-c", spawn}) == "/usr/bin/python{version} -m x");
    CHECK(name({"python3", "-c", spawn}, "/p/python3.11") == "$WORK/python{version} -c");

    run::Record record = training();
    record.processes.push_back(process(2, 1, "/usr/bin/python3.11", {"python3", "-c", spawn}));
    record.files.push_back(file("/p/data/more.csv", "data", 9, event::kRead, 2));
    const Facts known = facts(record);
    CHECK(known.programs.size() == 1);
    CHECK(known.programs.at(kPython).files.contains("$WORK/data/more.csv"));
    CHECK(known.programs.at(kPython).started_by == std::set<std::string>{""});
}

TEST_CASE("what a run made and removed is no data of its, what it was given is", "[baseline]") {
    constexpr std::uint32_t kMade = event::kWrite | event::kCreate | event::kUnlink;
    run::Record record = training();
    record.files.push_back(file("/p/out/epoch-1.pt", "model", 30, kMade));
    record.files.push_back(file("/tmp/tmpk3j2_x9q/all.csv", "data", 31, kMade));
    record.files.push_back(file("/p/data/old.csv", "data", 32, event::kRead | event::kUnlink));
    record.files.push_back(file("/tmp/tmpk3j2_x9q/x.py", "code", 33, kMade));
    run::FileEntry before = file("/p/out/epoch-2.pt.part", "other", 34, event::kWrite | event::kCreate);
    run::FileEntry after = file("/p/out/epoch-2.pt", "model", 34, event::kRename | event::kUnlink);
    after.object = before.object;
    record.files.push_back(before);
    record.files.push_back(after);
    const Facts known = facts(record);
    const auto& files = known.programs.at(kPython).files;
    CHECK(files.at("$WORK/out/epoch-1.pt").role == "output");
    CHECK(files.at("$TMP/tmp{tmp}/all.csv").role == "temp");
    CHECK(files.at("$WORK/data/old.csv").role == "data");
    CHECK(files.at("$TMP/tmp{tmp}/x.py").role == "code");
    CHECK(files.at("$WORK/out/epoch-2.pt.part").role == "output");
    CHECK(files.at("$WORK/out/epoch-2.pt").role == "output");
    CHECK(known.volumes.files_removed == 1);
}

TEST_CASE("what is made for building and for git is no data", "[baseline]") {
    const auto role = [](const std::string& name) { return role_in_step(file("/p/x", "other", 1), name); };
    CHECK(role("$WORK/Makefile") == "code");
    CHECK(role("$WORK/cmake/find.cmake") == "code");
    CHECK(role("$WORK/requirements-dev.txt") == "code");
    CHECK(role("$WORK/.git/objects/ab/cd") == "other");
    CHECK(role("$WORK/data/words.txt") == "data");
    CHECK(role("$WORK/data/git/objects") == "data");
}
