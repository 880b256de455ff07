// SPDX-License-Identifier: Apache-2.0
#include "core/report/story.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include <fmt/format.h>

#include "core/base/time.hpp"
#include "core/judge/atlas.hpp"
#include "core/judge/sentences.hpp"

namespace fstracker::report {

namespace {

constexpr std::int64_t kSuppressionDays = 90;

class Index {
  public:
    Index(const run::Record& record, const std::vector<judge::Incident>& incidents,
          std::vector<std::shared_ptr<const run::Process>>& forks)
        : forks_(forks) {
        std::unordered_set<std::string_view> wanted;
        for (const auto& incident : incidents) wanted.insert(incident.files.begin(), incident.files.end());
        for (const auto& process : record.processes) processes_.emplace(process.id, &process);
        for (const auto& file : record.files)
            if (wanted.contains(file.path.bytes)) files_[file.path.bytes] = &file;
    }

    // Ends where a parent is not there or came already.
    [[nodiscard]] std::vector<const run::Process*> chain(event::ProcessId id) {
        std::vector<const run::Process*> chain;
        const run::Process* fork = nullptr;
        std::unordered_set<event::ProcessId> seen;
        for (const event::ProcessId first = id; id != 0 && seen.insert(id).second;) {
            const auto found = processes_.find(id);
            if (found == processes_.end()) break;
            const run::Process& process = *found->second;
            if (process.executable)
                chain.push_back(&process);
            else if (id == first)
                fork = &process;
            id = process.parent;
        }
        std::reverse(chain.begin(), chain.end());
        if (fork != nullptr) chain.push_back(chain.empty() ? fork : told_as(*fork, *chain.back()));
        return chain;
    }

    [[nodiscard]] const run::FileEntry* file(const std::string& path) const {
        const auto found = files_.find(path);
        return found == files_.end() ? nullptr : found->second;
    }

  private:
    const run::Process* told_as(const run::Process& fork, const run::Process& program) {
        const auto told = std::make_shared<run::Process>(fork);
        told->executable = program.executable;
        told->script = program.script;
        told->arguments = program.arguments;
        told->arguments_truncated = program.arguments_truncated;
        forks_.push_back(told);
        return told.get();
    }

    std::vector<std::shared_ptr<const run::Process>>& forks_;
    std::unordered_map<event::ProcessId, const run::Process*> processes_;
    std::unordered_map<std::string_view, const run::FileEntry*> files_;
};

// Ready to be put under `suppress:`; the reason is a person's to write, and three months are a proposal.
std::string suppress_line(const std::string& id, const run::RunInfo& info) {
    return fmt::format("- {{finding: {}, reason: \"…\", until: {}}}", id, date_after(info.finished, kSuppressionDays));
}

std::string settled_text(const judge::Settled& settled) {
    return (settled.until.empty() ? "for good" : "until " + settled.until) + ": " + settled.reason;
}

std::optional<event::Sha256> was_of(const judge::Incident& incident, const std::string& path) {
    const auto found = incident.was.find(path);
    return found == incident.was.end() ? std::nullopt : std::optional(found->second);
}

Finding finding_of(const judge::Incident& incident, Index& index, const run::RunInfo& info, bool has_baseline) {
    Finding finding;
    finding.incident = &incident;
    for (const auto id : incident.processes)
        if (auto chain = index.chain(id); !chain.empty()) finding.chains.push_back(std::move(chain));
    for (const auto& path : incident.files) finding.files.push_back({path, index.file(path), was_of(incident, path)});
    finding.mitigations = judge::atlas_mitigations(incident.atlas);
    if (incident.suppressed) finding.settled = settled_text(*incident.suppressed);
    const bool accepted = incident.suppressed && incident.suppressed->until.empty();
    if (accepted)
        finding.baseline_state = "unchanged";
    else if (std::any_of(incident.rules.begin(), incident.rules.end(), judge::is_baseline_rule))
        finding.baseline_state = "new";
    if (has_baseline && !accepted)
        finding.accept = fmt::format("track baseline accept {} {} --reason \"…\"", info.id, incident.id);
    finding.suppress = suppress_line(incident.id, info);
    return finding;
}

}  // namespace

std::string date_after(std::int64_t unix_nanoseconds, std::int64_t days) {
    constexpr std::int64_t kDay = std::int64_t{86'400} * 1'000'000'000;
    return base::format_time(unix_nanoseconds + days * kDay).substr(0, std::string_view("2026-01-02").size());
}

Story story_of(const verify::RunDocuments& run) {
    const auto& record = run.trace.record;
    Story story;
    story.record = &record;
    for (const auto role : kChangingRoles) {
        story.changes.push_back({std::string(role), {}, {}, {}});
        if (!run.verdict) continue;
        const auto& told = run.verdict->judgement.changes;
        const auto changes = told.find(std::string(role));
        if (changes == told.end()) continue;
        const auto& [added, changed, gone] = changes->second;
        story.changes.back() = {std::string(role), added, changed, gone};
    }
    if (!run.verdict) {
        story.reasons = {"there is no verdict: the recorder did not finish this run"};
        return story;
    }
    const auto& judgement = run.verdict->judgement;
    story.judged = true;
    story.verdict = judgement.verdict;
    story.complete = record.completeness.complete;
    story.reasons = judgement.reasons;
    story.passed_rules = judgement.passed_rules;
    story.warned_rules = judgement.warned_rules;
    story.failed_rules = judgement.failed_rules;
    if (const auto& used = judgement.baseline)
        story.baseline = {used->file, "sha256:" + used->digest, used->runs, used->maturity};
    Index index(record, judgement.incidents, story.forks);
    story.findings.reserve(judgement.incidents.size());
    for (const auto& incident : judgement.incidents)
        story.findings.push_back(finding_of(incident, index, record.info, judgement.baseline.has_value()));
    std::stable_sort(story.findings.begin(), story.findings.end(), [](const Finding& left, const Finding& right) {
        return left.incident->level > right.incident->level;
    });
    return story;
}

}  // namespace fstracker::report
