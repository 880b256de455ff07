// SPDX-License-Identifier: Apache-2.0
// What rules hear when the command has ended: what the baseline says, volumes, lineage, integrity.
#include "core/judge/hits_at_end.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "core/judge/incidents.hpp"
#include "tests/unit/baseline/samples.hpp"

using namespace fstracker;
using namespace fstracker::judge;
namespace sample = fstracker::baseline::sample;

namespace {

// A rule of a family of its own, so that it makes its own incidents.
std::string rule(const std::string& id, const std::string& source, const std::string& test,
                 const std::string& level = "medium") {
    return "---\ntitle: " + id + "\nid: " + id + "\ntags: [fstracker." + id + "]\nlogsource: " + source +
           "\ndetection: {s: {" + test + "}, condition: s}\nlevel: " + level + "\n";
}
const std::string kAccess = "{product: linux, category: file_access}";
const std::string kProcess = "{product: linux, category: process_creation}";
const std::string kPeer = "{product: linux, category: network_connection}";
const std::string kArtifact = "{product: fstracker, category: artifact}";

event::Exec exec_of(const run::Process& process) {
    event::Exec exec;
    exec.common.process = process.id;
    exec.common.pid = 100 + process.id;
    exec.parent = process.parent;
    exec.path = process.executable->path;
    exec.arguments = process.arguments;
    exec.directory = process.directory;
    return exec;
}

event::Connect connect_to(event::ProcessId process, std::uint8_t last) {
    event::Connect connect;
    connect.common.process = process;
    connect.family = 2;
    connect.protocol = 6;
    connect.port = 443;
    connect.address = {203, 0, 113, last};
    return connect;
}

// The run as it was recorded, each event of it seen.
struct Judged {
    sigma::RuleSet rules;
    Watch watch;
    run::Record record;

    Judged(const std::string& text, run::Record run)
        : rules(sigma::load_text(text, "rules.yml")), watch(rules, "p", "train"), record(std::move(run)) {
        for (const sigma::Fault& fault : rules.faults()) FAIL(sigma::to_text(fault));
        for (const run::Process& process : record.processes) watch.see(exec_of(process));
        for (const run::FileEntry& entry : record.files)
            for (const event::ProcessId process : entry.processes) {
                event::FileAccess access;
                access.common.process = process;
                access.path = entry.path;
                access.access = entry.access;
                watch.see(access);
            }
    }
    [[nodiscard]] Judgement verdict(const baseline::Baseline* known, Inputs inputs = {}) const {
        Criteria criteria;
        criteria.watch = &watch;
        criteria.baseline = known;
        criteria.inputs = std::move(inputs);
        return judge::judge(record, criteria);
    }
    // The files and titles of incidents of that rule.
    [[nodiscard]] std::vector<std::string> found(const Judgement& judgement, const std::string& id) const {
        std::vector<std::string> found;
        for (const Incident& incident : judgement.incidents) {
            if (std::find(incident.rules.begin(), incident.rules.end(), id) == incident.rules.end()) continue;
            if (incident.files.empty()) found.push_back(incident.title);
            found.insert(found.end(), incident.files.begin(), incident.files.end());
        }
        std::sort(found.begin(), found.end());
        return found;
    }
};

using Found = std::vector<std::string>;

}  // namespace

TEST_CASE("a rule that asks the baseline is asked at the end, about what happened", "[judge]") {
    const std::string text =
        rule("new", kAccess, "Baseline: new, Surprise|gt: 0") +
        rule("known", kAccess, "Baseline: known, Surprise: 0, TargetFilename|contains: shard") +
        rule("changed", kAccess, "Baseline: changed") + rule("range", kAccess, "Baseline: out-of-range") +
        rule("none", kAccess, "Baseline: none") + rule("without", kAccess, "Baseline|exists: false") +
        rule("program", kProcess, "Baseline: new");
    run::Record record = sample::training();
    record.processes.push_back(sample::process(2, 1, "/usr/bin/tar", {"tar"}));
    record.files.push_back(sample::file("/p/models/other.safetensors", "model", 70));
    record.files.push_back(sample::file("/p/data/shard-00500.tar", "data", 71));
    record.files.push_back(sample::file("/proc/self/maps", "other", 72));
    record.files[0].digest = sample::digest(99);
    const Judged it(text, record);
    CHECK(it.watch.hits().empty());

    const auto known = sample::learned(5);
    const Judgement judgement = it.verdict(&known);
    CHECK(it.found(judgement, "new") == Found{"/p/models/other.safetensors"});
    CHECK(it.found(judgement, "changed") == Found{"/p/data/shard-00000.tar"});
    CHECK(it.found(judgement, "range") == Found{"/p/data/shard-00500.tar"});
    CHECK(it.found(judgement, "known").size() == 9);
    CHECK(it.found(judgement, "none").empty());
    CHECK(it.found(judgement, "without") == Found{"/proc/self/maps"});
    CHECK(it.found(judgement, "program") == Found{"/usr/bin/tar"});

    const auto learning = sample::learned(2);
    for (const baseline::Baseline* silent : {static_cast<const baseline::Baseline*>(nullptr), &learning}) {
        const Judgement alone = it.verdict(silent);
        CHECK(it.found(alone, "new").empty());
        CHECK(it.found(alone, "none").size() == record.files.size() - 1);  // libraries are loaded, and not opened
        CHECK(it.found(alone, "without").empty());
    }
}

