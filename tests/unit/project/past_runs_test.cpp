// SPDX-License-Identifier: Apache-2.0
#include "core/project/past_runs.hpp"

#include <catch2/catch.hpp>

#include "core/project/criteria.hpp"
#include "tests/unit/verify/evidence_maker.hpp"

using namespace fstracker;
using fstracker::testing::EvidenceMaker;
using fstracker::testing::kStart;
using fstracker::testing::put;

namespace {

// A store with runs of a step "prepare" that wrote /work/out.csv.
struct Store {
    testing::Scratch scratch;
    sign::PrivateKey key = *sign::PrivateKey::generate(sign::KeyType::kEcdsaP256);

    project::PastRuns runs(std::optional<std::uint32_t> uid) const {
        return {scratch.path(), [this] { return Result<sign::PublicKey>(key.public_key()); }, uid, {}};
    }

    std::string add(int second, const std::string& uid, const std::string& verdict = "CLEAN",
                    const std::string& folder = "") {
        EvidenceMaker maker("/work/out.csv");
        maker.key = key;
        maker.info.id = store::make_run_id(kStart + second * 1'000'000'000LL, 1);
        maker.info.step = "prepare";
        auto& access = std::get<event::FileAccess>(maker.events[1]);
        access.access = event::kWrite | event::kCreate;
        const auto directory = folder.empty() ? scratch / maker.info.id : folder;
        maker.write(directory);
        put(directory + "/summary.json",
            fmt::format(R"({{"pipeline":"fraud","step":"prepare","verdict":"{}","complete":true{}}})", verdict,
                        uid.empty() ? "" : ",\"uid\":" + uid));
        if (!folder.empty()) std::filesystem::create_directory_symlink(folder, scratch / maker.info.id);
        return maker.info.id;
    }
};

project::Project with_inputs() {
    project::Project project;
    project.root = "/p";
    project.file = *project::parse_project_file("steps: {train: {inputs_from: [prepare]}}", "p");
    return project;
}

Result<project::LoadedCriteria> load(const project::PastRuns& runs,
                                     std::optional<std::vector<std::string>> after = std::nullopt) {
    project::MemoryFiles files({});
    project::Asked asked;
    asked.pipeline = "fraud";
    asked.step = "train";
    asked.here = "/elsewhere";
    asked.today = "2026-11-23";
    asked.after = std::move(after);
    return project::load_criteria(files, with_inputs(), asked, &runs);
}

}  // namespace

TEST_CASE("a run is compared with runs of its own user alone", "[project]") {
    Store store;
    const auto own = store.add(1, "1000");
    const auto others = store.add(2, "1001");
    const auto nobodys = store.add(3, "");
    testing::Scratch elsewhere;
    const auto linked = store.add(4, "1000", "CLEAN", elsewhere / "run");

    const auto loaded = load(store.runs(1000));
    INFO((loaded ? "" : loaded.error().message));
    REQUIRE(loaded);
    CHECK(loaded->inputs_from == std::vector<std::string>{own});
    REQUIRE(loaded->criteria.inputs.count("/elsewhere/out.csv") == 1);
    CHECK(loaded->criteria.inputs.at("/elsewhere/out.csv").run == own);
    CHECK(load(store.runs(std::nullopt))->inputs_from == std::vector<std::string>{linked});

    const auto none = load(store.runs(1002));
    REQUIRE(none);
    CHECK(none->criteria.inputs.empty());
    CHECK(none->missing.size() == 1);

    CHECK(load(store.runs(1000), {{own}})->criteria.inputs.size() == 1);
    const auto absent = store::make_run_id(kStart, 7);
    for (const auto& run : {others, nobodys, linked, absent, std::string("latest"), std::string("/etc")}) {
        const auto refused = load(store.runs(1000), {{run}});
        REQUIRE_FALSE(refused);
        CHECK(refused.error().message == "--after: there is no run '" + run + "'");
    }
    const auto settled = load(store.runs(1000), std::vector<std::string>{});
    REQUIRE(settled);
    CHECK(settled->criteria.inputs.empty());
    CHECK(settled->missing.empty());
}

TEST_CASE("evidence of a run before that does not verify refuses this one", "[project]") {
    Store store;
    const auto run = store.add(1, "1000");
    put(store.scratch / run + "/events.ndjson.zst", "other");
    const auto refused = load(store.runs(1000));
    REQUIRE_FALSE(refused);
    CHECK_THAT(refused.error().message, Catch::StartsWith("inputs_from: ") && Catch::Contains("does not verify"));
    CHECK_THAT(load(store.runs(1000), {{run}}).error().message, Catch::StartsWith("--after: "));
}
