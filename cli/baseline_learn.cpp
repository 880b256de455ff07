// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/baseline_actions.hpp"
#include "cli/baseline_files.hpp"
#include "cli/taught.hpp"
#include "cli/terminal.hpp"
#include "core/base/durable_file.hpp"
#include "core/evidence/text.hpp"
#include "core/report/printable.hpp"
#include "core/report/words.hpp"

namespace fstracker::cli {
namespace {

struct Refused {
    std::string run;
    std::string why;
};

struct Lesson {
    baseline::Baseline baseline;
    std::string file;
    bool extends = false;  // of a baseline that had matured before
    std::vector<std::string> taught;
    std::vector<Refused> refused;
};

bool is_taught_by(const baseline::Baseline& baseline, const std::string& run) {
    return std::any_of(baseline.runs.begin(), baseline.runs.end(),
                       [&run](const baseline::TaughtBy& by) { return by.run == run; });
}

// Why the baseline cannot take this run as it is; empty when it can.
std::string objection(const Teacher& run, const Lesson& lesson, const Project& project) {
    const auto& info = run.record.info;
    const auto& known = lesson.baseline;
    if (is_taught_by(known, info.id)) return "it has taught this baseline already";
    if (info.pipeline != known.pipeline || info.step != known.step)
        return fmt::format("it is of step {} of {}, the baseline of {} of {}", info.step, info.pipeline, known.step,
                           known.pipeline);
    if (!lesson.extends) return {};
    for (const auto& surprise : surprises_of(run, known, project)) {
        const auto& incident = surprise.incident;
        const bool let_in = std::any_of(known.accepted.begin(), known.accepted.end(), [&](const auto& acceptance) {
            return acceptance.fingerprint == incident.fingerprint;
        });
        if (incident.level >= judge::Level::kMedium && !let_in)
            return fmt::format("it brings what nobody has accepted: {} {} Review it with track baseline review {}",
                               incident.id, incident.title, info.id);
    }
    return {};
}

Status begin(Lesson& lesson, const Teacher& first, const Project& project, const BaselineOptions& options) {
    const auto& info = first.record.info;
    lesson.file = options.file.empty() ? baseline_path(project.root, info.pipeline, info.step) : options.file;
    lesson.baseline.pipeline = info.pipeline;
    lesson.baseline.step = info.step;
    struct stat status {};
    if (options.replace || ::stat(lesson.file.c_str(), &status) != 0) return {};
    auto read = read_baseline_file(lesson.file);
    if (!read) return fail(read.error());
    lesson.baseline = std::move(*read->baseline);
    const auto maturity = baseline::maturity_of(lesson.baseline);
    lesson.extends = maturity == baseline::Maturity::kProvisional || maturity == baseline::Maturity::kStable;
    return {};
}

std::string as_text(const Lesson& lesson) {
    const auto runs = lesson.baseline.runs.size();
    return fmt::format("{}: {}, {}\n", report::printable(lesson.file), report::counted(runs, "run", "runs"),
                       baseline::to_text(baseline::maturity_of(lesson.baseline)));
}

std::string as_json(const Lesson& lesson) {
    auto refused = nlohmann::json::array();
    for (const auto& [run, why] : lesson.refused)
        refused.push_back({{"run", evidence::display(run)}, {"why", evidence::display(why)}});
    const nlohmann::json out = {{"file", evidence::display(lesson.file)},
                                {"taught", lesson.taught},
                                {"refused", refused},
                                {"runs", lesson.baseline.runs.size()},
                                {"maturity", baseline::to_text(baseline::maturity_of(lesson.baseline))}};
    return out.dump(2) + '\n';
}

}  // namespace

Result<int> learn_baseline(const BaselineOptions& options) {
    if (options.words.empty())
        return fail(ErrorKind::kInvalid, "no run was given", "track baseline learn RUN…; track runs lists them");
    const auto project = current_project();
    if (!project) return fail(project.error());
    Lesson lesson;
    std::vector<Teacher> teachers;
    for (const auto& run : options.words) {
        auto one = teacher(run, *project);
        if (one)
            teachers.push_back(std::move(*one));
        else
            lesson.refused.push_back({run, one.error().message});
    }
    std::sort(teachers.begin(), teachers.end(),
              [](const Teacher& left, const Teacher& right) { return left.record.info.id < right.record.info.id; });
    if (!teachers.empty())
        if (auto status = begin(lesson, teachers.front(), *project, options); !status) return fail(status.error());
    for (const auto& run : teachers) {
        const auto& id = run.record.info.id;
        if (auto why = objection(run, lesson, *project); !why.empty()) {
            lesson.refused.push_back({id, std::move(why)});
            continue;
        }
        baseline::learn(lesson.baseline, run.facts, {id, run.trace});
        lesson.taught.push_back(id);
    }
    for (const auto& [run, why] : lesson.refused) tell_note(fmt::format("{} does not teach: {}", run, why));
    if (!lesson.taught.empty())
        if (auto written = write_baseline_file(lesson.file, lesson.baseline); !written) return fail(written.error());
    const auto told = options.json ? as_json(lesson) : lesson.taught.empty() ? std::string() : as_text(lesson);
    if (auto printed = print(told); !printed) return fail(printed.error());
    return lesson.taught.empty() ? 1 : 0;
}

}  // namespace fstracker::cli
