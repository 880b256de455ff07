// SPDX-License-Identifier: Apache-2.0
// One page, for a browser that is given nothing else: no network, no other file; what may run and what may style is
// named by digest, so that nothing a step wrote can do either. Bounded: every list says what it leaves out.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/base/hex.hpp"
#include "core/base/time.hpp"
#include "core/digest/digest.hpp"
#include "core/evidence/base64.hpp"
#include "core/evidence/words.hpp"
#include "core/judge/atlas.hpp"
#include "core/report/flow.hpp"
#include "core/report/html_assets.hpp"
#include "core/report/html_parts.hpp"
#include "core/report/printable.hpp"
#include "core/report/process_tree.hpp"
#include "core/report/report.hpp"
#include "core/report/story.hpp"
#include "core/report/summary.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {
namespace {

constexpr std::size_t kMostIncidents = 200;
constexpr std::size_t kMostReasons = 50;
constexpr std::size_t kMostFlows = 300;
constexpr std::size_t kMostEnds = 12;  // of a flow, on each side
constexpr std::size_t kMostProcesses = 2'000;
constexpr std::size_t kDeepest = 24;
constexpr std::size_t kMostFiles = 5'000;
constexpr std::size_t kMostConnections = 1'000;
constexpr std::size_t kMostChanges = 500;
constexpr std::size_t kMostSpots = 500;

std::string source_of(std::string_view text) {
    const auto digest = digest::sha256(text);
    return "'sha256-" + evidence::to_base64({reinterpret_cast<const char*>(digest.data()), digest.size()}) + "'";
}

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    return text;
}

class Page {
  public:
    explicit Page(const Story& story) : story_(story), record_(*story.record) {
        for (const auto& finding : story.findings)
            for (const auto id : finding.incident->processes) accused_.insert(id);
    }

    std::string take() {
        head();
        summary();
        out_ += "<main>\n";
        incidents();
        changes();
        flow();
        processes();
        files();
        connections();
        coverage();
        out_ += "</main>\n<script>" + std::string(html_script()) + "</script>\n</body>\n</html>\n";
        return std::move(out_);
    }

  private:
    void head() {
        out_ += fmt::format(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src {}; script-src {}; "
            "base-uri 'none'; form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
            "<meta name=\"referrer\" content=\"no-referrer\">\n<title>{}: {} / {}</title>\n<style>",
            source_of(html_style()), source_of(html_script()), judge::to_text(story_.verdict),
            markup_text(record_.info.pipeline), markup_text(record_.info.step));
        out_ += html_style();
        out_ += "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#incidents\">To the incidents</a>\n";
    }

    void summary() {
        const auto& info = record_.info;
        const auto verdict = judge::to_text(story_.verdict);
        out_ += fmt::format("<header>\n<h1><span class=\"badge {}\">{}</span> {} / {}</h1>\n<ul>\n", lower(verdict),
                            verdict, markup_text(info.pipeline), markup_text(info.step));
        html_each(out_, story_.reasons, kMostReasons, "<li>and {} more reasons</li>\n",
                  [this](const std::string& reason) { out_ += "<li>" + html_text(reason) + "</li>\n"; });
        out_ += "</ul>\n<dl>\n";
        term("record", !story_.judged ? "not finished" : story_.complete ? "complete" : "NOT complete");
        term("baseline", story_.baseline.file.empty()
                             ? "none to compare with"
                             : html_code(story_.baseline.file) + ", " + counted(story_.baseline.runs, "run", "runs") +
                                   ", " + markup_text(story_.baseline.maturity));
        term("run", html_code(info.id));
        term("when", fmt::format("<time>{}</time>, {:.1f} s, exit status {}", base::format_time(info.started),
                                 static_cast<double>(info.finished - info.started) / 1e9, shell_status(info.status)));
        term("how", fmt::format("backend {}, digests {}, kernel {}", markup_text(info.backend),
                                markup_text(info.digest_mode), markup_text(info.kernel)));
        term("touched", touched_text(count(record_)));
        term("rules", fmt::format("{} passed, {} warned, {} failed", story_.passed_rules.size(),
                                  story_.warned_rules.size(), story_.failed_rules.size()));
        term("authentic?", html_code("track verify " + info.id));
        out_ += "</dl>\n<nav aria-label=\"Sections\"><ul>\n";
        for (const auto& [id, name] :
             std::vector<std::pair<const char*, const char*>>{{"incidents", "Incidents"},
                                                              {"changes", "Against the baseline"},
                                                              {"flow", "What flowed where"},
                                                              {"processes", "Processes"},
                                                              {"files", "Files"},
                                                              {"connections", "Connections"},
                                                              {"coverage", "Could not be observed"}})
            out_ += fmt::format("<li><a href=\"#{}\">{}</a></li>\n", id, name);
        out_ += "</ul></nav>\n</header>\n";
    }

