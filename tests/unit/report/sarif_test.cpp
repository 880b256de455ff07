// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/judge/atlas.hpp"
#include "core/report/report.hpp"
#include "core/report/sarif_parts.hpp"
#include "tests/unit/report/hostile_run.hpp"

using namespace fstracker;
using nlohmann::json;

namespace {

json run_of(const verify::RunDocuments& run, const report::RuleTexts& rules = {}) {
    const auto log = json::parse(report::sarif_report(run, rules));
    REQUIRE(log["version"] == "2.1.0");
    REQUIRE(log["runs"].size() == 1);
    return log["runs"][0];
}

}  // namespace

TEST_CASE("a SARIF result leads to its rule, its file, its techniques and its processes", "[report]") {
    const report::RuleTexts rules = {
        {"rule-one", {"One", "A secret was read.", judge::Level::kHigh, {"A backup"}, {"attack.t1552.004"}}}};
    const auto run = run_of(testing::hostile_run(), rules);
    REQUIRE(run["results"].size() == 2);
    const auto& result = run["results"][0];
    CHECK(result["level"] == "error");
    CHECK(run["results"][1]["level"] == "note");
    CHECK(result["partialFingerprints"]["fstrackerIncident/v1"] == std::string(64, 'a'));

    const auto& driver = run["tool"]["driver"];
    const auto& rule = driver["rules"][result["ruleIndex"].get<std::size_t>()];
    CHECK(rule["id"] == "rule-one");
    CHECK(rule["id"] == result["ruleId"]);
    CHECK(rule["shortDescription"]["text"] == "One");
    CHECK_THAT(rule["help"]["text"].get<std::string>(), Catch::Contains("A backup"));
    CHECK(rule["properties"]["security-severity"] == "8.0");

    for (const auto& taxon : result["taxa"]) {
        const auto& component = run["taxonomies"][taxon["toolComponent"]["index"].get<std::size_t>()];
        CHECK(component["name"] == taxon["toolComponent"]["name"]);
        CHECK(component["taxa"][taxon["index"].get<std::size_t>()]["id"] == taxon["id"]);
    }
    CHECK(result["taxa"].size() == 3);
    CHECK(rule["relationships"].size() == 3);
    CHECK(result["properties"]["mitigations"] == json(judge::atlas_mitigations({"AML.T0011.000"})));

    const auto& where = result["locations"][0]["physicalLocation"]["artifactLocation"];
    CHECK(where["uri"] ==
          "a%0A%22%27%3Cscript%3Ealert%281%29%3C/script%3E%5D%5D%3E%7C%60x%60%5Bl%5D%28http%3A//evil.example%29%40me%20"
          "%231%20%7B0%7D%5C%FF%1B%5B31m%E2%80%AE%EF%BF%BF.csv");
    CHECK(where["uriBaseId"] == "%SRCROOT%");
    CHECK(run["originalUriBaseIds"]["%SRCROOT%"]["uri"] == "file:///work/");
    CHECK(run["artifacts"][where["index"].get<std::size_t>()]["location"]["uri"] == where["uri"]);

    const auto& links = result["codeFlows"][0]["threadFlows"][0]["locations"];
    REQUIRE(links.size() == 2);
    CHECK(links[0]["location"]["physicalLocation"]["artifactLocation"]["uri"] == "file:///nowhere/bin/python3");
    CHECK(run["invocations"][0]["exitCode"] == 0);
    CHECK(run["invocations"][0]["executionSuccessful"] == true);
}

TEST_CASE("SARIF text has neither links nor placeholders of a step's making", "[report]") {
    CHECK(report::sarif_text("[l](x) {0} \\")["text"] == "\\[l\\](x) {{0}} \\\\");
    const auto text = run_of(testing::hostile_run())["results"][0]["message"]["text"].get<std::string>();
    CHECK_THAT(text, Catch::Contains("\\[l\\](") && Catch::Contains("{{0}}") && !Catch::Contains("\xe2\x80\xae"));
}

TEST_CASE("SARIF says of a run that is not complete that it is not, and why", "[report]") {
    auto run = testing::hostile_run();
    run.verdict.reset();
    const auto invocation = run_of(run)["invocations"][0];
    CHECK(invocation["executionSuccessful"] == false);
    CHECK(invocation["toolExecutionNotifications"][0]["level"] == "error");
    CHECK(invocation["toolExecutionNotifications"][0]["descriptor"]["id"] == "incomplete");
}

TEST_CASE("SARIF has at most 5,000 results, and says how many are left out", "[report]") {
    auto run = testing::hostile_run();
    auto& incidents = run.verdict->judgement.incidents;
    incidents.resize(5'003, testing::incident("/x", judge::Level::kLow));
    const auto told = run_of(run);
    CHECK(told["results"].size() == 5'000);
    CHECK(told["results"][0]["level"] == "error");
    CHECK_THAT(told["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].get<std::string>(),
               Catch::StartsWith("3 incidents"));
}

TEST_CASE("where a rule is not named, a location not known, a path not below the step's", "[report]") {
    auto odd = testing::incident("memfd:x (deleted)");
    odd.rules.clear();
    auto none = testing::incident("", judge::Level::kMedium);
    none.files.clear();
    none.processes.clear();
    auto record = testing::EvidenceMaker().record();
    record.processes.front().directory.bytes = "/";
    const auto run = run_of(testing::documents(std::move(record), {odd, none, testing::incident("/workshop/x")}));
    CHECK(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] ==
          "file:///memfd%3Ax%20%28deleted%29");
    CHECK(run["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "workshop/x");
    CHECK_FALSE(run["results"][2].contains("locations"));
    for (const auto& result : run["results"])
        CHECK(run["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()]["id"] == result["ruleId"]);
}

TEST_CASE("ATLAS names its mitigations by technique", "[report]") {
    CHECK(judge::atlas_mitigations({"AML.T0025"}) == std::vector<std::string>{"AML.M0005"});
    CHECK(judge::atlas_mitigations({"AML.T0055", "nonsense", "AML.T9999"}).empty());
    CHECK(judge::atlas_mitigations({"AML.T0011.002"}) == judge::atlas_mitigations({"AML.T0011"}));
    CHECK(judge::atlas_mitigation_name("AML.M0011") == "Restrict Library Loading");
    CHECK(judge::atlas_mitigation_name("AML.M0034") == "Deepfake Detection");
    for (const auto* wrong : {"", "AML.M0035", "AML.M00x1", "AML.M0011.1"})
        CHECK(judge::atlas_mitigation_name(wrong).empty());
    CHECK(judge::atlas_technique_name("AML.T0011.000") == "Unsafe AI Artifacts");
    CHECK(judge::atlas_technique_name("AML.T0010.001") == "AI Software");
}
