// SPDX-License-Identifier: Apache-2.0
// Selections and conditions, as the Sigma 2.1 specification describes them.
#include <catch2/catch.hpp>
#include <vector>

#include "tests/unit/sigma/rules.hpp"

using namespace fstracker::sigma;
using namespace fstracker::sigma::testing;

namespace {

bool fits_detection(const std::string& detection, const Record& record) {
    const auto set = load_text(rule_of(detection), "r.yml");
    INFO(faults_of(set));
    REQUIRE(set.rules().size() == 1);
    return fits(set, record);
}

// With selections a, b, c and _d that hold where the letters say.
bool fits_condition(const std::string& condition, const std::string& letters) {
    std::string detection;
    for (const std::string name : {"sel_a", "sel_b", "other_c", "_d"})
        detection += name + ":\n  CommandLine|contains: " + name.back() + '\n';
    return fits_detection(detection + "condition: " + condition, command(letters));
}

}  // namespace

TEST_CASE("the condition's operators and their order", "[sigma]") {
    struct Row {
        const char* condition;
        std::vector<const char*> hits, misses;
    };
    const std::vector<Row> rows = {
        {"sel_a", {"a", "ab"}, {"b", "-"}},
        {"not sel_a", {"b", "-"}, {"a"}},
        {"not not sel_a", {"a"}, {"-"}},
        {"sel_a and sel_b", {"ab"}, {"a", "b"}},
        {"sel_a or sel_b", {"a", "b", "ab"}, {"c"}},
        {"sel_a or sel_b and other_c", {"a", "bc"}, {"b", "c"}},
        {"(sel_a or sel_b) and other_c", {"ac", "bc"}, {"a", "bb"}},
        {"not sel_a and sel_b", {"b"}, {"ab", "-"}},
        {"not (sel_a and sel_b)", {"a", "-"}, {"ab"}},
        {"sel_a and not sel_b or other_c", {"a", "c", "abc"}, {"ab", "b"}},
        {"1 of sel_*", {"a", "b"}, {"c", "d"}},
        {"any of sel_*", {"a", "b"}, {"c"}},
        {"all of sel_*", {"ab"}, {"a", "bc"}},
        {"1 of them", {"a", "b", "c"}, {"d", "-"}},
        {"all of them", {"abc", "abcd"}, {"ab", "abd"}},
        {"1 of *_c", {"c"}, {"a"}},
        {"1 of sel_a", {"a"}, {"b"}},
        {"not 1 of sel_*", {"c"}, {"a"}},
        {"_d and 1 of sel_*", {"da"}, {"a", "d"}},
        {"1 of _*", {"d"}, {"a"}},
        {"[sel_a, other_c]", {"a", "c"}, {"b"}},
        {"sel_a AND NOT sel_b", {"a"}, {"ab"}},
        {"((sel_a))", {"a"}, {"b"}},
        {"sel_a\n    and sel_b", {"ab"}, {"a"}},
    };
    for (const auto& row : rows) {
        for (const auto* letters : row.hits) {
            CAPTURE(row.condition, letters);
            CHECK(fits_condition(row.condition, letters));
        }
        for (const auto* letters : row.misses) {
            CAPTURE(row.condition, letters);
            CHECK_FALSE(fits_condition(row.condition, letters));
        }
    }
}

TEST_CASE("maps are and, lists are or, lists of maps are or", "[sigma]") {
    const auto record = record_of({{Field::kImage, "/bin/sh"}, {Field::kCommandLine, "sh -c id"}});
    CHECK(fits_detection("s:\n  Image: /bin/sh\n  CommandLine|contains: id\ncondition: s", record));
    CHECK_FALSE(fits_detection("s:\n  Image: /bin/sh\n  CommandLine|contains: ls\ncondition: s", record));
    CHECK(fits_detection("s:\n  - Image: /bin/ls\n  - CommandLine|contains: id\ncondition: s", record));
    CHECK_FALSE(fits_detection("s:\n  - Image: /bin/ls\n  - CommandLine|contains: ls\ncondition: s", record));
    CHECK(fits_detection("s:\n  - Image: /bin/sh\n    CommandLine|endswith: id\n  - Image: x\ncondition: s", record));
}

