// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/baseline_actions.hpp"
#include "cli/taught.hpp"
#include "cli/terminal.hpp"
#include "core/evidence/text.hpp"
#include "core/judge/sentences.hpp"
#include "core/judge/weigh.hpp"
#include "core/report/printable.hpp"
#include "core/report/words.hpp"

namespace fstracker::cli {
namespace {

// Of one program, by role.
std::map<std::string, std::size_t> files_by_role(const baseline::ProgramEntry& program) {
    std::map<std::string, std::size_t> counts;
    for (const auto& [path, entry] : program.files) ++counts[entry.role];
    return counts;
}

std::string as_text(const std::string& file, const baseline::Baseline& known) {
    std::string out = fmt::format("baseline   {}\nstep       {} of {}\nruns       {} ({})\n", report::printable(file),
                                  report::printable(known.step), report::printable(known.pipeline), known.runs.size(),
                                  baseline::to_text(baseline::maturity_of(known)));
    for (const auto& acceptance : known.accepted)
        out += fmt::format("accepted   {}  {}\n", report::printable(acceptance.finding),
                           report::printable(acceptance.reason));
    for (const auto& [name, program] : known.programs) {
        out += fmt::format("\n{}  ({} of {} runs)\n", report::printable(name), program.seen.runs, known.runs.size());
        for (const auto& [role, count] : files_by_role(program))
            out += fmt::format("  {:<11} {}\n", report::printable(role), report::counted(count, "entry", "entries"));
        for (const auto& [peer, seen] : program.peers)
            out += fmt::format("  network     {} ({} runs)\n", report::printable(peer), seen.runs);
    }
    return out;
}

std::string as_json(const std::string& file, const baseline::Baseline& known) {
    auto programs = nlohmann::json::array();
    for (const auto& [name, program] : known.programs) {
        auto peers = nlohmann::json::array();
        for (const auto& [peer, seen] : program.peers) peers.push_back(evidence::display(peer));
        programs.push_back({{"program", evidence::display(name)},
                            {"runs", program.seen.runs},
                            {"files", files_by_role(program)},
                            {"network", peers}});
    }
    auto runs = nlohmann::json::array();
    for (const auto& by : known.runs) runs.push_back(evidence::display(by.run));
    const nlohmann::json out = {{"file", evidence::display(file)},
                                {"pipeline", evidence::display(known.pipeline)},
                                {"step", evidence::display(known.step)},
                                {"runs", runs},
                                {"maturity", baseline::to_text(baseline::maturity_of(known))},
                                {"programs", programs}};
    return out.dump(2) + '\n';
}

struct Compared {
    Teacher run;
    std::string file;
    project::ReadBaseline read;
};

Result<Compared> compare(const BaselineOptions& options, const Project& project) {
    if (options.words.size() != 1)
        return fail(ErrorKind::kInvalid, "one run has to be given", "track baseline diff RUN; track runs lists them");
    auto run = verified_run(options.words.front(), project);
    if (!run) return fail(run.error().within(options.words.front()));
    const auto& info = run->record.info;
    const auto file = options.file.empty() ? baseline_path(project.root, info.pipeline, info.step) : options.file;
    auto read = read_baseline_file(file);
    if (!read) return fail(read.error().within("baseline"));
    return Compared{std::move(*run), file, std::move(*read)};
}

}  // namespace

Result<int> show_baseline(const BaselineOptions& options) {
    const auto project = current_project();
    if (!project) return fail(project.error());
    auto file = options.file;
    if (file.empty() && options.words.size() == 1) {
        const auto run = verified_run(options.words.front(), *project);
        if (!run) return fail(run.error().within(options.words.front()));
        file = baseline_path(project->root, run->record.info.pipeline, run->record.info.step);
    }
    if (file.empty())
        return fail(ErrorKind::kInvalid, "no baseline was named",
                    "track baseline show --baseline FILE, or a run of its step");
    const auto read = read_baseline_file(file);
    if (!read) return fail(read.error().within("baseline"));
    const auto text = options.json ? as_json(file, *read->baseline) : as_text(file, *read->baseline);
    if (auto printed = print(text); !printed) return fail(printed.error());
    return 0;
}

Result<int> diff_baseline(const BaselineOptions& options) {
    const auto project = current_project();
    if (!project) return fail(project.error());
    const auto compared = compare(options, *project);
    if (!compared) return fail(compared.error());
    const auto differences = differences_of(compared->run, *compared->read.baseline, *project);
    auto list = nlohmann::json::array();
    std::string text;
    for (const auto& difference : differences) {
        const auto level = judge::to_text(judge::weight_of(difference).level);
        const auto title = judge::title_of(difference, compared->run.facts);
        text += fmt::format("{:<13} {:<15} {}\n", level, baseline::to_text(difference.kind), report::printable(title));
        list.push_back({{"kind", baseline::to_text(difference.kind)},
                        {"level", level},
                        {"program", evidence::display(difference.program)},
                        {"name", evidence::display(difference.name)},
                        {"path", evidence::display(difference.path)},
                        {"role", evidence::display(difference.role)},
                        {"title", evidence::display(title)}});
    }
    if (differences.empty()) text = "nothing that the baseline does not know\n";
    if (auto printed = print(options.json ? list.dump(2) + '\n' : text); !printed) return fail(printed.error());
    return differences.empty() ? 0 : 1;
}

}  // namespace fstracker::cli
