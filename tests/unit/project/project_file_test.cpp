// SPDX-License-Identifier: Apache-2.0
#include "core/project/project_file.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/scratch.hpp"

using namespace fstracker;
using namespace fstracker::project;

namespace {

std::string fault(const std::string& text) {
    const auto parsed = parse_project_file(text, "p.yaml");
    return parsed ? "" : parsed.error().message;
}

}  // namespace

TEST_CASE("a project file with every key is read", "[project]") {
    const auto project = parse_project_file(R"(
pipeline: fraud-model
roots: {DATA: /mnt/datasets/fraud}
roles:
  data: ["$DATA/**"]
steps:
  prepare: {match: "python* prepare.py*"}
  train:
    match: "python* train.py*"
    inputs_from: [prepare]
    outputs: ["models/**"]
suppress:
  - {finding: F-7c1e, reason: "new tokenizer", until: 2027-02-01}
)",
                                            "p.yaml");
    INFO((project ? "" : project.error().message));
    REQUIRE(project);
    CHECK(project->pipeline == "fraud-model");
    CHECK(project->roots.at("DATA") == "/mnt/datasets/fraud");
    CHECK(project->roles.at("data") == std::vector<std::string>{"$DATA/**"});
    REQUIRE(project->steps.size() == 2);
    CHECK(project->steps[1].second.inputs_from == std::vector<std::string>{"prepare"});
    CHECK(project->suppress.front().until == "2027-02-01");
    CHECK(matching_step(*project, {"/usr/bin/python3", "train.py", "--fast"}) == "train");
    CHECK(matching_step(*project, {"python3", "prepare.py"}) == "prepare");
    CHECK(matching_step(*project, {"make"}).empty());
    CHECK(parse_project_file("", "p.yaml"));
    CHECK(parse_project_file(testing::content_of(FSTRACKER_SOURCE_DIR "/examples/pipeline/.fstracker.yaml"), "p.yaml"));
}

TEST_CASE("a fault in a project file is named with its line", "[project]") {
    CHECK_THAT(fault("pipeline: x\npipelines: y\n"), Catch::StartsWith("p.yaml:2: ") && Catch::Contains("pipelines"));
    CHECK_THAT(fault("a: [\n"), Catch::StartsWith("p.yaml:"));
    CHECK_THAT(fault("pipeline: [x]\n"), Catch::StartsWith("p.yaml:1: "));
    CHECK_THAT(fault("pipeline: x\npipeline: y\n"), Catch::StartsWith("p.yaml:2: ") && Catch::Contains("twice"));
    CHECK_THAT(fault("roles:\n  dta: [x]\n"), Catch::StartsWith("p.yaml:2: ") && Catch::Contains("dta"));
    CHECK_THAT(fault("steps:\n  a:\n    mtach: x\n"), Catch::StartsWith("p.yaml:3: ") && Catch::Contains("mtach"));
    CHECK_THAT(fault("suppress:\n  - {finding: F-1, until: 2027-01-01}\n"), Catch::Contains("reason"));
    CHECK_THAT(fault("suppress:\n  - {finding: F-1, reason: r, until: soon}\n"), Catch::Contains("soon"));
    CHECK_THAT(fault("- a\n"), Catch::Contains("mapping"));
}
