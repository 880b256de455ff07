// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "cli/help.hpp"
#include "cli/record_diff.hpp"
#include "cli/run_options.hpp"
#include "cli/show_tables.hpp"
#include "cli/since.hpp"
#include "core/base/time.hpp"
#include "tests/unit/verify/evidence_maker.hpp"

using namespace fstracker;
using namespace fstracker::cli;

TEST_CASE("a digest mode is full, none or a size", "[cli]") {
    CHECK(digest_mode("full").value() == "full");
    CHECK(digest_mode("none").value() == "none");
    CHECK(digest_mode("4GiB").value() == "4294967296");
    CHECK(digest_mode("500MB").value() == "500000000");
    CHECK(digest_mode("12").value() == "12");
    for (const auto* wrong : {"", "lots", "-1", "0", "4gib", "4 GiB", "99999999999TiB", "GiB"})
        CHECK_FALSE(digest_mode(wrong));
}

TEST_CASE("a time is a date, a time or an age", "[cli]") {
    const std::int64_t now = *base::parse_time("2026-03-02T00:00:00Z");
    CHECK(parse_since("1d", now).value() == *base::parse_time("2026-03-01T00:00:00Z"));
    CHECK(parse_since("90m", now).value() == *base::parse_time("2026-03-01T22:30:00Z"));
    CHECK(parse_since("2026-01-31", now).value() == *base::parse_time("2026-01-31T00:00:00Z"));
    CHECK(parse_since("2026-01-31T12:00:00Z", now).value() == *base::parse_time("2026-01-31T12:00:00Z"));
    for (const auto* wrong : {"", "yesterday", "7", "7w", "-1d", "99999999999999d", "2026-13-01"})
        CHECK_FALSE(parse_since(wrong, now));
}

TEST_CASE("the man page that is installed is the one the declarations give", "[cli]") {
    const auto page = testing::content_of(FSTRACKER_SOURCE_DIR "/docs/man/track.1");
    INFO("after a change: track help --man >docs/man/track.1");
    CHECK((page == man_page()));
}

TEST_CASE("every verb has help that names each of its options", "[cli]") {
    for (const auto* verb : all_verbs()) {
        CLI::App app;
        declare_verb(*verb, app, {});
        const auto help = verb_help(*verb, 80);
        const auto page = man_page();
        for (const auto* option : app.get_options()) {
            INFO(verb->name << ' ' << option->get_name());
            CHECK_FALSE(option->get_description().empty());
            for (const auto& name : option->get_lnames()) {
                CHECK(help.find("--" + name) != std::string::npos);
                CHECK(page.find("\\-\\-") != std::string::npos);
            }
        }
    }
}

TEST_CASE("show filters, sorts, and refuses words that mean nothing", "[cli]") {
    const auto record = testing::EvidenceMaker().record();
    const auto shown = [&](ShowOptions options) { return show(record, options).value_or("error"); };
    ShowOptions options;
    CHECK_THAT(shown(options), Catch::Contains("/data/train.csv") && Catch::Contains("/nowhere/bin/python3"));
    options.path = "/data/*";
    CHECK_THAT(shown(options), Catch::Contains("/data/train.csv") && !Catch::Contains("/nowhere/bin/python3"));
    options.path.clear();
    options.access = {"execute"};
    CHECK_THAT(shown(options), !Catch::Contains("/data/train.csv") && Catch::Contains("/nowhere/bin/python3"));
    options.access = {"exec"};
    CHECK_FALSE(show(record, options));
    options.access.clear();
    options.process = 2;
    CHECK_THAT(shown(options), !Catch::Contains("/data/train.csv"));
    options.process.reset();
    options.json = true;
    CHECK_THAT(shown(options), Catch::StartsWith("[") && Catch::Contains("\"file:///data/train.csv\""));
    options.table = "processes";
    CHECK_THAT(shown(options), Catch::Contains("\"train.py\""));
    options.table = "ledger";
    CHECK_THAT(shown(options), Catch::Contains("\"sequenceGaps\""));
}

TEST_CASE("diff tells paths, contents, programs and peers, and not order or times", "[cli]") {
    const auto one = testing::EvidenceMaker().record();
    CHECK(compare(one, one).same());
    auto two = one;
    std::reverse(two.files.begin(), two.files.end());
    for (auto& file : two.files) file.first_access += 5;
    CHECK(compare(one, two).same());
    two.files.front().digest = digest::sha256("other");
    CHECK(compare(one, two).changed.size() == 1);
    const auto other = compare(one, testing::EvidenceMaker("/data/other.csv").record());
    REQUIRE(other.only_first.size() == 1);
    CHECK(other.only_first.front().path == "/data/train.csv");
    CHECK(other.only_second.front().path == "/data/other.csv");
    two = one;
    two.connections.clear();
    CHECK(compare(one, two).peers_only_first.size() == 1);
}
