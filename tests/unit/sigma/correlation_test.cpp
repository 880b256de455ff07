// SPDX-License-Identifier: Apache-2.0
// Correlations and filters, as the Sigma 2.1 specification describes them.
#include <catch2/catch.hpp>
#include <vector>

#include "core/sigma/correlation.hpp"
#include "core/sigma/explain.hpp"
#include "tests/unit/sigma/rules.hpp"

using namespace fstracker::sigma;
using namespace fstracker::sigma::testing;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// Rules a, b and c, that hold where the command line has that letter.
std::string letters() {
    std::string text;
    for (const std::string name : {"a", "b", "c"})
        text += "title: T\nname: " + name + "\nid: id-" + name +
                "\nlogsource: {category: process_creation}\ndetection: {s: {CommandLine|contains: " + name +
                "}, condition: s}\n---\n";
    return text;
}

std::string correlation(const std::string& body, const std::string& id = "cor") {
    return "title: C\nid: " + id + "\nlevel: high\ncorrelation: {" + body + "}\n";
}

struct Event {
    std::int64_t second;
    const char* line;
    const char* user = "u";
    std::int64_t bytes = 1;
};

// The seconds at which it hit; -1 for hits at the end.
std::vector<std::int64_t> hits(const std::string& text, const std::vector<Event>& events,
                               std::vector<CorrelationHit>* all = nullptr) {
    const auto set = load_text(letters() + text, "r.yml");
    INFO(faults_of(set));
    REQUIRE(set.faults().empty());
    Matcher matcher(set);
    Correlator correlator(set);
    std::vector<std::int64_t> times;
    Record record;
    for (const auto& event : events) {
        record.clear(Source::kProcessCreation);
        record.time = event.second * kSecond;
        record.tag = static_cast<std::uint64_t>(event.second);
        record.add(Field::kCommandLine, event.line);
        if (*event.user != '\0') record.add(Field::kUser, event.user);
        record.add(Field::kBytes, Value::of_integer(event.bytes));
        matcher.matching(record);
        for (auto& hit : correlator.feed(record, matcher)) {
            times.push_back(event.second);
            if (all != nullptr) all->push_back(hit);
        }
    }
    for (std::size_t i = correlator.finish().size(); i > 0; --i) times.push_back(-1);
    return times;
}

using Times = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("event_count counts the events of each group within the timespan", "[sigma]") {
    const auto rule =
        correlation("type: event_count, rules: [a], group-by: [User], timespan: 10s, condition: {gte: 3}");
    CHECK(hits(rule, {{0, "a"}, {1, "a"}, {2, "a"}}) == Times{2});
    CHECK(hits(rule, {{0, "a"}, {1, "b"}, {2, "a"}}) == Times{});
    CHECK(hits(rule, {{0, "a"}, {1, "a"}, {11, "a"}}) == Times{});
    CHECK(hits(rule, {{0, "a"}, {5, "a"}, {10, "a"}}) == Times{10});
    CHECK(hits(rule, {{0, "a", "x"}, {1, "a", "y"}, {2, "a", "x"}, {3, "a", "x"}}) == Times{3});
    CHECK(hits(rule, {{0, "a", ""}, {1, "a", ""}, {2, "a", ""}}) == Times{});
    // Told once, and again when the timespan has passed.
    CHECK(hits(rule, {{0, "a"}, {1, "a"}, {2, "a"}, {3, "a"}, {12, "a"}, {13, "a"}}) == Times{2, 13});
    CHECK(hits(correlation("type: event_count, rules: [a, b], group-by: [User], timespan: 1m, condition: {gt: 1}"),
               {{0, "a"}, {1, "b"}}) == Times{1});
    std::vector<CorrelationHit> all;
    hits(rule, {{5, "a"}, {6, "c"}, {7, "a"}, {9, "a"}}, &all);
    REQUIRE(all.size() == 1);
    CHECK(all[0].records == std::vector<std::uint64_t>{5, 7, 9});
    CHECK(all[0].group == std::vector<std::pair<std::string, std::string>>{{"User", "u"}});
    CHECK(all[0].rule->level == Level::kHigh);
}