TEST_CASE("what is different today is not quietened for being known, and what is done each time is", "[judge]") {
    run::Record record = sample::training();
    record.files[1].digest = sample::digest(99);
    const auto known = sample::learned(5);
    const auto level_of = [&](const std::string& rules, const std::string& id) {
        for (const Incident& incident : Judged(rules, record).verdict(&known).incidents)
            if (incident.rules == std::vector<std::string>{id}) return incident.level;
        return Level::kCritical;
    };
    CHECK(level_of(rule("each-time", kAccess, "TargetFilename|endswith: 0.tar"), "each-time") == Level::kInformational);
    CHECK(level_of(rule("today", kAccess, "TargetFilename|endswith: 1.tar, Baseline: changed"), "today") ==
          Level::kMedium);
}

TEST_CASE("peers and artifacts have what the baseline says, and what is absent is told to who asks", "[judge]") {
    const std::string text = rule("peer", kPeer, "Baseline: new") +
                             rule("model", kArtifact, "Role: model, Baseline: new") +
                             rule("absent", kArtifact, "Role: data, Baseline: absent") +
                             rule("all-data", kArtifact, "Role: data, TargetFilename|endswith: 7.tar");
    run::Record record = sample::training();
    std::erase_if(record.files, [](const auto& entry) { return entry.path.bytes.ends_with("7.tar"); });
    record.files.push_back(sample::file("/p/models/other.safetensors", "model", 70));
    record.connections.push_back({"203.0.113.7", {}, 443, "tcp", 1, 1});
    Judged it(text, record);
    it.watch.see(connect_to(1, 7));
    const auto known = sample::learned(5);
    const Judgement judgement = it.verdict(&known);
    CHECK(it.found(judgement, "peer").size() == 1);
    CHECK(it.found(judgement, "model") == Found{"/p/models/other.safetensors"});
    CHECK(it.found(judgement, "absent") == Found{"/p/data/shard-00007.tar"});
    CHECK(it.found(judgement, "all-data").empty());
    const auto absent = std::find_if(judgement.incidents.begin(), judgement.incidents.end(), [](const Incident& one) {
        return one.rules == std::vector<std::string>{"absent"};
    });
    REQUIRE(absent != judgement.incidents.end());
    CHECK(absent->title == "/p/data/shard-00007.tar was in every run until now.");
}

TEST_CASE("a volume that differs is a record, with the process that has the largest share", "[judge]") {
    const std::string text = rule("written", "{product: fstracker, category: volume}",
                                  "Volume: bytes written, Value|gte: 1000000000, Median: 1000000, Ratio|gt: 900, "
                                  "Baseline: out-of-range, Image|endswith: /python3.11");
    run::Record record = sample::training();
    record.processes[0].resources = run::Resources{0, 0, 0, 1'000'000};
    const auto known = sample::learned(5, record);
    Judged usual(text, record);
    CHECK(usual.found(usual.verdict(&known), "written").empty());
    record.processes[0].resources->bytes_written = 1'000'000'000;
    Judged it(text, record);
    const Judgement judgement = it.verdict(&known);
    REQUIRE(it.found(judgement, "written").size() == 1);
    CHECK_THAT(it.found(judgement, "written").front(), Catch::StartsWith("The step's writing came to "));
    for (const Incident& incident : judgement.incidents)
        if (incident.rules == std::vector<std::string>{"written"})
            CHECK(incident.processes == std::vector<event::ProcessId>{1});
    CHECK(it.found(it.verdict(nullptr), "written").empty());
}

