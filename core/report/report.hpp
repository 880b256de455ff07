// SPDX-License-Identifier: Apache-2.0
// A run for a person or a program. Pure: documents in, text out; the caller knows the terminal.
#pragma once

#include <string>

#include "core/report/rule_texts.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::report {

struct TextOptions {
    bool colour = false;
    unsigned width = 80;
};

// The first screen (24 lines) says verdict, why, how sure, and what to do next.
std::string text_report(const verify::RunDocuments& run, const TextOptions& options);
// One JSON object: contract.md, `track report --format json`.
std::string json_report(const verify::RunDocuments& run);
// One JSON object a line: the run, each incident (an OCSF Detection Finding), each process, each file, with a "kind".
std::string ndjson_report(const verify::RunDocuments& run, const RuleTexts& rules = {});
// SARIF 2.1.0, with at most 5,000 results.
std::string sarif_report(const verify::RunDocuments& run, const RuleTexts& rules = {});
// JUnit's XML: a test case for each rule that was asked.
std::string junit_report(const verify::RunDocuments& run, const RuleTexts& rules = {});
// GitHub's Markdown, under 256 KiB whatever the run.
std::string markdown_report(const verify::RunDocuments& run);
// One page of HTML that needs nothing else and does without its script.
std::string html_report(const verify::RunDocuments& run);

}  // namespace fstracker::report
