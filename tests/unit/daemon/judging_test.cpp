// SPDX-License-Identifier: Apache-2.0
#include "daemon/run/judging.hpp"

#include <catch2/catch.hpp>

#include "daemon/run/given.hpp"
#include "tests/unit/project/project_maker.hpp"

using namespace fstracker;
using fstracker::testing::content_of;
using fstracker::testing::ProjectMaker;
using fstracker::testing::put;
using fstracker::testing::rule_text;

namespace {

// A project that somebody hands over, to a service that has no run yet.
struct Service {
    ProjectMaker maker;
    daemon::Order order;
    std::vector<daemon::Given> given;

    Service() {
        order.store_root = maker.scratch / "store";
        order.key_path = maker.scratch / "service.pem";
        order.rules = maker.scratch / "shipped";
        order.uid = 1000;
        order.started = 1'790'000'000'000'000'000;
        order.pipeline = "fraud";
        order.step = "train";
        order.project = order.here = maker.root;
        const std::string own = maker.root + "/.fstracker/rules";
        for (const auto& [path, purpose] :
             std::vector<std::pair<std::string, std::string>>{{maker.project_file(), "project"},
                                                              {own + "/b.yml", "rules"},
                                                              {own + "/deep/a.yaml", "rules"},
                                                              {maker.scratch / "named.rule", "rules"},
                                                              {maker.scratch / "more/z.yml", "rules"},
                                                              {maker.baseline_file(), "baseline"},
                                                              {maker.key_file(), "baselineKey"},
                                                              {maker.signature_file(), "baselineSignature"}})
            given.push_back({path, purpose, content_of(path)});
    }

    Result<daemon::OrderedJudging> load() const { return daemon::load_judging(order, daemon::pack(given)); }
    daemon::Given& file(const std::string& purpose) {
        return *std::find_if(given.begin(), given.end(), [&](const auto& one) { return one.purpose == purpose; });
    }
    std::string refused() const {
        const auto loaded = load();
        return loaded ? "" : loaded.error().message;
    }
};

}  // namespace

TEST_CASE("a worker judges by what was handed over, as who handed it over would", "[daemon]") {
    const Service service;
    project::DiskFiles disk;
    const auto own = service.maker.load(disk);
    REQUIRE(own);
    std::filesystem::remove_all(service.maker.root);
    const auto loaded = service.load();
    INFO((loaded ? "" : loaded.error().message));
    REQUIRE(loaded);
    CHECK(loaded->judging.configuration == own->configuration);
    CHECK(loaded->judging.rules.rules.rules().size() == own->rules.rules.rules().size());
    CHECK(loaded->judging.criteria.criteria.baseline_use == own->criteria.criteria.baseline_use);
    CHECK(loaded->judging.roles.role_of(service.maker.root + "/data/x") == "data");
    CHECK(loaded->judging.criteria.missing.size() == 1);
}

TEST_CASE("a worker that goes on with a run takes the same runs for those before it", "[daemon]") {
    const Service service;
    const auto loaded = service.load();
    REQUIRE(loaded);
    const auto again = daemon::load_judging(service.order, loaded->project);
    REQUIRE(again);
    CHECK(again->project == loaded->project);
    CHECK(again->judging.criteria.missing.empty());
    CHECK(again->judging.configuration == loaded->judging.configuration);
    auto forged = service.given;
    forged.push_back({"", "inputs", "no-run\n"});
    CHECK_THAT(daemon::load_judging(service.order, daemon::pack(forged)).error().message,
               Catch::Contains("there is no run 'no-run'"));
}

TEST_CASE("what was handed over and is wrong refuses the run", "[daemon]") {
    Service service;
    REQUIRE(service.refused().empty());
    SECTION("contents") {
        service.file("project").bytes = "pipelines: x\n";
        CHECK(service.refused() == service.maker.project_file() + ":1: unknown key pipelines");
    }
    SECTION("a rule") {
        service.file("rules").bytes = "title: [\n";
        CHECK_THAT(service.refused(), Catch::StartsWith("rules: " + service.file("rules").path));
    }
    SECTION("a baseline that is not the one that was signed") {
        service.file("baseline").bytes += "\n";
        CHECK_THAT(service.refused(), Catch::Contains("is of the file as it was"));
        service.file("baselineSignature").path = "/elsewhere";
        CHECK_THAT(service.refused(), Catch::StartsWith("/elsewhere: is not beside a baseline"));
    }
    SECTION("a key without a baseline") {
        std::erase_if(service.given, [](const auto& one) { return one.purpose.starts_with("baseline"); });
        service.given.push_back({"/k", "baselineKey", content_of(service.maker.key_file())});
        CHECK_THAT(service.refused(), Catch::StartsWith("baseline: "));
    }
    SECTION("two of one purpose") {
        service.given.push_back({"/other", "baseline", "x"});
        CHECK_THAT(service.refused(), Catch::Contains("another file has purpose baseline"));
    }
    SECTION("one path twice") {
        service.given.push_back({service.file("rules").path, "rules", "x"});
        CHECK_THAT(service.refused(), Catch::Contains("was handed over twice"));
    }
    SECTION("a project file of another folder") {
        service.order.project = "/elsewhere";
        CHECK_THAT(service.refused(), Catch::Contains("has to be /elsewhere/.fstracker.yaml"));
        service.order.project = "relative";
        CHECK_THAT(service.refused(), Catch::Contains("no absolute path"));
    }
    SECTION("names that no file has") {
        service.given.push_back({std::string("a\0b", 3), "rules", ""});
        CHECK_FALSE(service.refused().empty());
        service.given.back() = {"", "rules", ""};
        CHECK_FALSE(service.refused().empty());
        service.given.back() = {"/x", "secrets", ""};
        CHECK_THAT(service.refused(), Catch::Contains("there is no purpose secrets"));
    }
    SECTION("the service's own rules") {
        put(service.maker.scratch / "shipped/s.yml", "title: [\n");
        CHECK_THAT(service.refused(), Catch::StartsWith("rules: " + service.maker.scratch.path() + "/shipped/s.yml"));
    }
    SECTION("what is no packed set of files") { CHECK_FALSE(daemon::load_judging(service.order, "rules 5 9\nx")); }
}

TEST_CASE("no file of the service's disk is taken for one that was handed over", "[daemon]") {
    Service service;
    service.given.clear();
    const auto loaded = service.load();
    REQUIRE(loaded);
    CHECK(loaded->judging.configuration.size() == 1);
    CHECK(loaded->judging.configuration.count(service.order.rules) == 1);
    CHECK(loaded->judging.criteria.criteria.baseline == nullptr);
}
