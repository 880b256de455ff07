// SPDX-License-Identifier: Apache-2.0
#include "core/judge/verdict.hpp"

#include <algorithm>

#include <catch2/catch.hpp>

#include "tests/unit/baseline/samples.hpp"

using namespace fstracker;
using namespace fstracker::judge;

namespace {

run::Record complete_record() {
    run::Record record;
    record.info.pipeline = "p";
    record.info.step = "s";
    record.completeness.complete = true;
    return record;
}

bool holds(const std::vector<std::string>& list, const std::string& wanted) {
    return std::find(list.begin(), list.end(), wanted) != list.end();
}

}  // namespace

TEST_CASE("a complete run with nothing odd is CLEAN", "[judge]") {
    const Judgement judgement = judge::judge(complete_record());
    CHECK(judgement.verdict == Verdict::kClean);
    CHECK(judgement.incidents.empty());
    CHECK(judgement.passed_rules.size() == 3);
    CHECK(judgement.warned_rules.empty());
    CHECK(judgement.reasons.size() == 1);
}

TEST_CASE("an incomplete run is INCOMPLETE, with its reasons, whatever else it has", "[judge]") {
    run::Record record = complete_record();
    record.completeness.complete = false;
    record.completeness.reasons = {"3 access records were lost"};
    record.completeness.entered_blind_spots = {"process 4 used io_uring"};
    const Judgement judgement = judge::judge(record);
    CHECK(judgement.verdict == Verdict::kIncomplete);
    CHECK(judgement.reasons.front() == "3 access records were lost.");
    CHECK(judgement.incidents.size() == 1);
    CHECK(holds(judgement.warned_rules, "fstracker-complete"));
    record.completeness.reasons.clear();
    CHECK_FALSE(judge::judge(record).reasons.empty());
}

TEST_CASE("a record that calls itself complete over a broken ledger is INCOMPLETE", "[judge]") {
    run::Record record = complete_record();
    record.completeness.ledger.kernel["access"] = {"access", 10, 0, 9, {}, 0, 0};
    record.completeness.ledger.user.received = record.completeness.ledger.user.decoded = 9;
    const Judgement judgement = judge::judge(record);
    CHECK(judgement.verdict == Verdict::kIncomplete);
    CHECK(holds(judgement.warned_rules, "fstracker-ledger-balance"));
}

TEST_CASE("a blind spot that was entered makes REVIEW, one that merely exists does not", "[judge]") {
    run::Record record = complete_record();
    record.completeness.blind_spots = {"io_uring"};
    CHECK(judge::judge(record).verdict == Verdict::kClean);
    record.completeness.entered_blind_spots = {"process 12 used io_uring", "process 7 used io_uring",
                                               "a descriptor was received"};
    record.completeness.entered_by = {{"process 12 used io_uring", {12}}, {"process 7 used io_uring", {7, 12}}};
    const Judgement judgement = judge::judge(record);
    CHECK(judgement.verdict == Verdict::kReview);
    CHECK(holds(judgement.warned_rules, "fstracker-entered-blind-spot"));
    REQUIRE(judgement.incidents.size() == 2);
    CHECK(judgement.incidents[0].title == "a descriptor was received.");
    CHECK(judgement.incidents[1].level == Level::kMedium);
    CHECK_THAT(judgement.incidents[1].why, Catch::Contains("2 times"));
    CHECK(judgement.incidents[0].processes.empty());
    CHECK(judgement.incidents[1].processes == std::vector<event::ProcessId>{7, 12});
    CHECK_FALSE(is_alarming(judgement));
}

TEST_CASE("a program that the baseline knows may enter a blind spot that it does not know", "[judge]") {
    namespace sample = baseline::sample;
    const auto quiet = sample::learned(5);
    run::Record record = sample::training();
    record.completeness.entered_blind_spots = {"process 1 read memory"};
    record.completeness.entered_by = {{"process 1 read memory", {1}}};
    CHECK(judge::judge(record, {.baseline = &quiet}).verdict == Verdict::kReview);
    const auto used_to_it = sample::learned(5, record);
    CHECK(judge::judge(record, {.baseline = &used_to_it}).verdict == Verdict::kClean);
}

TEST_CASE("the same thing has the same fingerprint tomorrow, and in another step another", "[judge]") {
    run::Record record = complete_record();
    record.completeness.entered_blind_spots = {"process 12 used io_uring"};
    const Incident today = judge::judge(record).incidents.at(0);
    CHECK(today.fingerprint.size() == 64);
    CHECK(today.id == "F-" + today.fingerprint.substr(0, 12));
    record.completeness.entered_blind_spots = {"process 40961 used io_uring"};
    CHECK(judge::judge(record).incidents.at(0).fingerprint == today.fingerprint);
    record.info.step = "t";
    CHECK(judge::judge(record).incidents.at(0).fingerprint != today.fingerprint);
}
