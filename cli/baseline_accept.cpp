// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "cli/baseline_actions.hpp"
#include "cli/baseline_files.hpp"
#include "cli/taught.hpp"
#include "cli/terminal.hpp"
#include "core/evidence/text.hpp"
#include "core/judge/sentences.hpp"
#include "core/report/printable.hpp"
#include "core/report/words.hpp"

namespace fstracker::cli {
namespace {

// A run, the baseline of its step, and what a person may settle.
struct Table {
    Teacher run;
    std::string file;
    project::ReadBaseline read;
    std::vector<judge::Surprise> surprises;  // of the baseline as it is now
};

Result<Table> lay_out(const std::string& run, const BaselineOptions& options, const Project& project) {
    auto found = verified_run(run, project);
    if (!found) return fail(found.error().within(run));
    if (!found->record.completeness.complete)
        return fail(ErrorKind::kInvalid, run + ": an incomplete run never teaches", "record the step again");
    const auto& info = found->record.info;
    const auto file = options.file.empty() ? baseline_path(project.root, info.pipeline, info.step) : options.file;
    auto read = read_baseline_file(file);
    if (!read) return fail(read.error().within("baseline"));
    auto surprises = surprises_of(*found, *read->baseline, project);
    std::stable_sort(surprises.begin(), surprises.end(),
                     [](const auto& left, const auto& right) { return left.incident.level > right.incident.level; });
    return Table{std::move(*found), file, std::move(*read), std::move(surprises)};
}

void let_in(Table& table, const judge::Incident& incident, const std::vector<baseline::Difference>& differences,
            const std::string& reason, baseline::Extent extent) {
    auto& known = *table.read.baseline;
    baseline::accept(known, table.run.facts, differences, extent);
    const auto same = [&](const baseline::Acceptance& one) { return one.fingerprint == incident.fingerprint; };
    if (std::any_of(known.accepted.begin(), known.accepted.end(), same)) return;
    known.accepted.push_back({incident.id, incident.fingerprint, table.run.record.info.id, reason});
    std::sort(known.accepted.begin(), known.accepted.end(),
              [](const auto& left, const auto& right) { return left.fingerprint < right.fingerprint; });
}

// "F-…" of the run's verdict or of what the baseline says of it now.
bool let_in_by_name(Table& table, const std::string& finding, const std::string& reason, baseline::Extent extent) {
    const auto named = [&finding](const judge::Incident& incident) {
        return incident.id == finding || incident.fingerprint == finding;
    };
    for (const auto& surprise : table.surprises) {
        if (!named(surprise.incident)) continue;
        let_in(table, surprise.incident, surprise.differences, reason, extent);
        return true;
    }
    for (const auto& incident : table.run.judgement.incidents) {
        if (!named(incident)) continue;
        let_in(table, incident, {}, reason, extent);
        return true;
    }
    return false;
}

void show(const judge::Surprise& surprise, std::size_t number, std::size_t of, const baseline::Facts& facts) {
    const auto& incident = surprise.incident;
    tell(fmt::format("\n{} of {}  {}  {}\n{}\n{}\n", number, of, incident.id, judge::to_text(incident.level),
                     report::printable(incident.title), report::printable(incident.why)));
    constexpr std::size_t kMostShown = 20;
    for (std::size_t i = 0; i < std::min(surprise.differences.size(), kMostShown); ++i)
        tell(fmt::format("  - {}\n", report::printable(judge::title_of(surprise.differences[i], facts))));
    if (surprise.differences.size() > kMostShown)
        tell(fmt::format("  and {} more\n", surprise.differences.size() - kMostShown));
}

// The shapes that these files have, with what each would stand for.
std::map<std::string, std::size_t> shapes_of(const judge::Surprise& surprise) {
    std::map<std::string, std::size_t> shapes;
    for (const auto& difference : surprise.differences)
        if (const auto shape = baseline::shape_of(difference); !shape.empty()) ++shapes[shape];
    return shapes;
}

}  // namespace

Result<int> accept_findings(const BaselineOptions& options) {
    if (options.words.size() < 2)
        return fail(ErrorKind::kInvalid, "a run and its findings have to be given",
                    "track baseline accept RUN F-… --reason TEXT; track report RUN names them");
    if (options.reason.empty())
        return fail(ErrorKind::kInvalid, "no reason was given", "say with --reason why this is let in");
    const auto project = current_project();
    if (!project) return fail(project.error());
    auto table = lay_out(options.words.front(), options, *project);
    if (!table) return fail(table.error());
    const auto extent = options.shape ? baseline::Extent::kShapes : baseline::Extent::kFiles;
    std::vector<std::string> accepted;
    for (std::size_t i = 1; i < options.words.size(); ++i) {
        const auto& finding = options.words[i];
        if (!let_in_by_name(*table, finding, options.reason, extent))
            return fail(ErrorKind::kNotFound, fmt::format("run {} has no finding {}", options.words.front(), finding),
                        "track report names them; nothing was written");
        accepted.push_back(finding);
    }
    if (auto written = write_baseline_file(table->file, *table->read.baseline); !written) return fail(written.error());
    const nlohmann::json out = {{"file", evidence::display(table->file)}, {"accepted", accepted}};
    const auto text = fmt::format("{}: {} let in\n", report::printable(table->file),
                                  report::counted(accepted.size(), "finding", "findings"));
    if (auto printed = print(options.json ? out.dump(2) + '\n' : text); !printed) return fail(printed.error());
    return 0;
}

Result<int> review_run(const BaselineOptions& options) {
    if (::isatty(STDIN_FILENO) == 0)
        return fail(ErrorKind::kInvalid, "a review needs a person at a terminal",
                    "track baseline accept RUN FINDING --reason TEXT lets in by name");
    if (options.words.size() != 1)
        return fail(ErrorKind::kInvalid, "one run has to be given", "track baseline review RUN");
    const auto project = current_project();
    if (!project) return fail(project.error());
    auto table = lay_out(options.words.front(), options, *project);
    if (!table) return fail(table.error());
    std::size_t accepted = 0;
    const auto surprises = table->surprises;
    for (std::size_t i = 0; i < surprises.size(); ++i) {
        show(surprises[i], i + 1, surprises.size(), table->run.facts);
        const auto shapes = shapes_of(surprises[i]);
        for (const auto& [shape, count] : shapes)
            tell(fmt::format("as a shape: {} ({}, and what comes between them)\n", report::printable(shape),
                             report::counted(count, "file", "files")));
        tell(fmt::format("let it in? Write the reason{}, or nothing to leave it out, or q to stop: ",
                         shapes.empty() ? "" : ", with * before it to let in the shape"));
        std::string answer;
        if (!std::getline(std::cin, answer) || answer == "q") break;
        const bool as_shape = !shapes.empty() && answer.starts_with('*');
        if (as_shape) answer.erase(0, std::min(answer.find_first_not_of("* "), answer.size()));
        if (answer.empty()) continue;
        let_in(*table, surprises[i].incident, surprises[i].differences, answer,
               as_shape ? baseline::Extent::kShapes : baseline::Extent::kFiles);
        ++accepted;
        tell(fmt::format("let in: the baseline now knows {} of this run's {} surprises\n", accepted, surprises.size()));
    }
    if (surprises.empty()) tell("nothing that asks for a person\n");
    if (accepted == 0) return 1;
    if (auto written = write_baseline_file(table->file, *table->read.baseline); !written) return fail(written.error());
    tell(fmt::format("{}: {} let in\n", report::printable(table->file),
                     report::counted(accepted, "finding", "findings")));
    return 0;
}

}  // namespace fstracker::cli
