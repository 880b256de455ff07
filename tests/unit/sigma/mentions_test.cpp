// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/mentions.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/sigma/rules.hpp"

using namespace fstracker::sigma;
using namespace fstracker::sigma::testing;

TEST_CASE("a rule asks for the fields that it names, however deep", "[sigma]") {
    const auto asks = [](const std::string& detection, Field field) {
        const auto set = load_text(rule_of(detection), "r.yml");
        REQUIRE(set.faults().empty());
        return mentions(set.rules().at(0), field);
    };
    CHECK(asks("a: {Baseline: new}\ncondition: a", Field::kBaseline));
    CHECK(asks("a: {Image: x}\nb: [{Image: y}, {Baseline|exists: false}]\ncondition: a and not b", Field::kBaseline));
    CHECK(asks("a: {Image|fieldref: Baseline}\ncondition: a", Field::kBaseline));
    CHECK_FALSE(asks("a: {Image: Baseline, CommandLine|contains: Surprise}\ncondition: a", Field::kBaseline));
    CHECK_FALSE(asks("a: [Baseline, known]\ncondition: a", Field::kBaseline));
}

TEST_CASE("a correlation rests on what its rules ask for, and theirs", "[sigma]") {
    const auto set = load_text(
        "title: A\nname: a\nlogsource: {category: file_access}\ndetection: {s: {Baseline: new}, condition: s}\n---\n"
        "title: B\nname: b\ncorrelation: {type: event_count, rules: [a], timespan: 1m, condition: {gte: 2}}\n---\n"
        "title: C\nname: c\ncorrelation: {type: event_count, rules: [b], timespan: 1m, condition: {gte: 2}}\n",
        "r.yml");
    REQUIRE(set.faults().empty());
    for (const char* name : {"a", "b", "c"}) {
        CHECK(rests_on(set, *set.find(name), Field::kBaseline));
        CHECK_FALSE(rests_on(set, *set.find(name), Field::kSurprise));
    }
    CHECK_FALSE(mentions(*set.find("b"), Field::kBaseline));
}