TEST_CASE("what is not as the step before left it is a record for each program that read it", "[judge]") {
    const std::string source = "{product: fstracker, category: lineage}";
    const std::string text =
        rule("other", source,
             "Kind: other-content, Role: data, FromStep: prepare, FromRun: r1, Was|startswith: '0505', "
             "Digest|startswith: '0000', Image|endswith: /python3.11") +
        rule("added", source, "Kind: added, FromStep: prepare") +
        rule("within", source, "Kind: changed-within-run, FromStep|exists: false");
    run::Record record = sample::training();
    record.files.push_back(sample::file("/p/data/shard-00009.tar", "data", 88));
    std::sort(record.files.begin(), record.files.end(),
              [](const auto& left, const auto& right) { return left.path.bytes < right.path.bytes; });
    Inputs inputs;
    for (const char* name : {"0", "1", "2"})
        inputs["/p/data/shard-0000" + std::string(name) + ".tar"] = {
            {sample::digest(static_cast<std::uint8_t>(*name - '0'))}, "prepare", "r1"};
    inputs["/p/data/shard-00000.tar"].digests = {sample::digest(5)};
    const Judged it(text, record);
    const Judgement judgement = it.verdict(nullptr, inputs);
    CHECK(it.found(judgement, "other") == Found{"/p/data/shard-00000.tar"});
    CHECK(it.found(judgement, "added").size() == 7);
    CHECK(it.found(judgement, "within") == Found{"/p/data/shard-00009.tar"});
}

TEST_CASE("what the record lacks is a record", "[judge]") {
    const std::string source = "{product: fstracker, category: integrity}";
    const std::string text = rule("blind", source, "Kind: blind-spot, Message|contains: io_uring") +
                             rule("by", source, "Kind: blind-spot, Image|endswith: /python3.11") +
                             rule("lost", source, "Kind: records-lost, Message|contains: ring-full") +
                             rule("died", source, "Kind: recorder-failed, Message|contains: killed");
    run::Record record = sample::training();
    const Judged whole(text, record);
    CHECK(whole.found(whole.verdict(nullptr), "lost").empty());
    record.completeness.complete = false;
    record.completeness.entered_blind_spots = {"Process 7 used io_uring.", "Something else was done."};
    record.completeness.entered_by["Something else was done."] = {1};
    record.completeness.ledger.kernel["access"] = {"access", 10, 0, 7, {{"ring-full", 3}}, 0, 0};
    record.completeness.ledger.user.received = record.completeness.ledger.user.decoded = 7;
    record.completeness.reasons = record.completeness.ledger.faults();
    REQUIRE(record.completeness.reasons.size() == 1);
    record.completeness.reasons.emplace_back("the recorder failed: killed");
    const Judged it(text, record);
    const Judgement judgement = it.verdict(nullptr);
    CHECK(it.found(judgement, "blind") == Found{"Process 7 used io_uring."});
    CHECK(it.found(judgement, "by") == Found{"Something else was done."});
    CHECK(it.found(judgement, "lost").size() == 1);
    CHECK(it.found(judgement, "died") == Found{"the recorder failed: killed."});
}

TEST_CASE("facts of the end are correlated with each other", "[judge]") {
    const std::string text =
        rule("part", kArtifact, "Role: data, Baseline: changed", "informational") +
        "---\ntitle: many\nid: many\nlevel: medium\ncorrelation:\n  type: value_count\n  rules: [part]\n"
        "  timespan: 1m\n  condition: {field: TargetFilename, gte: 3}\n";
    run::Record record = sample::training();
    const auto known = sample::learned(5);
    for (const std::size_t changed : {2U, 3U}) {
        for (std::size_t i = 0; i < changed; ++i) record.files[i].digest = sample::digest(99);
        const Judged it(text, record);
        const Judgement judgement = it.verdict(&known);
        CHECK(it.found(judgement, "part").empty());
        CHECK(it.found(judgement, "many").size() == (changed == 3 ? 3 : 0));
        for (const Incident& incident : judgement.incidents)
            if (incident.rules == std::vector<std::string>{"many"}) CHECK(incident.level == Level::kMedium);
    }
}
