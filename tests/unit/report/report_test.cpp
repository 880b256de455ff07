// SPDX-License-Identifier: Apache-2.0
#include "core/report/report.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/report/printable.hpp"
#include "core/report/process_tree.hpp"
#include "core/report/summary.hpp"
#include "tests/unit/report/hostile_run.hpp"
#include "tests/unit/verify/evidence_maker.hpp"

using namespace fstracker;
using nlohmann::json;
using testing::documents;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("the first screen says verdict, why and what to do next", "[report]") {
    auto record = testing::EvidenceMaker().record();
    for (int i = 0; i < 500; ++i) record.completeness.blind_spots.push_back("a long list");
    const auto lines = lines_of(report::text_report(documents(record), {}));
    std::string screen;
    for (std::size_t i = 0; i < 24 && i < lines.size(); ++i) screen += lines[i] + '\n';
    CHECK_THAT(screen, Catch::StartsWith("CLEAN  fraud / train") && Catch::Contains("why ") &&
                           Catch::Contains("sure ") && Catch::Contains("next ") &&
                           Catch::Contains("track verify " + record.info.id));
}

TEST_CASE("width is respected, and no byte of a step reaches the terminal unescaped", "[report]") {
    auto record = testing::EvidenceMaker("/data/\x1b]0;owned\x07/" + std::string(300, 'x') + "\n.csv").record();
    record.processes.front().arguments = {"python3", "\x1b[31m", std::string(500, 'y')};
    record.info.step = "st\x1b[2Jep";
    record.completeness.blind_spots.push_back(std::string(300, 'z') + "\r");
    for (const unsigned width : {40U, 80U, 200U}) {
        for (const auto& line : lines_of(report::text_report(documents(record), {false, width}))) {
            INFO(line);
            CHECK(report::columns(line) <= width);
            CHECK(line.find('\x1b') == std::string::npos);
            CHECK(line.find('\r') == std::string::npos);
        }
    }
    CHECK_THAT(report::text_report(documents(record), {true, 80}), Catch::StartsWith("\x1b[1;32mCLEAN"));
}

TEST_CASE("a run without verdict is INCOMPLETE everywhere", "[report]") {
    auto run = documents(testing::EvidenceMaker().record());
    run.verdict.reset();
    CHECK_THAT(report::text_report(run, {}), Catch::StartsWith("INCOMPLETE") && Catch::Contains("there is no verdict"));
    const auto told = json::parse(report::json_report(run));
    CHECK(told["verdict"] == "INCOMPLETE");
    CHECK(told["complete"] == false);
}

TEST_CASE("the JSON report has the keys of the contract", "[report]") {
    auto record = testing::EvidenceMaker().record();
    auto run = documents(record);
    judge::Incident incident;
    incident.id = "F-0123456789ab";
    incident.level = judge::Level::kLow;
    incident.processes = {1, 99};
    incident.files = {"/data/train.csv", "/not/there"};
    auto worse = incident;
    worse.level = judge::Level::kHigh;
    run.verdict->judgement.incidents = {incident, worse};
    const auto told = json::parse(report::json_report(run));
    for (const auto* key :
         {"run", "pipeline", "step", "verdict", "complete", "baseline", "incidents", "changes", "coverage"})
        CHECK(told.contains(key));
    for (const auto* key : {"file", "digest", "runs", "maturity"}) CHECK(told["baseline"].contains(key));
    for (const auto* role : {"data", "model", "library", "executable"})
        for (const auto* key : {"new", "changed", "gone"}) CHECK(told["changes"][role][key].is_array());
    for (const auto* key : {"backend", "ledger", "unhashed", "blindSpots"}) CHECK(told["coverage"].contains(key));
    CHECK(told["coverage"]["ledger"]["kernel"]["exec"]["seen"] == 1);
    REQUIRE(told["incidents"].size() == 2);
    CHECK(told["incidents"][0]["level"] == "high");
    for (const auto* key : {"id", "level", "family", "rules", "title", "why", "processes", "files", "atlas", "attack",
                            "mitigations", "innocent", "fingerprint", "accept", "suppress"})
        CHECK(told["incidents"][0].contains(key));
    CHECK(told["incidents"][0]["suppress"] == "- {finding: F-0123456789ab, reason: \"…\", until: 2026-12-20}");
    CHECK(told["incidents"][0]["processes"].size() == 1);
    CHECK(told["incidents"][0]["files"][0]["role"] == "data");
    CHECK(told["incidents"][0]["files"][1]["digest"].is_null());
}