TEST_CASE("conditions that more events can undo are decided when the timespan is over", "[sigma]") {
    const auto rule = [](const char* condition) {
        return correlation(std::string("type: event_count, rules: [a], group-by: [User], timespan: 10s, condition: {") +
                           condition + "}");
    };
    CHECK(hits(rule("eq: 2"), {{0, "a"}, {1, "a"}}) == Times{-1});
    CHECK(hits(rule("eq: 2"), {{0, "a"}, {1, "a"}, {2, "a"}}) == Times{});
    CHECK(hits(rule("lt: 3"), {{0, "a"}, {1, "a"}, {20, "b"}, {21, "a"}}) == Times{21, -1});
    CHECK(hits(rule("gt: 1, lte: 3"), {{0, "a"}, {1, "a"}}) == Times{-1});
    CHECK(hits(rule("gt: 1, lte: 3"), {{0, "a"}, {1, "a"}, {2, "a"}, {3, "a"}}) == Times{});
    CHECK(hits(rule("neq: 1"), {{0, "a"}}) == Times{});
}

TEST_CASE("value_count counts different values, value_sum and value_avg their size", "[sigma]") {
    const auto count =
        correlation("type: value_count, rules: [a], group-by: [Bytes], timespan: 1h, condition: {field: User, gte: 2}");
    CHECK(hits(count, {{0, "a", "x"}, {1, "a", "x"}, {2, "a", "y"}}) == Times{2});
    CHECK(hits(count, {{0, "a", "x"}, {1, "a", "y", 2}}) == Times{});
    const auto sum =
        correlation("type: value_sum, rules: [a], group-by: [User], timespan: 1h, condition: {field: Bytes, gt: 100}");
    CHECK(hits(sum, {{0, "a", "u", 60}, {1, "a", "u", 40}, {2, "a", "u", 1}}) == Times{2});
    const auto average =
        correlation("type: value_avg, rules: [a], group-by: [User], timespan: 1h, condition: {field: Bytes, gt: 10}");
    CHECK(hits(average, {{0, "a", "u", 20}, {1, "a", "u", 4}}) == Times{-1});
    CHECK(hits(average, {{0, "a", "u", 20}, {1, "a", "u", 0}}) == Times{});
}

TEST_CASE("temporal wants all rules in any order, temporal_ordered in theirs", "[sigma]") {
    const auto any = correlation("type: temporal, rules: [a, b, c], group-by: [User], timespan: 10s");
    CHECK(hits(any, {{0, "c"}, {1, "a"}, {2, "b"}}) == Times{2});
    CHECK(hits(any, {{0, "c"}, {1, "a"}, {11, "b"}}) == Times{});
    CHECK(hits(any, {{0, "c"}, {1, "a"}, {2, "b", "other"}}) == Times{});
    CHECK(hits(any, {{0, "abc"}}) == Times{0});
    CHECK(hits(correlation("type: temporal, rules: [a, b, c], group-by: [User], timespan: 10s, condition: {gte: 2}"),
               {{0, "c"}, {1, "a"}}) == Times{1});
    const auto ordered = correlation("type: temporal_ordered, rules: [a, b, c], group-by: [User], timespan: 10s");
    CHECK(hits(ordered, {{0, "a"}, {1, "b"}, {2, "c"}}) == Times{2});
    CHECK(hits(ordered, {{0, "a"}, {1, "c"}, {2, "b"}}) == Times{});
    CHECK(hits(ordered, {{0, "a"}, {1, "b"}, {1, "a"}, {2, "b"}, {10, "c"}}) == Times{10});
    CHECK(hits(ordered, {{0, "a"}, {1, "b"}, {11, "c"}}) == Times{});
    CHECK(hits(ordered, {{0, "a"}, {5, "a"}, {6, "b"}, {14, "c"}}) == Times{14});
    CHECK(hits(ordered, {{0, "abc"}}) == Times{});
}

