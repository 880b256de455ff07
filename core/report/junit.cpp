// SPDX-License-Identifier: Apache-2.0
// JUnit's XML, as CI systems read it: <testsuites><testsuite><testcase>. A rule that was asked is a test case; what it
// found is its failure, or its output where it asks for nobody.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/base/time.hpp"
#include "core/evidence/words.hpp"
#include "core/report/markup.hpp"
#include "core/report/report.hpp"
#include "core/report/story.hpp"
#include "core/report/summary.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {
namespace {

constexpr std::size_t kMostTold = 200;  // incidents in full, of the whole report; the rest is counted
constexpr std::size_t kMostListed = 20;

struct Case {
    std::string rule;
    std::vector<const Finding*> findings;
    bool failed = false;  // by the verdict's own lists
};

// In a stable order: what failed first, as the verdict lists it; then what incidents name beside it.
std::vector<Case> cases_of(const Story& story) {
    std::vector<Case> cases;
    std::map<std::string, std::size_t> index;
    const auto of = [&](const std::string& rule) -> Case& {
        const auto [found, is_new] = index.try_emplace(rule, cases.size());
        if (is_new) cases.push_back({rule, {}, false});
        return cases[found->second];
    };
    for (const auto* list : {&story.failed_rules, &story.warned_rules})
        for (const auto& rule : *list) of(rule).failed = true;
    for (const auto& finding : story.findings) {
        if (finding.incident->rules.empty()) of(finding.incident->id).findings.push_back(&finding);
        for (const auto& rule : finding.incident->rules) of(rule).findings.push_back(&finding);
    }
    for (const auto& rule : story.passed_rules) of(rule);
    // What is not finished has no lists.
    if (!story.judged) cases.push_back({"fstracker-complete", {}, true});
    return cases;
}

class Xml {
  public:
    explicit Xml(const Story& story, const RuleTexts& rules) : story_(story), rules_(rules) {
        const auto& info = story.record->info;
        suite_ = markup_text(info.pipeline + '.' + info.step);
    }

    std::string take() {
        const auto& info = story_.record->info;
        for (const auto& one : cases_of(story_)) write_case(one);
        const auto seconds = static_cast<double>(info.finished - info.started) / 1e9;
        const auto numbers = fmt::format("tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\"",
                                         tests_, failures_, errors_, skipped_, seconds);
        // Without zone: that is the form's own; the times of a record are UTC.
        const auto started = base::format_time(info.started).substr(0, 19);
        return fmt::format(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fstracker\" {}>\n"
            "  <testsuite name=\"{}\" {} timestamp=\"{}\" hostname=\"{}\">\n    <properties>\n{}    </properties>\n{}"
            "  </testsuite>\n</testsuites>\n",
            numbers, suite_, numbers, started, markup_text(info.host), properties(), cases_);
    }

  private:
    [[nodiscard]] std::string properties() const {
        const auto& info = story_.record->info;
        const auto property = [](const char* name, const std::string& value) {
            return fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, markup_text(value));
        };
        return property("run", info.id) + property("pipeline", info.pipeline) + property("step", info.step) +
               property("verdict", judge::to_text(story_.verdict)) +
               property("complete", story_.complete ? "true" : "false") + property("backend", info.backend) +
               property("baseline", story_.baseline.maturity) +
               property("exitCode", std::to_string(shell_status(info.status)));
    }

    void write_case(const Case& one) {
        ++tests_;
        const auto text = text_of(rules_, one.rule);
        const auto name = text.title == one.rule ? one.rule : text.title + " (" + one.rule + ")";
        cases_ += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", suite_, markup_text(name));
        const auto body = is_about_completeness(one.rule) && one.failed ? error() : outcome(one);
        cases_ += body.empty() ? "/>\n" : ">\n" + body + "    </testcase>\n";
    }

    std::string error() {
        ++errors_;
        std::string told;
        for (const auto& reason : story_.reasons) told += markup_text(reason) + '\n';
        return fmt::format(
            "      <error type=\"INCOMPLETE\" message=\"The record of the run is not complete: {}\">{}"
            "</error>\n",
            markup_text(story_.reasons.empty() ? std::string() : story_.reasons.front()), told);
    }

    // Empty where there is nothing to tell.
    std::string outcome(const Case& one) {
        if (one.findings.empty() && !one.failed) return {};
        const auto asks = [](const Finding* finding) {
            return finding->settled.empty() && finding->incident->level >= judge::Level::kMedium;
        };
        std::string told;
        for (const auto* finding : one.findings) told += incident_text(*finding);
        const auto worst = std::find_if(one.findings.begin(), one.findings.end(), asks);
        if (worst == one.findings.end() && (!one.failed || !one.findings.empty())) {
            const bool suppressed = std::all_of(one.findings.begin(), one.findings.end(),
                                                [](const Finding* finding) { return !finding->settled.empty(); });
            if (suppressed) {
                ++skipped_;
                return fmt::format(
                    "      <skipped message=\"settled {}\"/>\n      <system-out>{}"
                    "</system-out>\n",
                    markup_text(one.findings.front()->settled), told);
            }
            return fmt::format("      <system-out>{}</system-out>\n", told);
        }
        ++failures_;
        if (worst == one.findings.end()) return "      <failure type=\"rule\" message=\"The rule was not kept\"/>\n";
        const auto& incident = *(*worst)->incident;
        return fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n", judge::to_text(incident.level),
                           markup_text(incident.title), told);
    }

    std::string incident_text(const Finding& finding) {
        const auto& incident = *finding.incident;
        auto text = markup_text(fmt::format("{} {}: {}", incident.id, judge::to_text(incident.level), incident.title));
        text.push_back('\n');
        if (told_++ >= kMostTold) return text;
        const auto line = [&text](const char* label, const std::string& value) {
            text += fmt::format("  {}: {}\n", label, markup_text(value));
        };
        line("why", incident.why);
        if (!finding.settled.empty()) line("settled", finding.settled);
        for (std::size_t i = 0; i < std::min(finding.chains.size(), kMostListed); ++i)
            line("process",
                 fmt::format("{} {}", finding.chains[i].back()->pid, command_line(*finding.chains[i].back())));
        for (std::size_t i = 0; i < std::min(finding.files.size(), kMostListed); ++i)
            line("file", finding.files[i].path);
        if (finding.files.size() > kMostListed)
            line("files", fmt::format("and {} more", finding.files.size() - kMostListed));
        for (const auto& innocent : incident.innocent) line("maybe", innocent);
        line("next", "track report " + story_.record->info.id);
        return text;
    }

    const Story& story_;
    const RuleTexts& rules_;
    std::string suite_;
    std::string cases_;
    std::size_t tests_ = 0, failures_ = 0, errors_ = 0, skipped_ = 0, told_ = 0;
};

}  // namespace

std::string junit_report(const verify::RunDocuments& run, const RuleTexts& rules) {
    const auto story = story_of(run);
    return Xml(story, rules).take();
}

}  // namespace fstracker::report
