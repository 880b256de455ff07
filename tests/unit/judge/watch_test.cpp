// SPDX-License-Identifier: Apache-2.0
#include "core/judge/watch.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "core/judge/incidents.hpp"

namespace {

using namespace fstracker;
using namespace fstracker::judge;

constexpr const char* kRules = R"(
title: Secret opened
id: 11111111-1111-4111-8111-111111111111
description: |
    Somebody opened
    the secret
tags: [fstracker.credentials, attack.credential-access, attack.t1552.001, atlas.aml.t0055]
logsource: {product: linux, category: file_access}
detection: {s: {TargetFilename|endswith: /secret}, condition: s}
falsepositives: [A backup]
level: high
---
title: Shell below Python
id: 22222222-2222-4222-8222-222222222222
tags: [attack.execution]
logsource: {product: linux, category: process_creation}
detection: {s: {Image|endswith: /sh, AncestorImage|endswith: /python3}, condition: s}
level: medium
---
title: Hook written
id: 33333333-3333-4333-8333-333333333333
logsource: {product: linux, category: file_event}
detection: {s: {TargetFilename|endswith: .pth}, condition: s}
level: low
---
title: Port of that kind
id: 44444444-4444-4444-8444-444444444444
logsource: {product: linux, category: network_connection}
detection: {s: {DestinationPort: 4444, DestinationIp|cidr: 203.0.113.0/24}, condition: s}
level: critical
)";

event::Common by(event::ProcessId process, std::uint32_t pid = 0) {
    event::Common common;
    common.process = process;
    common.pid = pid != 0 ? pid : 100 + process;
    return common;
}

event::Exec exec(event::ProcessId process, event::ProcessId parent, const std::string& image, std::uint32_t pid = 0) {
    event::Exec exec;
    exec.common = by(process, pid);
    exec.parent = parent;
    exec.path.bytes = image;
    exec.arguments = {image, "-c", "x"};
    exec.directory.bytes = "/work/project";
    return exec;
}

event::Fork fork(event::ProcessId process, event::ProcessId parent, std::uint32_t pid = 0) {
    event::Fork fork;
    fork.common = by(process, pid);
    fork.parent = parent;
    return fork;
}

event::FileAccess access(event::ProcessId process, const std::string& path, std::uint32_t bits) {
    event::FileAccess access;
    access.common = by(process);
    access.path.bytes = path;
    access.access = bits;
    return access;
}

struct Judged {
    sigma::RuleSet rules = sigma::load_text(kRules, "rules.yml");
    Watch watch{rules, "p", "s"};
    run::Record record;

    Judged() {
        REQUIRE(rules.faults().empty());
        record.info.pipeline = "p";
        record.info.step = "s";
        record.completeness.complete = true;
        see(exec(1, 0, "/usr/bin/python3"));
    }
    void see(const event::Event& event) {
        watch.see(event);
        const event::Common* common = nullptr;
        if (const auto* one = std::get_if<event::Exec>(&event)) common = &one->common;
        if (const auto* one = std::get_if<event::Fork>(&event)) common = &one->common;
        if (common == nullptr) return;
        run::Process process;
        process.id = common->process;
        process.pid = common->pid;
        process.directory.bytes = "/work/project";
        record.processes.push_back(process);
    }
    Judgement verdict() const { return judge::judge(record, {.watch = &watch}); }
};

bool holds(const std::vector<std::string>& list, const std::string& wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
}

}  // namespace

TEST_CASE("a rule that finds nothing has passed", "[judge]") {
    Judged it;
    it.see(access(1, "/data/in.csv", event::kRead));
    const Judgement judgement = it.verdict();
    CHECK(judgement.verdict == Verdict::kClean);
    CHECK(judgement.incidents.empty());
    CHECK(judgement.passed_rules.size() == 3 + 4);
}

TEST_CASE("what was opened makes an incident that names who, what and why", "[judge]") {
    Judged it;
    it.see(access(1, "/home/ada/secret", event::kRead));
    it.see(access(1, "/home/ada/secret", event::kRead));
    const Judgement judgement = it.verdict();
    CHECK(judgement.verdict == Verdict::kAlert);
    REQUIRE(judgement.incidents.size() == 1);
    const Incident& incident = judgement.incidents.front();
    CHECK(incident.level == Level::kHigh);
    CHECK(incident.family == "credentials");
    CHECK(incident.title == "python3 opened /home/ada/secret.");
    CHECK(incident.why == "Rule \"Secret opened\", high: Somebody opened the secret.");
    CHECK(incident.processes == std::vector<event::ProcessId>{1});
    CHECK(incident.files == std::vector<std::string>{"/home/ada/secret"});
    CHECK(incident.attack == std::vector<std::string>{"T1552.001"});
    CHECK(incident.atlas == std::vector<std::string>{"AML.T0055"});
    CHECK(incident.innocent == std::vector<std::string>{"A backup"});
    CHECK(incident.id == "F-" + incident.fingerprint.substr(0, 12));
    CHECK(holds(judgement.failed_rules, "11111111-1111-4111-8111-111111111111"));
    CHECK(holds(judgement.reasons, incident.title));
    CHECK(it.watch.hits().front().times == 2);
}

