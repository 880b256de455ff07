// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/verdict.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/evidence/verdict_sample.hpp"

using namespace fstracker;
using namespace fstracker::evidence;
using Json = nlohmann::json;

TEST_CASE("a verdict reads back as it was written", "[verdict]") {
    const run::Record record = sample::record();
    const std::vector<Subject> outputs{{"/models/m", "file:///models/m", sample::digest_of(2)}};
    for (const judge::Judgement& judgement : {sample::judgement(), judge::judge(record)}) {
        const std::string statement = write_verdict(judgement, record.info, sample::digest_of(50), outputs);
        CHECK(Json::parse(statement).dump() == statement);
        const auto read = read_verdict(statement);
        INFO((read ? "" : read.error().message));
        REQUIRE(read);
        CHECK(read->judgement == judgement);
        CHECK(read->trace == sample::digest_of(50));
        CHECK(read->outputs == outputs);
        CHECK(read->run == record.info.id);
        CHECK(read->pipeline == record.info.pipeline);
        CHECK(read->step == record.info.step);
        CHECK(read->configuration == record.info.configuration);
    }
}

TEST_CASE("an incomplete run never passes", "[verdict]") {
    const auto result = [](judge::Verdict verdict, judge::Level level) {
        judge::Judgement judgement = sample::judgement();
        judgement.verdict = verdict;
        judgement.incidents.front().level = level;
        judgement.incidents.front().suppressed.reset();
        return Json::parse(write_verdict(judgement, {}, {}, {}))["predicate"]["result"].get<std::string>();
    };
    CHECK(result(judge::Verdict::kClean, judge::Level::kLow) == "PASSED");
    CHECK(result(judge::Verdict::kReview, judge::Level::kMedium) == "WARNED");
    CHECK(result(judge::Verdict::kAlert, judge::Level::kHigh) == "FAILED");
    CHECK(result(judge::Verdict::kIncomplete, judge::Level::kLow) == "WARNED");
    CHECK(result(judge::Verdict::kIncomplete, judge::Level::kHigh) == "FAILED");
}

TEST_CASE("a verdict with a field more, a wrong word or a wrong result is an error", "[verdict]") {
    const Json good = Json::parse(write_verdict(sample::judgement(), sample::record().info, {}, {}));
    REQUIRE(read_verdict(good.dump()));
    const auto refused = [&](const std::string& pointer, const Json& value) {
        Json changed = good;
        changed[Json::json_pointer(pointer)] = value;
        INFO(pointer);
        CHECK_FALSE(read_verdict(changed.dump()).has_value());
    };
    const std::string findings = "/predicate/urn:fstracker:findings:v1";
    refused("/zz", 1);
    refused("/predicate/zz", 1);
    refused(findings + "/zz", 1);
    refused(findings + "/incidents/0/zz", 1);
    refused(findings + "/incidents/0/level", "worst");
    refused(findings + "/incidents/0/files/0", "%");
    refused(findings + "/incidents/0/processes/0", -1);
    refused(findings + "/verdict", "CLEAN");
    refused("/predicate/result", "PASSED");
    refused("/predicateType", "https://in-toto.io/attestation/runtime-trace/v0.1");
    refused("/subject/0/name", "another.json");
    refused("/subject", Json::array());
}
