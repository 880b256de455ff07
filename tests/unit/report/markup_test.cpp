// SPDX-License-Identifier: Apache-2.0
#include "core/report/markup.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/report/flow.hpp"
#include "core/report/html_assets.hpp"
#include "core/report/report.hpp"
#include "tests/unit/report/hostile_run.hpp"

using namespace fstracker;

namespace {

std::size_t times(const std::string& text, const std::string& wanted) {
    std::size_t count = 0;
    for (auto at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + wanted.size())) ++count;
    return count;
}

verify::RunDocuments huge_run() {
    auto run = testing::hostile_run();
    auto& record = run.trace.record;
    const auto file = record.files.front();
    for (int i = 0; i < 100'000; ++i) {
        record.files.push_back(file);
        record.files.back().path.bytes = std::string(200, '|') + std::to_string(i);
        record.files.back().output = true;
    }
    auto process = record.processes.front();
    for (std::uint32_t i = 2; i < 5'000; ++i) {
        process.id = i;
        process.parent = i - 1;
        record.processes.push_back(process);
    }
    auto& judgement = run.verdict->judgement;
    auto incident = testing::incident(std::string(4'000, '`'));
    incident.why = std::string(5'000, '@');
    incident.processes = {4'999};
    incident.innocent.assign(5, incident.why);
    for (int i = 0; i < 1'000; ++i) judgement.incidents.push_back(incident);
    judgement.reasons.assign(1'000, incident.why);
    record.completeness.blind_spots.assign(1'000, incident.why);
    return run;
}

}  // namespace

TEST_CASE("Markdown's code spans cannot be ended and its words are no links", "[report]") {
    CHECK(report::markdown_code("a`b|c<d") == "`a\\x60b\\x7cc\\x3cd`");
    CHECK(report::markdown_code("a\n") == "`a\\n`");
    CHECK(report::markdown_code("") == "");
    CHECK(report::markdown_code("x ") == "`x\\x20`");
    CHECK(report::markdown_sentence("cat opened /a/b. It is \"new\", 12 times (of 1,234):") ==
          "cat opened `/a/b`. It is &quot;new&quot;, 12 times (of 1,234):");
    for (const auto* word :
         {"www.evil.example", "http://evil.example", "a@b.example", "@me", "#12", "*x*", "_x_", "~~x~~", "<b>", "&lt;",
          "![x](y)", "deadbeef1", "1234567", "\\", "-", ">", "+", "x|y", "GH-12"})
        CHECK_THAT(report::markdown_sentence(word),
                   Catch::StartsWith("`") || Catch::Equals("`" + std::string(word) + "`"));
}

TEST_CASE("a hostile run is no markup in any format", "[report]") {
    const auto run = testing::hostile_run();
    for (const auto& text : {report::markdown_report(run), report::html_report(run), report::junit_report(run)}) {
        CHECK(text.find("<script>alert") == std::string::npos);
        CHECK(text.find('\x1b') == std::string::npos);
        CHECK(text.find('\xFF') == std::string::npos);
        CHECK(text.find("\xe2\x80\xae") == std::string::npos);
        CHECK(text.find("\xef\xbf\xbf") == std::string::npos);
        CHECK(text.find("a\n\"") == std::string::npos);
    }
    // One script, ours; nothing that is fetched; attributes only of our own making.
    const auto html = report::html_report(run);
    CHECK(times(html, "<script") == 1);
    CHECK(times(html, "</script>") == 1);
    for (const auto* fetched : {" src=", "http://", "url(", "@import", "<link", "<img", " style=", "onclick"})
        CHECK(html.find(fetched) == (std::string(fetched) == "http://" ? html.find("http://evil") : std::string::npos));
    CHECK(html.find("default-src 'none'") != std::string::npos);
    // In Markdown, what looks like a link is within a code span.
    std::istringstream lines(report::markdown_report(run));
    for (std::string line; std::getline(lines, line);) {
        std::string outside;
        bool code = false;
        for (const char c : line) {
            if (c == '`')
                code = !code;
            else if (!code)
                outside.push_back(c);
        }
        INFO(line);
        CHECK_FALSE(code);
        for (const auto* markup : {"http", "@", "[", "](", "\\", "alert"})
            CHECK(outside.find(markup) == std::string::npos);
    }
}

TEST_CASE("tables of Markdown have as many cells in every row", "[report]") {
    std::istringstream lines(report::markdown_report(testing::hostile_run()));
    std::size_t cells = 0;
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("|")) {
            cells = 0;
            continue;
        }
        const auto here = static_cast<std::size_t>(std::count(line.begin(), line.end(), '|'));
        if (cells != 0) CHECK(here == cells);
        cells = here;
    }
}

TEST_CASE("Markdown and HTML are bounded, and say what they leave out", "[report]") {
    const auto run = huge_run();
    const auto markdown = report::markdown_report(run);
    CHECK(markdown.size() < 256U * 1024);
    CHECK_THAT(markdown, Catch::Contains("more: see the JSON report") && Catch::Contains("more reasons"));
    CHECK_THAT(markdown, Catch::Contains("Could not be observed"));
    const auto html = report::html_report(run);
    CHECK(html.size() < 40U << 20);
    CHECK_THAT(html, Catch::Contains("are left out here") && Catch::Contains("track show"));
    CHECK(times(html, "<ul") == times(html, "</ul>"));
    CHECK(times(html, "<li") - times(html, "<link") == times(html, "</li>"));
}

TEST_CASE("JUnit: what failed, what was asked, what is not complete", "[report]") {
    const auto xml = report::junit_report(testing::hostile_run());
    CHECK_THAT(xml, Catch::Contains("failures=\"1\" errors=\"0\" skipped=\"0\""));
    CHECK_THAT(xml, Catch::Contains("name=\"rule-three\" time=\"0\"/>"));
    CHECK(times(xml, "<failure type=\"high\"") == 1);
    CHECK(times(xml, "<system-out>") == 1);  // of the low one
    auto run = testing::hostile_run();
    run.verdict.reset();
    CHECK_THAT(report::junit_report(run), Catch::Contains("tests=\"1\" failures=\"0\" errors=\"1\""));
    auto record = testing::EvidenceMaker().record();
    record.completeness.complete = false;
    record.completeness.reasons = {"The recorder died."};
    CHECK_THAT(report::junit_report(testing::documents(std::move(record))),
               Catch::Contains("<error type=\"INCOMPLETE\"") && Catch::Contains("The recorder died."));
}

TEST_CASE("what may have flowed is told by process", "[report]") {
    auto record = testing::EvidenceMaker("/data/in.csv").record();
    const auto process = record.processes.front().id;
    run::FileEntry out;
    out.path.bytes = "/data/out";
    out.access = event::kWrite | event::kRead;
    out.processes = {process, 99};
    record.files.push_back(out);
    out.path.bytes = "/lib/x.so";
    out.role = "library";
    record.files.push_back(out);
    const auto flows = report::flows_of(record);
    REQUIRE(flows.size() == 1);
    REQUIRE(flows[0].into.size() == 1);
    CHECK(flows[0].into[0].file->path.bytes == "/data/out");
    CHECK(flows[0].into[0].either);
    CHECK(flows[0].from.front().file->path.bytes == "/data/in.csv");
    CHECK_FALSE(flows[0].from.front().either);
    CHECK(flows[0].peers.size() == 1);
}
