// SPDX-License-Identifier: Apache-2.0
#include "core/report/report.hpp"

#include <unistd.h>

#include <memory>

#include "cli/places.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/base/durable_file.hpp"

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

Result<int> run(const ReportOptions& options) {
    const auto& format = options.json ? "json" : options.format;
    for (const auto* later : {"sarif", "junit", "markdown", "html"}) {
        if (format == later)
            return fail(ErrorKind::kUnsupported, "--format " + format + ": not in this version of track",
                        "formats are text, json and ndjson");
    }
    if (format != "text" && format != "json" && format != "ndjson")
        return fail(ErrorKind::kInvalid, "--format " + format + ": there is no such format",
                    "formats are text, json and ndjson");
    const auto directory = resolve_run(options.run);
    if (!directory) return fail(directory.error());
    const auto documents = verify::read_run(*directory);
    if (!documents) return fail(documents.error());
    const bool to_file = !options.output.empty();
    std::string text;
    if (format == "json")
        text = report::json_report(*documents);
    else if (format == "ndjson")
        text = report::ndjson_report(*documents);
    else
        text = report::text_report(*documents,
                                   {!to_file && has_colours(STDOUT_FILENO), to_file ? kWidthOfFiles : page_width()});
    const auto written = to_file ? base::write_file_durably(options.output, text) : print(text);
    if (!written) return fail(written.error());
    return 0;
}

Action declare(CLI::App& app, const Trailer&) {
    auto options = std::make_shared<ReportOptions>();
    app.add_option("RUN", options->run, "A run id, a unique prefix of one, latest, or a run directory. Default: latest")
        ->type_name("");
    app.add_option("--format", options->format, "text, json or ndjson. Default: text")->type_name("FORMAT");
    app.add_option("--output,-o", options->output, "Write to FILE instead of standard output")->type_name("FILE");
    app.add_flag("--json", options->json, "The same as --format json");
    options->run = "latest";
    return [options] { return run(*options); };
}

}  // namespace

const Verb kReportVerb = {"report",
                          "report [OPTIONS] [RUN]",
                          "Show what a run amounts to",
                          "For a person who has one minute: the verdict and why, how sure it is, what was touched, and "
                          "what could not be observed. "
                          "A report reads evidence as it stands; whether it is authentic is what track verify says.\n\n"
                          "Exit status: 0; 2 when the run could not be read.",
                          false,
                          2,
                          declare};

}  // namespace fstracker::cli
