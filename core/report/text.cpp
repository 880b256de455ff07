// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/base/hex.hpp"
#include "core/base/time.hpp"
#include "core/evidence/words.hpp"
#include "core/judge/atlas.hpp"
#include "core/report/printable.hpp"
#include "core/report/process_tree.hpp"
#include "core/report/report.hpp"
#include "core/report/story.hpp"
#include "core/report/summary.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {
namespace {

constexpr std::size_t kLabel = 9;  // columns of the labels at the left
constexpr std::size_t kMostIncidents = 10;
constexpr std::size_t kMostProcesses = 15;
constexpr std::size_t kMostFiles = 12;
constexpr std::size_t kMostReasons = 3;
constexpr std::size_t kMostChanges = 5;  // of a role and kind

// Lines of a report. Text that is handed in must be printable already, but for paths and sentences, which are made so.
class Page {
  public:
    explicit Page(const TextOptions& options)
        : colour_(options.colour), width_(std::max<std::size_t>(options.width, 40)) {}

    [[nodiscard]] std::size_t width() const { return width_; }
    [[nodiscard]] std::string paint(const char* code, const std::string& text) const {
        return colour_ ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : text;
    }

    void line(const std::string& text = {}) { out_ += text + '\n'; }

    void heading(const std::string& text) {
        line();
        line(paint("1", text));
    }

    // "label    sentence", broken between words; at most `most` lines, the last then ends in an ellipsis.
    void labelled(const std::string& label, std::string_view sentence, std::size_t most) {
        const auto lines = broken(printable(sentence), width_ - kLabel);
        for (std::size_t i = 0; i < std::min(lines.size(), most); ++i) {
            const bool cut = i + 1 == most && lines.size() > most;
            line(fmt::format("{:<{}}", i == 0 ? label : "", kLabel) +
                 (cut ? shortened(lines[i] + " …", width_ - kLabel) : lines[i]));
        }
    }

    void item(std::string_view sentence) {
        const auto lines = broken(printable(sentence), width_ - 4);
        for (std::size_t i = 0; i < lines.size(); ++i) line((i == 0 ? "  - " : "    ") + lines[i]);
    }

    // A line that must not be broken: its middle gives way.
    void fitted(std::size_t indent, std::string_view text) {
        line(std::string(indent, ' ') + shortened(text, width_ - indent));
    }

    std::string take() { return std::move(out_); }

  private:
    static std::vector<std::string> broken(const std::string& text, std::size_t room) {
        std::vector<std::string> lines(1);
        for (std::size_t at = 0; at <= text.size();) {
            const auto end = std::min(text.find(' ', at), text.size());
            const auto word = shortened(text.substr(at, end - at), room);
            if (!lines.back().empty() && columns(lines.back()) + 1 + columns(word) > room) lines.emplace_back();
            lines.back() += (lines.back().empty() ? "" : " ") + word;
            at = end + 1;
        }
        return lines;
    }

    bool colour_;
    std::size_t width_;
    std::string out_;
};

const char* colour_of(judge::Verdict verdict) {
    switch (verdict) {
        case judge::Verdict::kClean: return "1;32";
        case judge::Verdict::kReview: return "1;33";
        case judge::Verdict::kAlert: return "1;31";
        case judge::Verdict::kIncomplete: return "1;35";
    }
    return "1";
}

std::string ending(std::int32_t status) {
    const int code = shell_status(status);
    return code > 128 && (status & 0x7F) != 0 ? fmt::format("ended by signal {}", code - 128)
                                              : fmt::format("exit {}", code);
}

std::string seen_text(const run::Record& record) {
    std::uint64_t seen = 0;
    std::uint64_t lost = 0;
    for (const auto& [kind, counters] : record.completeness.ledger.kernel) {
        seen += counters.seen;
        for (const auto& [reason, count] : counters.lost) lost += count;
    }
    return fmt::format("{} events seen, {} lost", count_text(seen), lost == 0 ? "none" : count_text(lost));
}

std::string sure_text(const Story& story) {
    std::string text = !story.judged ? "not finished" : story.complete ? "complete" : "NOT complete";
    text += "; " + seen_text(*story.record);
    if (const auto unhashed = story.record->completeness.unhashed; unhashed > 0)
        text += "; " + counted(unhashed, "file", "files") + " not hashed";
    return text + (story.baseline.file.empty() ? "; no baseline to compare with"
                                               : fmt::format("; baseline {}, of {}", story.baseline.maturity,
                                                             counted(story.baseline.runs, "run", "runs")));
}

std::string binding_text(const run::Record& record) {
    std::map<run::Binding, std::uint64_t> counts;
    for (const auto& file : record.files) ++counts[file.binding];
    std::string text;
    for (const auto& [binding, number] : counts)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count_text(number), evidence::to_word(binding));
    return text.empty() ? "no files" : text;
}