TEST_CASE("what the baseline said and a person settled is in every report", "[report]") {
    auto run = documents(testing::EvidenceMaker().record());
    auto& judgement = run.verdict->judgement;
    judgement.baseline = judge::BaselineUse{"b.yaml", std::string(64, 'a'), 5, "stable"};
    judgement.changes["data"].changed = {"/data/train.csv"};
    judge::Incident found;
    found.id = "F-0123456789ab";
    found.level = judge::Level::kHigh;
    found.rules = {"fstracker-baseline-other-content"};
    found.files = {"/data/train.csv"};
    found.was["/data/train.csv"].fill(7);
    judge::Incident settled = found;
    settled.level = judge::Level::kMedium;
    settled.suppressed = judge::Settled{"a new set", "2030-01-02"};
    judgement.incidents = {found, settled};

    const auto told = json::parse(report::json_report(run));
    CHECK(
        told["baseline"] ==
        json({{"file", "b.yaml"}, {"digest", "sha256:" + std::string(64, 'a')}, {"runs", 5}, {"maturity", "stable"}}));
    CHECK(told["changes"]["data"]["changed"] == json({"/data/train.csv"}));
    CHECK(told["changes"]["model"]["changed"] == json::array());
    const auto& first = told["incidents"][0];
    CHECK(first["files"][0]["was"].get<std::string>().starts_with("sha256:0707"));
    CHECK(first["accept"] == "track baseline accept " + run.trace.record.info.id + " F-0123456789ab --reason \"…\"");
    CHECK_FALSE(first.contains("suppressed"));
    CHECK(told["incidents"][1]["suppressed"] == json({{"reason", "a new set"}, {"until", "2030-01-02"}}));

    const auto sarif = json::parse(report::sarif_report(run))["runs"][0]["results"];
    CHECK(sarif[0]["baselineState"] == "new");
    CHECK(sarif[1]["suppressions"][0]["justification"] == "a new set");
    CHECK_THAT(report::markdown_report(run), Catch::Contains("until `2030-01-02`: a new set"));
    for (const auto& text : {report::text_report(run, {}), report::html_report(run), report::junit_report(run)})
        CHECK_THAT(text, Catch::Contains("until 2030-01-02: a new set"));
    for (const auto& text : {report::markdown_report(run), report::html_report(run)})
        CHECK_THAT(text, Catch::Contains("b.yaml") && Catch::Contains("5 runs"));
    judgement.incidents[1].suppressed->until.clear();
    CHECK(json::parse(report::sarif_report(run))["runs"][0]["results"][1]["baselineState"] == "unchanged");
    CHECK(json::parse(report::json_report(run))["incidents"][1]["suppressed"]["until"].is_null());
}

TEST_CASE("a fork is told as the program that it is", "[report]") {
    auto run = documents(testing::EvidenceMaker().record());
    auto& processes = run.trace.record.processes;
    run::Process fork;
    fork.id = 90;
    fork.parent = processes.front().id;
    fork.pid = 4711;
    run::Process deeper = fork;
    deeper.id = 91;
    deeper.parent = 90;
    deeper.pid = 4712;
    processes.push_back(fork);
    processes.push_back(deeper);
    judge::Incident incident;
    incident.processes = {91};
    run.verdict->judgement.incidents = {incident};
    const auto told = json::parse(report::json_report(run))["incidents"][0]["processes"][0];
    CHECK(told["pid"] == 4712);
    CHECK(told["image"] == processes.front().executable->path.bytes);
    CHECK(told["chain"].size() == 2);
    CHECK_THAT(report::text_report(run, {}), Catch::Contains("(pid 4712)"));
}