TEST_CASE("keywords are looked for in every field", "[sigma]") {
    const auto record = record_of({{Field::kImage, "/usr/bin/nc"},
                                   {Field::kCommandLine, "nc -e /bin/sh"},
                                   {Field::kDestinationPort, Value::of_integer(4444)}});
    CHECK(fits_detection("k:\n  - '-E /bin'\n  - nothing\ncondition: k", record));
    CHECK(fits_detection("k:\n  - 'bin/n*'\ncondition: k", record));
    CHECK(fits_detection("k:\n  - 444\ncondition: k", record));
    CHECK(fits_detection("k: usr\ncondition: k", record));
    CHECK_FALSE(fits_detection("k:\n  - nothing\ncondition: k", record));
    CHECK(fits_detection("k:\n  '|all':\n    - usr\n    - '-e'\ncondition: k", record));
    CHECK_FALSE(fits_detection("k:\n  '|all':\n    - usr\n    - nothing\ncondition: k", record));
    CHECK(fits_detection("k:\n  '|re': 'n[c] -e'\ncondition: k", record));
    CHECK(fits_detection("k:\n  - nothing\n  - Image|endswith: /nc\ncondition: k", record));
    CHECK_FALSE(fits_detection("k:\n  - a\ncondition: k", record_of({})));
}

TEST_CASE("rules fire on their log source alone", "[sigma]") {
    const auto hits = [](const char* logsource, Source source) {
        const auto set = load_text(
            std::string("title: T\nlogsource: ") + logsource + "\ndetection:\n  s:\n    Image: x\n  condition: s\n",
            "r.yml");
        INFO(faults_of(set));
        REQUIRE(set.rules().size() == 1);
        Record record;
        record.source = source;
        record.add(Field::kImage, "x");
        return fits(set, record);
    };
    CHECK(hits("{category: process_creation, product: linux}", Source::kProcessCreation));
    CHECK(hits("{category: file_event}", Source::kFileEvent));
    CHECK(hits("{product: linux}", Source::kNetworkConnection));
    CHECK(hits("{category: artifact, product: fstracker}", Source::kArtifact));
    CHECK_FALSE(hits("{product: linux}", Source::kArtifact));
    CHECK_FALSE(hits("{category: file_event, product: linux}", Source::kFileAccess));
    CHECK_FALSE(hits("{category: process_creation, product: windows}", Source::kProcessCreation));
    CHECK_FALSE(hits("{product: linux, service: auditd}", Source::kProcessCreation));
}

TEST_CASE("the index gives the rules in order, and the same as without it", "[sigma]") {
    std::string text;
    constexpr int kCount = 150;
    for (int i = 0; i < kCount; ++i) {
        if (i > 0) text += "---\n";
        text += "title: T" + std::to_string(i) +
                "\nlogsource: {category: process_creation}\ndetection:\n  a:\n    Image|endswith: /p" +
                std::to_string(i % 7) + "\n  b:\n    CommandLine|contains: [\"w" + std::to_string(i % 11) +
                "\", Zz]\n  condition: " +
                (i % 3 == 0   ? "a and b"
                 : i % 3 == 1 ? "a or b"
                              : "a and not b") +
                '\n';
    }
    const auto set = load_text(text, "r.yml");
    REQUIRE(set.faults().empty());
    REQUIRE(set.rules().size() == kCount);
    Matcher matcher(set);
    for (const std::string image : {"/bin/p0", "/bin/P3", "/bin/other", ""})
        for (const std::string line : {"w1", "x W10 y", "zz", "", "w5 w6 w7"}) {
            const auto record = record_of({{Field::kImage, image}, {Field::kCommandLine, line}});
            std::vector<const Rule*> expected;
            for (const auto& rule : set.rules())
                if (matches(rule, record)) expected.push_back(&rule);
            const auto found = matcher.matching(record);
            CHECK(std::vector<const Rule*>(found.begin(), found.end()) == expected);
        }
}
