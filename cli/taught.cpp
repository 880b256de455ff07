// SPDX-License-Identifier: Apache-2.0
#include "cli/taught.hpp"

#include <fmt/format.h>

#include "cli/places.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::cli {
namespace {

baseline::PathNames names_of(const run::Record& record, const Project& project) {
    return {roots_of(project), baseline::work_of(record)};
}

}  // namespace

Result<Teacher> verified_run(const std::string& run, const Project& project) {
    const auto directory = resolve_run(run);
    if (!directory) return fail(directory.error());
    verify::Options how;
    const auto key = configured_public_key();
    if (!key) return fail(key.error().within("the key to verify with"));
    how.key = *key;
    auto report = verify::verify_run(*directory, how);
    if (!report) return fail(report.error());
    if (!report->verified && !report->faults.empty()) {
        const auto& fault = report->faults.front();
        return fail(ErrorKind::kInvalid, fmt::format("its evidence does not verify: {}: {}", fault.where, fault.what),
                    "track verify lists all that is wrong");
    }
    auto documents = verify::read_run(*directory);
    if (!documents) return fail(documents.error());
    if (!documents->verdict) return fail(ErrorKind::kInvalid, "it has no verdict: its recorder did not finish it");
    auto trace = base::read_file(*directory + '/' + store::kTraceFile);
    if (!trace) return fail(trace.error());

    Teacher teacher;
    teacher.record = std::move(documents->trace.record);
    teacher.judgement = std::move(documents->verdict->judgement);
    teacher.trace = base::to_hex(digest::sha256(*trace));
    teacher.facts = baseline::facts_of(teacher.record, names_of(teacher.record, project));
    return teacher;
}

Result<Teacher> teacher(const std::string& run, const Project& project) {
    auto found = verified_run(run, project);
    if (!found) return found;
    if (!found->record.completeness.complete) return fail(ErrorKind::kInvalid, "it is incomplete");
    for (const auto& incident : found->judgement.incidents) {
        if (incident.level < judge::Level::kHigh || incident.suppressed) continue;
        return fail(ErrorKind::kInvalid,
                    fmt::format("nobody has settled its finding {} ({}): {}", incident.id,
                                judge::to_text(incident.level), incident.title),
                    "suppress it in .fstracker.yaml, or accept it with track baseline accept");
    }
    return found;
}

std::vector<baseline::Difference> differences_of(const Teacher& teacher, const baseline::Baseline& baseline,
                                                 const Project& project) {
    return baseline::differences(baseline, teacher.facts, names_of(teacher.record, project));
}

std::vector<judge::Surprise> surprises_of(const Teacher& teacher, const baseline::Baseline& baseline,
                                          const Project& project) {
    const auto differences = differences_of(teacher, baseline, project);
    return judge::surprises_in(teacher.record, baseline, teacher.facts, differences, {});
}

}  // namespace fstracker::cli
