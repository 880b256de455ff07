// SPDX-License-Identifier: Apache-2.0
// What is wrong with a rule is told with its file and line; what is hostile costs nothing.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <vector>

#include "tests/unit/sigma/rules.hpp"

using namespace fstracker::sigma;
using namespace fstracker::sigma::testing;

namespace {

const std::string kHead = "title: T\nlogsource:\n  category: process_creation\n";  // 3 lines

struct Row {
    std::string text;
    int line;
    const char* message;
    bool warning = false;
};

}  // namespace

TEST_CASE("each fault has its line", "[sigma]") {
    const std::vector<Row> rows = {
        {kHead + "detection:\n  s:\n    Image|sounds: x\n  condition: s\n", 6, "there is no modifier sounds"},
        {kHead + "detection:\n  s:\n    Image|: x\n  condition: s\n", 6, "modifier"},
        {kHead + "detection:\n  s:\n    Image|hour: 3\n  condition: s\n", 6, "dates"},
        {kHead + "detection:\n  s:\n    Image|expand: '%x%'\n  condition: s\n", 6, "placeholders"},
        {kHead + "detection:\n  s:\n    Image|i: x\n  condition: s\n", 6, "only follow re"},
        {kHead + "detection:\n  s:\n    Image|re|contains: x\n  condition: s\n", 6, "do not go together"},
        {kHead + "detection:\n  s:\n    Image|cidr|gt: x\n  condition: s\n", 6, "do not go together"},
        {kHead + "detection:\n  s:\n    Image|exists: maybe\n  condition: s\n", 6, "true or false"},
        {kHead + "detection:\n  s:\n    Image|exists|all: [true, true]\n  condition: s\n", 6, "no other"},
        {kHead + "detection:\n  s:\n    Image|re: '(a'\n  condition: s\n", 6, "regular expression"},
        {kHead + "detection:\n  s:\n    Image|re: 'a(?=b)'\n  condition: s\n", 6, "regular expression"},
        {kHead + "detection:\n  s:\n    Image|cidr:\n      - 10.0.0.0/8\n      - 10.0.0.0/33\n  condition: s\n", 8,
         "10.0.0.0/33"},
        {kHead + "detection:\n  s:\n    Image|cidr: 10.0.0.1/8\n  condition: s\n", 6, "not a range"},
        {kHead + "detection:\n  s:\n    Image|gt: many\n  condition: s\n", 6, "not a number"},
        {kHead + "detection:\n  s:\n    Image|gt: 0x\n  condition: s\n", 6, "not a number"},
        {kHead + "detection:\n  s:\n    Image|base64: 'a*'\n  condition: s\n", 6, "wildcards"},
        {kHead + "detection:\n  s:\n    Image|all: a\n  condition: s\n", 6, "several"},
        {kHead + "detection:\n  s:\n    Image|all: [a]\n  condition: s\n", 6, "several"},
        {kHead + "detection:\n  s:\n    Image: [a, null]\n  condition: s\n", 6, "null in a list"},
        {kHead + "detection:\n  s:\n    Image: []\n  condition: s\n", 6, "no values"},
        {kHead + "detection:\n  s:\n    Image: {a: b}\n  condition: s\n", 6, "must be a text"},
        {kHead + "detection:\n  s:\n    Image: a\n    Image: b\n  condition: s\n", 7, "twice"},
        {kHead + "detection:\n  s:\n  condition: s\n", 5, "empty"},
        {kHead + "detection:\n  s: []\n  condition: s\n", 5, "empty list"},
        {kHead + "detection:\n  s: {}\n  condition: s\n", 5, "empty mapping"},
        {kHead + "detection:\n  s: [[a]]\n  condition: s\n", 5, "list within a list"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: t\n", 7, "selection t"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: 1 of t*\n", 7, "t*"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: 2 of s*\n", 7, "2 of"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: s and\n", 7, "ends"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: (s\n", 7, "parenthesis"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: s)\n", 7, "goes on"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: s s\n", 7, "goes on"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: s or or s\n", 7, "\"or\""},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: s | count() > 5\n", 7, "correlation"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: s & s\n", 7, "character"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: ''\n", 7, "empty"},
        {kHead + "detection:\n  s:\n    Image: a\n  condition: [s, x]\n", 7, "selection x"},
        {kHead + "detection:\n  s:\n    Image: a\n", 5, "condition is missing"},
        {kHead + "detection:\n  s:\n    Image: a\n  timeframe: 5m\n  condition: s\n", 7, "timeframe"},
        {kHead, 1, "detection is missing"},
        {kHead + "detection: x\n", 4, "must be a mapping"},
        {"logsource:\n  category: process_creation\ndetection:\n  s:\n    Image: a\n  condition: s\n", 1, "title"},
        {"title: T\ndetection:\n  s:\n    Image: a\n  condition: s\n", 1, "logsource is missing"},
        {"title: T\nlogsource:\n  definition: x\ndetection:\n  s:\n    Image: a\n  condition: s\n", 3, "neither"},
        {kHead + "level: severe\ndetection:\n  s:\n    Image: a\n  condition: s\n", 4, "no level severe"},
        {kHead + "status: new\ndetection:\n  s:\n    Image: a\n  condition: s\n", 4, "no status new"},
        {kHead + "taxonomy: ecs\ndetection:\n  s:\n    Image: a\n  condition: s\n", 4, "taxonomy ecs"},
        {kHead + "tags: {a: b}\ndetection:\n  s:\n    Image: a\n  condition: s\n", 4, "list of texts"},
        {kHead + "title: U\ndetection:\n  s:\n    Image: a\n  condition: s\n", 4, "twice"},
        {"action: global\n" + kHead + "detection:\n  s:\n    Image: a\n  condition: s\n", 1, "action"},
        {"- a\n- b\n", 1, "must be a mapping"},
        {"title: \"T\" x\n", 1, "not YAML"},
        {"a: &x [*x]\n", 1, "alias"},
        {"title: T\n\tx: y\n", 2, "not YAML"},
        {"title: *nowhere\n", 1, "not YAML"},
        {std::string("title: T\nx: \0\n", 14), 2, "NUL"},
        // Warnings: the rule is loaded.
        {kHead + "detection:\n  s:\n    Colour: a\n  condition: s\n", 6, "no event has a field Colour", true},
        {kHead + "detection:\n  s:\n    Image|fieldref: Colour\n  condition: s\n", 6, "field Colour", true},
        {kHead + "detection:\n  s:\n    Image: a\n  t:\n    Image: b\n  condition: s\n", 7, "does not use", true},
        {"title: T\nlogsource:\n  product: windows\ndetection:\n  s:\n    Image: a\n  condition: s\n", 3,
         "windows/*: this never fires", true},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text, row.message);
        const auto set = load_text(row.text, "folder/r.yml");
        CAPTURE(faults_of(set));
        REQUIRE(set.faults().size() == 1);
        const auto& fault = set.faults().front();
        CHECK(fault.file == "folder/r.yml");
        CHECK(fault.line == row.line);
        CHECK_THAT(fault.message, Catch::Contains(row.message));
        CHECK((fault.severity == Fault::Severity::kWarning) == row.warning);
        CHECK(set.has_errors() != row.warning);
        CHECK(set.rules().size() == (row.warning ? 1 : 0));
    }
}

