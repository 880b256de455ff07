// SPDX-License-Identifier: Apache-2.0
#include "core/report/report.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

#include "cli/places.hpp"
#include "cli/rule_files.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/base/durable_file.hpp"
#include "core/report/rule_texts.hpp"

namespace fstracker::cli {
namespace {

struct ReportOptions {
    std::string run;
    std::string format = "text";
    std::string output;
    bool json = false;
};

constexpr unsigned kWidthOfFiles = 120;

// A log keeps what a terminal has no room for.
unsigned page_width() {
    return ::isatty(STDOUT_FILENO) == 1 || environment("COLUMNS") ? width_of(STDOUT_FILENO) : kWidthOfFiles;
}

// In the order they are listed.
constexpr std::array kFormats = {"text", "json", "ndjson", "sarif", "junit", "markdown", "html"};

std::string formats_text() {
    std::string text;
    for (std::size_t i = 0; i < kFormats.size(); ++i)
        text += std::string(i == 0 ? "" : i + 1 == kFormats.size() ? " and " : ", ") + kFormats.at(i);
    return text;
}

// What rules that are at hand say of themselves. One that cannot be read is left out: the report is of a run that was
// judged before.
report::RuleTexts texts_of_rules() {
    const auto here = current_directory();
    return report::rule_texts(sigma::load(standard_rules(here ? project_root(*here) : ".")));
}

// A file is put in place of another regular one and of nothing else: not through a link, and not where a device is.
Status write_report(const std::string& path, const std::string& text) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode))
        return fail(ErrorKind::kInvalid, "cannot write " + path + ": it is there and no regular file",
                    "name a file; without -o the report goes to standard output");
    return base::write_file_durably(path, text);
}

std::string report_of(const verify::RunDocuments& documents, const std::string& format, bool to_file) {
    if (format == "json") return report::json_report(documents);
    if (format == "ndjson") return report::ndjson_report(documents, texts_of_rules());
    if (format == "sarif") return report::sarif_report(documents, texts_of_rules());
    if (format == "junit") return report::junit_report(documents, texts_of_rules());
    if (format == "markdown") return report::markdown_report(documents);
    if (format == "html") return report::html_report(documents);
    return report::text_report(documents,
                               {!to_file && has_colours(STDOUT_FILENO), to_file ? kWidthOfFiles : page_width()});
}

Result<int> run(const ReportOptions& options) {
    const std::string format = options.json ? "json" : options.format;
    if (std::find(kFormats.begin(), kFormats.end(), format) == kFormats.end())
        return fail(ErrorKind::kInvalid, "--format " + format + ": there is no such format",
                    "formats are " + formats_text());
    const auto directory = resolve_run(options.run);
    if (!directory) return fail(directory.error());
    const auto documents = verify::read_run(*directory);
    if (!documents) return fail(documents.error());
    const bool to_file = !options.output.empty();
    const auto text = report_of(*documents, format, to_file);
    const auto written = to_file ? write_report(options.output, text) : print(text);
    if (!written) return fail(written.error());
    return 0;
}

Action declare(CLI::App& app, const Trailer&) {
    auto options = std::make_shared<ReportOptions>();
    app.add_option("RUN", options->run, "A run id, a unique prefix of one, latest, or a run directory. Default: latest")
        ->type_name("");
    app.add_option("--format", options->format, "text, json, ndjson, sarif, junit, markdown or html. Default: text")
        ->type_name("FORMAT");
    app.add_option("--output,-o", options->output, "Write to FILE, whole or not at all, instead of standard output")
        ->type_name("FILE");
    app.add_flag("--json", options->json, "The same as --format json");
    options->run = "latest";
    return [options] { return run(*options); };
}

}  // namespace

const Verb kReportVerb = {
    "report",
    "report [OPTIONS] [RUN]",
    "Show what a run amounts to",
    "For a person who has one minute: the verdict and why, how sure it is, what was touched, and "
    "what could not be observed. sarif is for code scanning, junit for a CI system's "
    "list of tests, markdown for a step's summary, html for a browser; json and ndjson are for "
    "programs. A report reads evidence as it stands; whether it is authentic is what track verify says.\n\n"
    "Exit status: 0; 2 when the run could not be read.",
    false,
    2,
    declare};

}  // namespace fstracker::cli
