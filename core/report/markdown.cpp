// SPDX-License-Identifier: Apache-2.0
// A step summary, in the Markdown that GitHub and GitLab show. Bounded: every list says what it leaves out.
#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/evidence/words.hpp"
#include "core/judge/atlas.hpp"
#include "core/report/markup.hpp"
#include "core/report/printable.hpp"
#include "core/report/report.hpp"
#include "core/report/story.hpp"
#include "core/report/summary.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {
namespace {

// Of 256 KiB. Each list may fill up to its own mark, so that what comes later has room.
constexpr std::size_t kIncidentsEnd = 96 * 1024;
constexpr std::size_t kDetailsEnd = 160 * 1024;
constexpr std::size_t kChangesEnd = 208 * 1024;
constexpr std::size_t kEnd = 240 * 1024;
constexpr std::size_t kMostReasons = 20;
constexpr std::size_t kMostDetails = 10;
constexpr std::size_t kMostLinks = 8;
constexpr std::size_t kMostInCell = 3;
constexpr std::size_t kCell = 160;  // columns

const char* sign_of(judge::Verdict verdict) {
    switch (verdict) {
        case judge::Verdict::kClean: return "✅";
        case judge::Verdict::kReview: return "⚠️";
        case judge::Verdict::kAlert: return "❌";
        case judge::Verdict::kIncomplete: return "❓";
    }
    return "";
}

class Page {
  public:
    explicit Page(const Story& story) : story_(story) {}

    std::string take() {
        head();
        incidents();
        details();
        changes();
        touched();
        coverage();
        return std::move(out_);
    }

  private:
    void line(const std::string& text = {}) { out_ += text + '\n'; }
    void heading(const std::string& text) { line("\n### " + text + '\n'); }

    // Each entry as long as there is room up to `end`; then how many there were more.
    template <typename List, typename Write>
    void each(const List& list, std::size_t most, std::size_t end, const char* more, Write write) {
        std::size_t done = 0;
        for (const auto& one : list) {
            if (done == most || out_.size() > end) break;
            const std::string text = write(one);
            if (out_.size() + text.size() > end) break;
            out_ += text;
            ++done;
        }
        if (done < list.size()) line(fmt::format(fmt::runtime(more), count_text(list.size() - done)));
    }

    void head() {
        const auto& info = story_.record->info;
        line(fmt::format("## {} {}: {} / {}\n", sign_of(story_.verdict), judge::to_text(story_.verdict),
                         markdown_code(info.pipeline), markdown_code(info.step)));
        each(story_.reasons, kMostReasons, kIncidentsEnd, "- and {} more reasons",
             [](const std::string& reason) { return "- " + markdown_sentence(reason) + '\n'; });
        const auto& completeness = story_.record->completeness;
        line(fmt::format("\n| | |\n|---|---|\n| record | {} |", !story_.judged    ? "not finished"
                                                                : story_.complete ? "complete"
                                                                                  : "**not complete**"));
        line(fmt::format("| baseline | {} |", story_.baseline.file.empty()
                                                  ? "none to compare with"
                                                  : fmt::format("{}, {}, {}", markdown_code(story_.baseline.file),
                                                                counted(story_.baseline.runs, "run", "runs"),
                                                                markdown_sentence(story_.baseline.maturity))));
        line(fmt::format("| touched | {} |", touched_text(count(*story_.record))));
        if (completeness.unhashed > 0)
            line(fmt::format("| not hashed | {} |", counted(completeness.unhashed, "file", "files")));
        line(fmt::format("| run | {} |", markdown_code(info.id)));
        line(fmt::format("| exit status | {} |", shell_status(info.status)));
    }

    static std::string levels(const Finding& finding) {
        const auto level = std::string(judge::to_text(finding.incident->level));
        return !finding.settled.empty()                         ? "~~" + level + "~~ settled"
               : finding.incident->level >= judge::Level::kHigh ? "**" + level + "**"
                                                                : level;
    }

    static std::string files_cell(const Finding& finding) {
        std::string cell;
        for (std::size_t i = 0; i < std::min(finding.files.size(), kMostInCell); ++i)
            cell += (i == 0 ? "" : "<br>") + markdown_code(finding.files[i].path, kCell);
        if (finding.files.size() > kMostInCell)
            cell += fmt::format("<br>and {} more", count_text(finding.files.size() - kMostInCell));
        return cell;
    }

    void incidents() {
        if (story_.findings.empty()) return;
        heading(fmt::format("Incidents ({})", count_text(story_.findings.size())));
        line("| level | what | process | files | id |\n|---|---|---|---|---|");
        each(story_.findings, SIZE_MAX, kIncidentsEnd, "\nand {} more: see the JSON report",
             [](const Finding& finding) {
                 std::string process;
                 if (!finding.chains.empty())
                     process = markdown_code(command_line(*finding.chains.front().back()), kCell);
                 return fmt::format("| {} | {} | {} | {} | {} |\n", levels(finding),
                                    markdown_sentence(finding.incident->title, kCell), process, files_cell(finding),
                                    markdown_code(finding.incident->id, kCell));
             });
    }