TEST_CASE("an incident in NDJSON is a Detection Finding of OCSF", "[report]") {
    const auto run = testing::hostile_run();
    std::istringstream lines(report::ndjson_report(run));
    std::vector<json> findings;
    for (std::string line; std::getline(lines, line);)
        if (auto told = json::parse(line); told["kind"] == "incident") findings.push_back(std::move(told));
    REQUIRE(findings.size() == 2);
    const auto& told = findings.front();
    CHECK(told["class_uid"] == 2004);
    CHECK(told["category_uid"] == 2);
    CHECK(told["type_uid"] == 200401);
    CHECK(told["severity_id"] == 4);
    CHECK(findings.back()["severity_id"] == 2);
    CHECK(told["time"] == run.trace.record.info.finished / 1'000'000);
    CHECK(told["metadata"]["version"] == "1.8.0");
    CHECK(told["finding_info"]["uid"] == told["fingerprint"]);
    CHECK(told["finding_info"]["analytic"]["uid"] == "rule-one");
    CHECK(told["finding_info"]["attacks"][0]["sub_technique"]["uid"] == "AML.T0011.000");
    CHECK(told["finding_info"]["attacks"][1]["technique"]["uid"] == "AML.T0055");
    CHECK(told["finding_info"]["attacks"][2]["technique"]["uid"] == "T1552");
    CHECK(told["evidences"][0]["process"]["name"] == "python3");
    CHECK(told["evidences"][1]["file"]["hashes"][0]["algorithm_id"] == 3);
    CHECK_THAT(told["remediation"]["desc"].get<std::string>(), Catch::Contains("Restrict Library Loading (AML.M0011)"));
}

TEST_CASE("who settles a lone incident finds process, file, reason and next command on the first screen", "[report]") {
    auto record = testing::EvidenceMaker("/home/somebody/.ssh/id_ed25519").record();
    for (int i = 0; i < 40; ++i) {
        record.completeness.blind_spots.push_back("a long list");
        record.processes.push_back(record.processes.front());
    }
    auto incident = testing::incident("/home/somebody/.ssh/id_ed25519");
    incident.innocent.assign(5, std::string(300, 'y') + " a long list of innocent ones");
    incident.files.insert(incident.files.end(), 40, "/another");
    auto run = testing::documents(std::move(record), {incident});
    run.verdict->judgement.reasons = {incident.title};
    for (const unsigned width : {80U, 120U}) {
        const auto lines = lines_of(report::text_report(run, {false, width}));
        std::string screen;
        for (std::size_t i = 0; i < 24 && i < lines.size(); ++i) screen += lines[i] + '\n';
        for (const auto* wanted : {"python3", "id_ed25519", "A secret was read", "next  track show"})
            CHECK_THAT(screen, Catch::Contains(wanted));
    }
}

TEST_CASE("NDJSON has one object a line, each with its kind", "[report]") {
    const auto record = testing::EvidenceMaker("/data/\xFF\n.csv").record();
    std::map<std::string, std::size_t> kinds;
    for (const auto& line : lines_of(report::ndjson_report(documents(record)))) ++kinds[json::parse(line).at("kind")];
    CHECK(kinds["run"] == 1);
    CHECK(kinds["process"] == record.processes.size());
    CHECK(kinds["connection"] == 1);
    CHECK(kinds["file"] == record.files.size());
}

TEST_CASE("the summary has the keys of the contract", "[report]") {
    const auto record = testing::EvidenceMaker().record();
    const auto told =
        json::parse(report::summary_json(record, judge::judge(record), "/runs/x\xFF", 3, {1.5, 0.25, 10}));
    CHECK(told["exitCode"] == 3);
    CHECK(told["verdict"] == "CLEAN");
    CHECK(told["counts"] == json({{"processes", 1},
                                  {"executables", 1},
                                  {"libraries", 0},
                                  {"filesRead", 1},
                                  {"filesWritten", 0},
                                  {"bytesHashed", 10}}));
    CHECK(told["seconds"] == json({{"command", 1.5}, {"finish", 0.25}}));
    CHECK(told["findings"] == json({{"critical", 0}, {"high", 0}, {"medium", 0}, {"low", 0}}));
}

TEST_CASE("a process table whose parents go in a circle is still shown whole", "[report]") {
    std::vector<run::Process> processes(4);
    for (std::uint32_t i = 0; i < 4; ++i) processes[i].id = i + 1;
    processes[1].parent = 1;
    processes[2].parent = 4;
    processes[3].parent = 3;
    const auto lines = report::process_tree(processes);
    REQUIRE(lines.size() == 4);
    CHECK(lines[1].process->id == 2);
    CHECK(lines[1].depth == 1);
    CHECK(report::process_chain(processes, 3).size() == 2);
    CHECK(report::process_chain(processes, 2).front()->id == 1);
}