TEST_CASE("a fork is its parent until it executes, and what it executes has its parent above it", "[judge]") {
    Judged it;
    it.see(fork(2, 1, 777));
    it.see(access(2, "/x/secret", event::kRead));
    it.see(exec(3, 2, "/bin/sh", 777));
    const std::vector<Hit> hits = it.watch.hits();
    REQUIRE(hits.size() == 2);
    CHECK(hits[0].image == "/usr/bin/python3");
    CHECK(hits[1].image == "/bin/sh");
    CHECK(hits[1].parent == "/usr/bin/python3");
    const Judgement judgement = it.verdict();
    REQUIRE(judgement.incidents.size() == 2);
    CHECK(judgement.incidents[0].level == Level::kHigh);
    CHECK(judgement.incidents[1].title == "python3 executed /bin/sh.");
    CHECK(judgement.incidents[1].family == "execution");
}

TEST_CASE("an incident of low level is listed and asks for nobody", "[judge]") {
    Judged it;
    it.see(access(1, "/x/a.pth", event::kWrite | event::kCreate));
    const Judgement judgement = it.verdict();
    CHECK(judgement.verdict == Verdict::kClean);
    REQUIRE(judgement.incidents.size() == 1);
    CHECK(judgement.incidents.front().title == "python3 wrote /x/a.pth.");
    CHECK_FALSE(holds(judgement.passed_rules, "33333333-3333-4333-8333-333333333333"));
    CHECK(judgement.warned_rules.empty());
}

TEST_CASE("a file that gets its name by a rename or a link is one that was written", "[judge]") {
    Judged it;
    event::Renamed renamed;
    renamed.common = by(1);
    renamed.operation = GENERATE(event::NameOperation::kRename, event::NameOperation::kLink,
                                 event::NameOperation::kSymlink, event::NameOperation::kExchange);
    renamed.path.bytes = "/x/a.pth";
    renamed.second_path.bytes = "/x/a.txt";
    it.see(renamed);
    REQUIRE(it.watch.hits().size() == 1);
    CHECK(it.watch.hits().front().object == "/x/a.pth");
}

TEST_CASE("a peer is known by address and port, and is no file", "[judge]") {
    Judged it;
    event::Connect connect;
    connect.common = by(1);
    connect.family = 2;
    connect.protocol = 6;
    connect.port = 4444;
    connect.address = {203, 0, 113, 9};
    it.see(connect);
    const Judgement judgement = it.verdict();
    REQUIRE(judgement.incidents.size() == 1);
    CHECK(judgement.incidents.front().title == "python3 connected to 203.0.113.9:4444.");
    CHECK(judgement.incidents.front().files.empty());
    CHECK(judgement.verdict == Verdict::kAlert);
}

TEST_CASE("a correlation makes one incident of all that it rests on", "[judge]") {
    const sigma::RuleSet rules = sigma::load_text(R"(
title: Home file opened
name: home_file
id: 55555555-5555-4555-8555-555555555555
logsource: {product: linux, category: file_access}
detection: {s: {TargetFilename|startswith: /home/}, condition: s}
level: informational
---
title: Sweep through a home directory
id: 66666666-6666-4666-8666-666666666666
correlation:
  type: value_count
  rules: [home_file]
  group-by: [ProcessId]
  timespan: 10m
  condition: {gte: 5, field: TargetFilename}
level: medium
)",
                                                  "rules.yml");
    REQUIRE(rules.faults().empty());
    for (const int files : {4, 5}) {
        Watch watch(rules, "p", "s");
        watch.see(exec(1, 0, "/usr/bin/tar"));
        for (int i = 0; i < files; ++i) watch.see(access(1, "/home/ada/" + std::to_string(i), event::kRead));
        watch.see(event::RunEnded{});
        const std::vector<Hit> hits = watch.hits();
        CHECK(hits.size() == (files == 5 ? 5 : 0));
        if (files != 5) continue;
        CHECK(hits.back().object == "/home/ada/4");
        const auto incidents = incidents_of(run::Record{}, hits, path_names(run::Record{}, {}));
        REQUIRE(incidents.size() == 1);
        CHECK(incidents[0].title == "Sweep through a home directory, by tar: /home/ada/0, and 4 more.");
        CHECK(incidents[0].files.size() == 5);
    }
}

TEST_CASE("an incomplete run stays incomplete, whatever rules found", "[judge]") {
    Judged it;
    it.record.completeness.complete = false;
    it.see(access(1, "/x/secret", event::kRead));
    CHECK(it.verdict().verdict == Verdict::kIncomplete);
    CHECK(is_alarming(it.verdict()));
}

TEST_CASE("the same thing has the same fingerprint tomorrow, and another file another one", "[judge]") {
    const auto fingerprint = [](const std::string& path, std::uint32_t pid) {
        Judged it;
        it.see(exec(2, 1, "/usr/bin/python3", pid));
        it.see(access(2, path, event::kRead));
        return it.verdict().incidents.at(0).fingerprint;
    };
    CHECK(fingerprint("/tmp/tmpab12x_z7/secret", 7) == fingerprint("/tmp/tmpzz91k3qa/secret", 8));
    CHECK(fingerprint("/home/ada/secret", 7) == fingerprint("/home/bob/secret", 7));
    CHECK(fingerprint("/data/1/secret", 7) != fingerprint("/data/2/secret", 7));
}

TEST_CASE("what a step does very often does not make the table grow without end", "[judge]") {
    Judged it;
    for (int i = 0; i < 11'000; ++i) it.see(access(1, "/x" + std::to_string(i) + "/secret", event::kRead));
    CHECK(it.watch.hits().size() == 10'000);
    CHECK(it.watch.not_kept() == 1'000);
    const Judgement judgement = it.verdict();
    REQUIRE(judgement.incidents.size() == 1);
    CHECK(judgement.incidents.front().files.size() == 50);
    CHECK(judgement.incidents.front().title.find("9999 more") != std::string::npos);
}