void write_head(Page& page, const Story& story) {
    const auto& record = *story.record;
    const auto word = judge::to_text(story.verdict);
    page.line(page.paint(colour_of(story.verdict), word) + "  " +
              shortened(printable(record.info.pipeline + " / " + record.info.step), page.width() - word.size() - 2));
    auto reasons = story.reasons;
    if (reasons.empty()) reasons.emplace_back("nothing of medium or above was found");
    for (std::size_t i = 0; i < std::min(reasons.size(), kMostReasons); ++i)
        page.labelled(i == 0 ? "why" : "", reasons[i], 2);
    if (reasons.size() > kMostReasons)
        page.labelled("", fmt::format("and {} more reasons, below", reasons.size() - kMostReasons), 1);
    page.labelled("sure", sure_text(story), 2);
    page.labelled("run", record.info.id, 1);
    auto started = base::format_time(record.info.started);
    started.replace(std::min<std::size_t>(started.size(), 19), std::string::npos, " UTC");
    std::replace(started.begin(), started.end(), 'T', ' ');
    started = started.substr(0, started.rfind(" U")) + " UTC";
    page.labelled(
        "when",
        fmt::format("{}, {:.1f} s, {}", started, static_cast<double>(record.info.finished - record.info.started) / 1e9,
                    ending(record.info.status)),
        1);
    page.labelled("how",
                  fmt::format("backend {}, digests {}, kernel {}", record.info.backend, record.info.digest_mode,
                              record.info.kernel),
                  1);
    const auto counts = count(record);
    page.labelled("touched", touched_text(counts), 2);
    page.labelled("bound", binding_text(record), 2);
    page.line(fmt::format("{:<{}}", "next", kLabel) + "track verify " +
              shortened(printable(record.info.id), page.width() - kLabel - 13));
    page.line(std::string(kLabel, ' ') + "track show " +
              shortened(printable(record.info.id), page.width() - kLabel - 17) + " files");
}

// "sh > python3 train.py": who, and what started it.
std::string chain_text(const std::vector<const run::Process*>& chain) {
    std::string text;
    for (const run::Process* one : chain)
        text += one == chain.back() ? command_line(*one) + fmt::format(" (pid {})", one->pid)
                                    : program_name(*one).substr(program_name(*one).rfind('/') + 1) + " > ";
    return text;
}

std::string joined(const std::vector<std::string>& list) {
    std::string text;
    for (const auto& one : list) text += (text.empty() ? "" : ", ") + one;
    return text;
}

// What a person needs who is to settle it. Why, who, which file and what to do next come first: they are on the first
// screen of a run with one incident, however long the rest of it is.
void write_incident(Page& page, const run::Record& record, const Finding& finding) {
    constexpr std::size_t kFilesShown = 3;
    const auto& incident = *finding.incident;
    page.fitted(2, printable(fmt::format("{}  {}  {}", incident.id, judge::to_text(incident.level), incident.title)));
    page.labelled("", incident.why, 3);
    if (!finding.settled.empty()) page.labelled("   quiet", finding.settled, 1);
    if (!finding.chains.empty()) page.labelled("   by", chain_text(finding.chains.front()), 2);
    if (!incident.files.empty()) page.labelled("   file", incident.files.front(), 1);
    page.labelled("   next", "track show " + record.info.id + (incident.processes.empty() ? "" : " processes"), 1);
    for (std::size_t i = 1; i < std::min(incident.files.size(), kFilesShown); ++i)
        page.labelled(i == 1 ? "   also" : "", incident.files[i], 1);
    if (incident.files.size() > kFilesShown)
        page.labelled("", fmt::format("and {} more files", incident.files.size() - kFilesShown), 1);
    auto ids = incident.atlas;
    ids.insert(ids.end(), incident.attack.begin(), incident.attack.end());
    if (!ids.empty()) page.labelled("   known", joined(ids), 1);
    std::vector<std::string> mitigations;
    for (const auto& id : finding.mitigations)
        mitigations.push_back(fmt::format("{} ({})", judge::atlas_mitigation_name(id), id));
    if (!mitigations.empty()) page.labelled("   do", joined(mitigations), 2);
    for (const std::string& innocent : incident.innocent) page.labelled("   maybe", innocent, 2);
    if (!finding.accept.empty()) page.labelled("   accept", finding.accept, 1);
}