TEST_CASE("every fault is told, and what is sound is loaded", "[sigma]") {
    const auto set =
        load_text(kHead + "level: x\ndetection:\n  s:\n    Image|a: x\n    Image|b: x\n  condition: t\n---\n" +
                      rule_on("Image: x") + "---\ntitle: [\n",
                  "r.yml");
    CHECK(set.faults().size() == 5);
    CHECK(set.rules().size() == 1);
    CHECK(to_text(set.faults().front()).rfind("r.yml:4: error: ", 0) == 0);
}

TEST_CASE("an id or a name is that of one rule", "[sigma]") {
    const auto set = load_text(rule_on("Image: x") + "---\n" + rule_on("Image: y"), "r.yml");
    REQUIRE(set.faults().size() == 1);
    CHECK(set.faults().front().line == 11);
    CHECK_THAT(set.faults().front().message, Catch::Contains("rule-1") && Catch::Contains("r.yml:1"));
    CHECK(set.rules().size() == 1);
    CHECK(set.find("rule-1") == &set.rules().front());
    CHECK(set.find("") == nullptr);
}

TEST_CASE("hostile texts are refused soon", "[sigma]") {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 10; ++j) bomb += (j > 0 ? ", *a" : "*a") + std::to_string(i - 1);
        bomb += "]\n";
    }
    const std::vector<std::pair<std::string, const char*>> texts = {
        {bomb, "nodes"},
        {"a: " + std::string(100'000, '['), "nested"},
        {std::string(2 << 20, 'a'), "longer"},
        {rule_of("s:\n  Image: a\ncondition: " + std::string(10'000, '(')), "nested"},
        {rule_of("s:\n  Image: a\ncondition: " + std::string(20'000, 's')), "longer"},
        {rule_on("Image|re: '" + std::string(9'000, 'a') + "'"), "longer"},
        {rule_on("Image|re: '((a{100}){100}){100}'"), "regular expression"},
        {rule_on("Image|windash|base64: '-a -a -a -a -a -a -a -a'"), "1000"},
    };
    for (const auto& [text, message] : texts) {
        CAPTURE(message);
        const auto set = load_text(text, "r.yml");
        CHECK(set.rules().empty());
        REQUIRE_FALSE(set.faults().empty());
        CHECK_THAT(set.faults().front().message, Catch::Contains(message));
    }
}

TEST_CASE("folders are read in order, with what they hold told apart", "[sigma]") {
    const auto folder = std::filesystem::temp_directory_path() / "fstracker-sigma-folder";
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder / "b");
    const auto write = [&](const std::string& name, const std::string& id) {
        std::ofstream(folder / name)
            << "title: T\nid: " << id
            << "\nlogsource: {category: file_event}\ndetection: {s: {Image: x}, condition: s}\n";
    };
    write("z.yml", "z");
    write("a.yaml", "a");
    write("b/c.yml", "c");
    write("notes.txt", "n");
    const auto set = load({folder.string(), (folder / "missing").string()});
    REQUIRE(set.rules().size() == 3);
    CHECK(set.rules()[0].id == "a");
    CHECK(set.rules()[1].id == "c");
    CHECK(set.rules()[2].id == "z");
    CHECK(set.files().size() == 3);
    CHECK(set.files()[0].sha256.size() == 64);
    REQUIRE(set.faults().size() == 1);
    CHECK_THAT(to_text(set.faults()[0]), Catch::Contains("missing: error: is not there"));
    CHECK(load({(folder / "notes.txt").string()}).rules().size() == 1);
    std::filesystem::remove_all(folder);
}

TEST_CASE("what a rule says about itself", "[sigma]") {
    const auto set = load_text(
        "title: A title\nid: 1\nname: short\nstatus: test\ndescription: long\nauthor: me\nreferences: [r]\n"
        "tags: [attack.t1059, atlas.aml.t0010]\nlogsource: {category: file_event, product: linux, definition: d}\n"
        "detection: {s: {Image: x}, condition: s}\nfields: [Image]\nfalsepositives:\n  - one\n  - two\nlevel: high\n"
        "custom: {anything: goes}\n",
        "r.yml");
    INFO(faults_of(set));
    REQUIRE(set.rules().size() == 1);
    const auto& rule = set.rules().front();
    CHECK(rule.title == "A title");
    CHECK(rule.level == Level::kHigh);
    CHECK(rule.status == RuleStatus::kTest);
    CHECK(rule.tags == std::vector<std::string>{"attack.t1059", "atlas.aml.t0010"});
    CHECK(rule.falsepositives.size() == 2);
    CHECK(rule.logsource == LogSource{"file_event", "linux", ""});
    CHECK(rule.line == 1);
    CHECK(set.find("short") == &rule);
}