TEST_CASE("aliases, chains and what is reported", "[sigma]") {
    const auto aliased = correlation(
        "type: temporal, rules: [a, b], group-by: [who], timespan: 10s, aliases: {who: {a: User, b: Bytes}}");
    CHECK(hits(aliased, {{0, "a", "7"}, {1, "b", "x", 7}}) == Times{1});
    CHECK(hits(aliased, {{0, "a", "7"}, {1, "b", "7", 8}}) == Times{});
    const auto many =
        "title: M\nname: many\nid: many-id\ncorrelation: {type: event_count, rules: [a], group-by: "
        "[User, Bytes], timespan: 10s, condition: {gte: 2}}\n---\n";
    const auto chained = many + correlation("type: temporal_ordered, rules: [many, b], group-by: [User], timespan: 1m");
    CHECK(hits(chained, {{0, "a"}, {1, "a"}, {2, "b"}}) == Times{2});
    CHECK(hits(chained, {{0, "a"}, {2, "b"}}) == Times{});

    const auto set = load_text(letters() + chained, "r.yml");
    CHECK_FALSE(set.find("a")->reported);
    CHECK_FALSE(set.find("many")->reported);
    CHECK(set.find("c")->reported);
    CHECK(set.matching(command("a")).empty());
    const auto generating =
        load_text(letters() + correlation("type: temporal, rules: [a, b], timespan: 10s, generate: true"), "r.yml");
    CHECK(generating.matching(command("a")).size() == 1);
    std::string words;
    for (const auto& line : explain(*set.find("many"))) words += line + '\n';
    CHECK_THAT(words, Catch::Contains("the number of events is at least 2") && Catch::Contains("10 seconds"));
}

TEST_CASE("faults of correlations and filters", "[sigma]") {
    const auto fault = [](const std::string& text) {
        const auto set = load_text(letters() + text, "r.yml");
        REQUIRE(set.faults().size() == 1);
        CHECK(set.rules().size() == (set.has_errors() ? 3 : 4));
        return to_text(set.faults().front());
    };
    CHECK_THAT(fault(correlation("type: value_percentile, rules: [a], timespan: 1h, condition: {field: User, gt: 1}")),
               Catch::StartsWith("r.yml:22: error: ") && Catch::Contains("value_percentile"));
    CHECK_THAT(fault(correlation("type: odd, rules: [a], timespan: 1h")), Catch::Contains("no correlation type odd"));
    CHECK_THAT(fault(correlation("type: temporal, rules: [a, z], timespan: 1h")), Catch::Contains("refers to z"));
    CHECK_THAT(fault(correlation("type: temporal, rules: [a, cor], timespan: 1h")), Catch::Contains("on itself"));
    CHECK_THAT(fault(correlation("type: temporal, rules: [a], timespan: 1w")), Catch::Contains("1w is no timespan"));
    CHECK_THAT(fault(correlation("type: temporal, rules: [a]")), Catch::Contains("needs a timespan"));
    CHECK_THAT(fault(correlation("type: temporal, rules: [], timespan: 1h")), Catch::Contains("needs rules"));
    CHECK_THAT(fault(correlation("type: event_count, rules: [a], timespan: 1h")), Catch::Contains("needs a condition"));
    CHECK_THAT(fault(correlation("type: event_count, rules: [a], timespan: 1h, condition: {over: 3}")),
               Catch::Contains("has no over"));
    CHECK_THAT(fault(correlation("type: value_count, rules: [a], timespan: 1h, condition: {gt: 3}")),
               Catch::Contains("needs a field"));
    CHECK_THAT(fault(correlation("type: temporal, rules: [a], timespan: 1h, group-by: [Colour]")),
               Catch::Contains("warning") && Catch::Contains("Colour"));
}

TEST_CASE("a filter's condition must hold as well, for the rules that it names", "[sigma]") {
    const auto filter = [](const std::string& rules) {
        return "title: F\nlogsource: {category: process_creation}\nfilter: {rules: " + rules +
               ", selection: {User|startswith: adm_}, condition: not selection}\n";
    };
    const auto fires = [&](const std::string& rules, const char* line, const char* user) {
        const auto set = load_text(letters() + filter(rules), "r.yml");
        INFO(faults_of(set));
        REQUIRE(set.faults().empty());
        return !set.matching(record_of({{Field::kCommandLine, line}, {Field::kUser, user}})).empty();
    };
    CHECK(fires("[id-a]", "a", "bob"));
    CHECK_FALSE(fires("[id-a]", "a", "adm_x"));
    CHECK_FALSE(fires("[a]", "a", "adm_x"));
    CHECK(fires("[id-a]", "b", "adm_x"));
    CHECK_FALSE(fires("any", "b", "adm_x"));
    const auto set = load_text(letters() + filter("[nobody]"), "r.yml");
    REQUIRE(set.faults().size() == 1);
    CHECK_THAT(to_text(set.faults()[0]), Catch::StartsWith("r.yml:19: warning: ") && Catch::Contains("filter"));
}