    std::string detail(const Finding& finding) const {
        const auto& incident = *finding.incident;
        auto text = fmt::format("\n**{}** {}\n\n{}\n\n", judge::to_text(incident.level), markdown_code(incident.id),
                                markdown_sentence(incident.why));
        const auto item = [&text](const char* label, const std::string& told) {
            text += fmt::format("- {}: {}\n", label, told);
        };
        if (!finding.chains.empty()) {
            const auto& links = finding.chains.front();
            std::string chain = links.size() > kMostLinks ? "…" : "";
            for (std::size_t i = links.size() - std::min(links.size(), kMostLinks); i < links.size(); ++i)
                chain += (chain.empty() ? "" : " › ") + markdown_code(command_line(*links[i]), kCell);
            item("by", chain);
        }
        std::string known;
        for (const auto& id : incident.atlas)
            known += fmt::format("{}{} {}", known.empty() ? "" : ", ", markdown_code(id, kCell),
                                 judge::atlas_technique_name(id));
        for (const auto& id : incident.attack) known += (known.empty() ? "" : ", ") + markdown_code(id, kCell);
        if (!known.empty()) item("known as", known);
        std::string mitigations;
        for (const auto& id : finding.mitigations)
            mitigations += fmt::format("{}{} {}", mitigations.empty() ? "" : ", ", markdown_code(id),
                                       judge::atlas_mitigation_name(id));
        if (!mitigations.empty()) item("against it", mitigations);
        for (const auto& innocent : incident.innocent) item("maybe", markdown_sentence(innocent));
        if (!finding.settled.empty()) item("settled", markdown_sentence(finding.settled));
        item("next", markdown_code("track show " + story_.record->info.id + " processes"));
        if (!finding.accept.empty()) item("if it is right", markdown_code(finding.accept));
        return text;
    }

    void details() {
        if (story_.findings.empty()) return;
        const std::vector<Finding> first(story_.findings.begin(),
                                         story_.findings.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(
                                                                       story_.findings.size(), kMostDetails)));
        line("\n<details><summary>What to know about them</summary>");
        each(first, kMostDetails, kDetailsEnd, "\nand {} more", [this](const Finding& one) { return detail(one); });
        line("\n</details>");
    }

    void changes() {
        const bool any = std::any_of(story_.changes.begin(), story_.changes.end(), [](const Changes& of) {
            return !of.added.empty() || !of.changed.empty() || !of.gone.empty();
        });
        if (!any) return;
        heading("Against the baseline");
        line("| role | new | changed | gone |\n|---|---|---|---|");
        for (const auto& of : story_.changes)
            line(fmt::format("| {} | {} | {} | {} |", of.role, of.added.size(), of.changed.size(), of.gone.size()));
        for (const auto& of : story_.changes) {
            list(of.role + ", new", of.added);
            list(of.role + ", changed", of.changed);
            list(of.role + ", gone", of.gone);
        }
    }

    void list(const std::string& title, const std::vector<std::string>& entries) {
        if (entries.empty()) return;
        line("\n" + title + "\n");
        each(entries, 50, kChangesEnd, "- and {} more",
             [](const std::string& entry) { return "- " + markdown_code(entry, kCell) + '\n'; });
    }

    void touched() {
        std::vector<const run::FileEntry*> outputs;
        for (const auto& file : story_.record->files)
            if (file.output) outputs.push_back(&file);
        if (outputs.empty()) return;
        heading(fmt::format("Outputs ({})", count_text(outputs.size())));
        line("| file | size | bound |\n|---|---|---|");
        each(outputs, 50, kEnd, "\nand {} more", [](const run::FileEntry* file) {
            return fmt::format("| {} | {} | {} |\n", markdown_code(file->path.bytes, kCell), size_text(file->size),
                               evidence::to_word(file->binding));
        });
    }

    void coverage() {
        const auto& spots = story_.record->completeness.blind_spots;
        heading("Could not be observed");
        if (spots.empty()) line("- nothing that this backend knows of");
        each(spots, 50, kEnd, "- and {} more",
             [](const std::string& spot) { return "- " + markdown_sentence(spot) + '\n'; });
        line(fmt::format("\n{} asked, of them {} passed. Backend {}, digests {}. Authentic? {}",
                         counted(story_.passed_rules.size() + story_.warned_rules.size() + story_.failed_rules.size(),
                                 "rule was", "rules were"),
                         count_text(story_.passed_rules.size()), markdown_code(story_.record->info.backend),
                         markdown_code(story_.record->info.digest_mode),
                         markdown_code("track verify " + story_.record->info.id)));
    }

    const Story& story_;
    std::string out_;
};

}  // namespace

std::string markdown_report(const verify::RunDocuments& run) {
    const auto story = story_of(run);
    return Page(story).take();
}

}  // namespace fstracker::report