void write_incidents(Page& page, const Story& story) {
    if (story.findings.empty()) return;
    page.heading(fmt::format("Incidents ({})", story.findings.size()));
    for (std::size_t i = 0; i < std::min(story.findings.size(), kMostIncidents); ++i)
        write_incident(page, *story.record, story.findings[i]);
    if (story.findings.size() > kMostIncidents)
        page.line(fmt::format("  and {} more: --format json", story.findings.size() - kMostIncidents));
}

void write_changes(Page& page, const Story& story) {
    const auto list = [&page](const std::string& title, const std::vector<std::string>& entries) {
        if (entries.empty()) return;
        page.heading(fmt::format("{} ({})", title, count_text(entries.size())));
        for (std::size_t i = 0; i < std::min(entries.size(), kMostChanges); ++i) page.fitted(2, printable(entries[i]));
        if (entries.size() > kMostChanges)
            page.line(fmt::format("  and {} more", count_text(entries.size() - kMostChanges)));
    };
    for (const auto& of : story.changes) {
        list("New: " + of.role, of.added);
        list("Changed: " + of.role, of.changed);
        list("Gone: " + of.role, of.gone);
    }
}

void write_processes(Page& page, const run::Record& record) {
    const auto lines = process_tree(record.processes);
    page.heading(fmt::format("Processes ({})", count_text(lines.size())));
    for (std::size_t i = 0; i < std::min(lines.size(), kMostProcesses); ++i) {
        const auto& [process, depth] = lines[i];
        const auto what = process->executable ? command_line(*process) : "(fork)";
        page.fitted(2 + 2 * std::min<std::size_t>(depth, 8), fmt::format("{} {}", process->pid, what));
    }
    if (lines.size() > kMostProcesses)
        page.line(fmt::format("  and {} more: track show {} processes", count_text(lines.size() - kMostProcesses),
                              printable(record.info.id)));
}

void write_files(Page& page, const std::string& title, std::vector<const run::FileEntry*> files) {
    if (files.empty()) return;
    std::stable_sort(files.begin(), files.end(),
                     [](const auto* left, const auto* right) { return left->size > right->size; });
    page.heading(fmt::format("{} ({})", title, count_text(files.size())));
    for (std::size_t i = 0; i < std::min(files.size(), kMostFiles); ++i) {
        const auto& file = *files[i];
        const auto what = file.digest ? "sha256:" + base::to_hex(*file.digest).substr(0, 12)
                                      : fmt::format("no digest: {}", evidence::to_word(file.reason));
        const auto left = fmt::format("{:<22} {:>10}  ", what, size_text(file.size));
        page.fitted(2, left + shortened(printable(file.path.bytes),
                                        page.width() - 2 - std::min(page.width() - 12, columns(left))));
    }
    if (files.size() > kMostFiles) page.line(fmt::format("  and {} more", count_text(files.size() - kMostFiles)));
}

std::vector<const run::FileEntry*> those(const run::Record& record, const auto& wanted) {
    std::vector<const run::FileEntry*> files;
    for (const auto& file : record.files) {
        if (wanted(file)) files.push_back(&file);
    }
    return files;
}

}  // namespace

std::string text_report(const verify::RunDocuments& run, const TextOptions& options) {
    const auto& record = run.trace.record;
    const auto story = story_of(run);
    Page page(options);
    write_head(page, story);
    write_incidents(page, story);
    write_changes(page, story);
    write_processes(page, record);
    write_files(page, "Outputs", those(record, [](const auto& file) { return file.output; }));
    write_files(page, "Models", those(record, [](const auto& file) { return file.role == "model" && !file.output; }));
    write_files(page, "Data", those(record, [](const auto& file) { return file.role == "data" && !file.output; }));
    write_files(page, "Credentials", those(record, [](const auto& file) { return file.role == "credential"; }));
    if (story.reasons.size() > kMostReasons) {
        page.heading("All reasons");
        for (const auto& reason : story.reasons) page.item(reason);
    }
    page.heading("Could not be observed");
    if (record.completeness.blind_spots.empty()) page.item("nothing that this backend knows of");
    for (const auto& spot : record.completeness.blind_spots) page.item(spot);
    return page.take();
}

}  // namespace fstracker::report