    void term(const char* name, const std::string& html) {
        out_ += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, html);
    }

    void section(const char* id, const std::string& title) {
        out_ += fmt::format("<section id=\"{}\" aria-labelledby=\"{}-title\">\n<h2 id=\"{}-title\">{}</h2>\n", id, id,
                            id, title);
    }
    void end_section() { out_ += "</section>\n"; }

    void incidents() {
        section("incidents", fmt::format("Incidents ({})", count_text(story_.findings.size())));
        if (story_.findings.empty()) out_ += "<p>None.</p>\n";
        html_each(out_, story_.findings, kMostIncidents, "<p>and {} more: the JSON report has all of them.</p>\n",
                  [this](const Finding& finding) { html_incident(out_, finding, record_.info.id); });
        end_section();
    }

    void changes() {
        section("changes", "Against the baseline");
        bool any = false;
        for (const auto& of : story_.changes) {
            for (const auto& [word, list] :
                 {std::pair{"new", &of.added}, {"changed", &of.changed}, {"gone", &of.gone}}) {
                if (list->empty()) continue;
                any = true;
                out_ += fmt::format("<h3>{}, {} ({})</h3>\n<ul>\n", of.role, word, count_text(list->size()));
                html_each(out_, *list, kMostChanges, "<li>and {} more</li>\n",
                          [this](const std::string& entry) { out_ += "<li>" + html_code(entry) + "</li>\n"; });
                out_ += "</ul>\n";
            }
        }
        if (!any)
            out_ += story_.baseline.file.empty() ? "<p>There was no baseline to compare with.</p>\n"
                                                 : "<p>Nothing is new, changed or gone.</p>\n";
        end_section();
    }

    void ends(const std::vector<FlowEnd>& list) {
        out_ += "<ul class=\"list\">";
        html_each(out_, list, kMostEnds, "<li>and {} more</li>", [this](const FlowEnd& end) {
            out_ += "<li>" + html_code(end.file->path.bytes) + (end.either ? " <span class=\"soft\">?</span>" : "") +
                    (end.file->role.empty() ? "" : " <span class=\"soft\">" + markup_text(end.file->role) + "</span>") +
                    "</li>";
        });
        out_ += "</ul>";
    }

    void flow() {
        section("flow", "What flowed where");
        auto flows = flows_of(record_);
        std::stable_sort(flows.begin(), flows.end(), [this](const Flow& left, const Flow& right) {
            return accused_.contains(left.process->id) > accused_.contains(right.process->id);
        });
        out_ +=
            "<p>What a process read, and what it wrote or connected to: it may have flowed from the left to the right. "
            "Programs, libraries and code are left out. A question mark: several processes read and wrote this file, "
            "and the record does not say which of them did which.</p>\n";
        html_table(out_, "flow-table", "Files that were read, by process, and where they may have gone",
                   {"From", "Through", "Into"});
        html_each(out_, flows, kMostFlows, "", [this](const Flow& one) {
            out_ += "<tr><td>";
            ends(one.from);
            out_ += "</td><td>" + html_code(command_line(*one.process)) +
                    fmt::format(" <span class=\"soft\">pid {}</span></td><td>", one.process->pid);
            ends(one.into);
            out_ += "<ul class=\"list\">";
            html_each(out_, one.peers, kMostEnds, "<li>and {} more</li>", [this](const run::Connection* peer) {
                out_ += "<li>" + html_code(html_peer(*peer)) + " <span class=\"soft\">network</span></li>";
            });
            out_ += "</ul></td></tr>\n";
        });
        html_end_table(out_, flows.size(), kMostFlows);
        end_section();
    }

    void processes() {
        const auto lines = process_tree(record_.processes);
        section("processes", fmt::format("Processes ({})", count_text(lines.size())));
        out_ += "<div class=\"tree\">\n";
        std::size_t open = 0;  // lists that are open; a line of depth d stands in list d + 1
        for (std::size_t i = 0; i < std::min(lines.size(), kMostProcesses); ++i) {
            const auto depth = std::min(lines[i].depth, kDeepest) + 1;
            if (depth > open) {
                out_ += "<ul>\n";
                ++open;
            } else {
                out_ += "</li>\n";
                for (; open > depth; --open) out_ += "</ul></li>\n";
            }
            process(*lines[i].process);
        }
        for (; open > 0; --open) out_ += "</li></ul>\n";
        out_ += "</div>\n";
        if (lines.size() > kMostProcesses)
            out_ += fmt::format("<p>and {} more: <code>track show {} processes</code></p>\n",
                                count_text(lines.size() - kMostProcesses), markup_text(record_.info.id));
        end_section();
    }

    void process(const run::Process& process) {
        out_ += fmt::format("<li>{} <span class=\"soft\">pid {}",
                            html_code(process.executable ? command_line(process) : "(fork)"), process.pid);
        if (process.status && *process.status != 0) out_ += fmt::format(", exit {}", shell_status(*process.status));
        out_ += "</span>";
        if (accused_.contains(process.id)) out_ += " <strong class=\"alert\">in an incident</strong>";
    }

    void files() {
        const auto files = files_by_weight(record_, story_, kMostFiles);
        section("files", fmt::format("Files ({})", count_text(record_.files.size())));
        if (files.size() < record_.files.size())
            out_ += fmt::format(
                "<p>The {} that weigh most: those of incidents first, then outputs, models, data. "
                "{} are left out here: <code>track show {} files</code> has all.</p>\n",
                count_text(files.size()), count_text(record_.files.size() - files.size()),
                markup_text(record_.info.id));
        html_filter(out_, "files-table", "Filter files");
        html_table(out_, "files-table", "What was read, written, loaded and executed",
                   {"Path", "Role", "Access", "Bytes", "Bound", "SHA-256", "Owner"});
        html_each(out_, files, kMostFiles, "", [this](const run::FileEntry* file) { html_file_row(out_, *file); });
        html_end_table(out_, files.size(), files.size());
        end_section();
    }

    void connections() {
        section("connections", fmt::format("Connections ({})", count_text(record_.connections.size())));
        std::map<event::ProcessId, const run::Process*> by_id;
        for (const auto& process : record_.processes) by_id.emplace(process.id, &process);
        html_table(out_, "connections-table", "Peers that the run connected to",
                   {"Peer", "Protocol", "Times", "Process"});
        html_each(out_, record_.connections, kMostConnections, "", [&](const run::Connection& one) {
            const auto by = by_id.find(one.process);
            out_ += fmt::format(
                "<tr><td>{}</td><td>{}</td><td class=\"number\" data-value=\"{}\">{}</td><td>{}</td></tr>\n",
                html_code(html_peer(one)), markup_text(one.protocol), one.count, count_text(one.count),
                by == by_id.end() ? "" : html_code(command_line(*by->second)));
        });
        html_end_table(out_, record_.connections.size(), kMostConnections);
        end_section();
    }

    void coverage() {
        const auto& spots = record_.completeness.blind_spots;
        section("coverage", "Could not be observed");
        out_ += "<ul>\n";
        if (spots.empty()) out_ += "<li>nothing that this backend knows of</li>\n";
        html_each(out_, spots, kMostSpots, "<li>and {} more</li>\n",
                  [this](const std::string& spot) { out_ += "<li>" + html_text(spot) + "</li>\n"; });
        out_ += "</ul>\n";
        end_section();
    }

    const Story& story_;
    const run::Record& record_;
    std::set<event::ProcessId> accused_;
    std::string out_;
};

}  // namespace

std::string html_report(const verify::RunDocuments& run) {
    const auto story = story_of(run);
    return Page(story).take();
}

}  // namespace fstracker::report
