// SPDX-License-Identifier: Apache-2.0
#include "cli/handed_over.hpp"

#include <catch2/catch.hpp>

#include "daemon/control/given_files.hpp"
#include "tests/unit/project/project_maker.hpp"

using namespace fstracker;
using control::Purpose;
using fstracker::testing::ProjectMaker;

TEST_CASE("each file that a run is judged by is handed over with its purpose, in the order of reading", "[cli]") {
    const ProjectMaker maker;
    project::DiskFiles disk;
    cli::JudgedRun run;
    run.project = *project::load_project(disk, maker.root);
    run.asked = maker.asked;
    auto judging = project::load_judging(disk, run.project, maker.sources, maker.asked, nullptr);
    INFO((judging ? "" : judging.error().message));
    REQUIRE(judging);
    run.judging = std::move(*judging);
    const auto given = cli::handed_over(disk, run);
    REQUIRE(given);
    const std::string own = maker.root + "/.fstracker/rules";
    const std::vector<std::pair<std::string, Purpose>> expected = {
        {maker.project_file(), Purpose::kProject},       {own + "/b.yml", Purpose::kRules},
        {own + "/deep/a.yaml", Purpose::kRules},         {maker.scratch / "named.rule", Purpose::kRules},
        {maker.scratch / "more/z.yml", Purpose::kRules}, {maker.baseline_file(), Purpose::kBaseline},
        {maker.key_file(), Purpose::kBaselineKey},       {maker.signature_file(), Purpose::kBaselineSignature}};
    REQUIRE(given->files.size() == expected.size());
    REQUIRE(given->memory.size() == 1);
    for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(given->files[i].path.bytes == expected[i].first);
        CHECK(given->files[i].purpose == expected[i].second);
        CHECK(given->files[i].descriptor.index == 1);
        CHECK(control::read_given_file(given->files[i], given->memory[0]) ==
              fstracker::testing::content_of(expected[i].first));
    }
}
