// SPDX-License-Identifier: Apache-2.0
#include "core/report/html_parts.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <unordered_set>

#include "core/base/hex.hpp"
#include "core/evidence/words.hpp"
#include "core/judge/atlas.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {
namespace {

constexpr std::size_t kMostChains = 5;
constexpr std::size_t kMostLinks = 12;
constexpr std::size_t kMostFiles = 50;

std::string code(const std::string& text) { return html_code(text); }

std::string technique(const std::string& id) {
    const auto name = judge::atlas_technique_name(id);
    return html_code(id) + (name.empty() ? "" : " " + std::string(name));
}

template <typename Write>
std::string joined(const std::vector<std::string>& list, Write write) {
    std::string text;
    for (const auto& one : list) text += (text.empty() ? "" : ", ") + write(one);
    return text;
}

void term(std::string& out, const char* name, const std::string& html) {
    if (!html.empty()) out += fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, html);
}

std::string chain_html(const std::vector<const run::Process*>& chain) {
    std::string text = chain.size() > kMostLinks ? "… › " : "";
    for (std::size_t i = chain.size() - std::min(chain.size(), kMostLinks); i < chain.size(); ++i)
        text += html_code(command_line(*chain[i])) +
                (i + 1 == chain.size() ? fmt::format(" <span class=\"soft\">pid {}</span>", chain[i]->pid) : " › ");
    return text;
}

std::string file_html(const FindingFile& file) {
    auto text = html_code(file.path);
    if (file.entry == nullptr) return text;
    if (!file.entry->role.empty()) text += " <span class=\"soft\">" + markup_text(file.entry->role) + "</span>";
    if (!file.entry->owner.empty()) text += " <span class=\"soft\">" + markup_text(file.entry->owner) + "</span>";
    if (file.entry->digest) text += "<br>" + html_code("sha256:" + base::to_hex(*file.entry->digest));
    if (file.was) text += "<br>was " + html_code("sha256:" + base::to_hex(*file.was));
    return text;
}

std::size_t weight(const run::FileEntry& file, const std::unordered_set<std::string_view>& accused) {
    constexpr std::array<std::string_view, 9> kRoles = {"credential", "model",      "data",  "output", "code",
                                                        "config",     "executable", "other", "library"};
    if (accused.contains(file.path.bytes)) return 0;
    if (file.output) return 1;
    const auto* found = std::find(kRoles.begin(), kRoles.end(), file.role);
    return 2 + static_cast<std::size_t>(found - kRoles.begin());
}

}  // namespace

std::string html_text(const std::string& text, std::size_t most) { return markup_text(shortened(text, most)); }

std::string html_code(const std::string& text, std::size_t most) {
    return "<code>" + html_text(text, most) + "</code>";
}

std::string html_peer(const run::Connection& connection) {
    auto text = connection.address;
    if (connection.port != 0)
        text = (text.find(':') == std::string::npos ? text : '[' + text + ']') + fmt::format(":{}", connection.port);
    return connection.hostname.empty() ? text : connection.hostname + " (" + text + ")";
}

void html_incident(std::string& out, const Finding& finding, const std::string& run) {
    const auto& incident = *finding.incident;
    const auto level = std::string(judge::to_text(incident.level));
    out += fmt::format("<article class=\"{}\">\n<h3><span class=\"badge {}\">{}</span> {}</h3>\n<p>{}</p>\n<dl>\n",
                       level, level, level, html_text(incident.title), html_text(incident.why));
    term(out, "settled", markup_text(finding.settled));
    std::string chains;
    for (std::size_t i = 0; i < std::min(finding.chains.size(), kMostChains); ++i)
        chains += "<li>" + chain_html(finding.chains[i]) + "</li>";
    if (finding.chains.size() > kMostChains)
        chains += fmt::format("<li>and {} more processes</li>", finding.chains.size() - kMostChains);
    term(out, "by", chains.empty() ? "" : "<ul class=\"list\">" + chains + "</ul>");
    std::string files;
    for (std::size_t i = 0; i < std::min(finding.files.size(), kMostFiles); ++i)
        files += "<li>" + file_html(finding.files[i]) + "</li>";
    if (finding.files.size() > kMostFiles)
        files += fmt::format("<li>and {} more files</li>", finding.files.size() - kMostFiles);
    term(out, "files", files.empty() ? "" : "<ul class=\"list\">" + files + "</ul>");
    term(out, "ATLAS", joined(incident.atlas, technique));
    term(out, "ATT&amp;CK", joined(incident.attack, code));
    term(out, "against it", joined(finding.mitigations, [](const std::string& id) {
             return html_code(id) + " " + std::string(judge::atlas_mitigation_name(id));
         }));
    for (const auto& innocent : incident.innocent) term(out, "may be innocent", html_text(innocent));
    term(out, "rules", joined(incident.rules, code));
    term(out, "look closer", html_code("track show " + run + " processes"));
    term(out, "if it is right", finding.accept.empty() ? "" : html_code(finding.accept));
    term(out, "to suppress", html_code(finding.suppress));
    term(out, "id", html_code(incident.id));
    out += "</dl>\n</article>\n";
}

void html_file_row(std::string& out, const run::FileEntry& file) {
    std::string access;
    for (const auto word : evidence::access_words(file.access))
        access += (access.empty() ? "" : " ") + std::string(word);
    out += fmt::format(
        "<tr><td>{}</td><td>{}</td><td>{}</td><td class=\"number\" data-value=\"{}\">{}</td><td>{}</td><td>{}</td>"
        "<td>{}</td></tr>\n",
        html_code(file.path.bytes, 4'096), markup_text(file.role), access, file.size, count_text(file.size),
        evidence::to_word(file.binding),
        file.digest ? html_code(base::to_hex(*file.digest)) : std::string(evidence::to_word(file.reason)),
        markup_text(file.owner));
}

void html_table(std::string& out, const char* id, const char* caption, const std::vector<const char*>& columns) {
    out += fmt::format("<div class=\"scroll\"><table id=\"{}\" data-sorts>\n<caption>{}</caption>\n<thead><tr>", id,
                       caption);
    for (const auto* column : columns) out += fmt::format("<th scope=\"col\">{}</th>", column);
    out += "</tr></thead>\n<tbody>\n";
}

void html_end_table(std::string& out, std::size_t all, std::size_t most) {
    out += "</tbody>\n</table></div>\n";
    if (all == 0) out += "<p>None.</p>\n";
    if (all > most) out += fmt::format("<p>and {} more</p>\n", count_text(all - most));
}

void html_filter(std::string& out, const char* table, const char* label) {
    out += fmt::format(
        "<p class=\"tools\" id=\"{}-tools\" hidden><label for=\"{}-filter\">{}</label> <input type=\"search\" "
        "id=\"{}-filter\"> <output aria-live=\"polite\"></output></p>\n",
        table, table, label, table);
}

std::vector<const run::FileEntry*> files_by_weight(const run::Record& record, const Story& story, std::size_t most) {
    std::unordered_set<std::string_view> accused;
    for (const auto& finding : story.findings)
        for (const auto& file : finding.files) accused.insert(file.path);
    std::vector<std::pair<std::size_t, const run::FileEntry*>> weighed;
    weighed.reserve(record.files.size());
    for (const auto& file : record.files) weighed.emplace_back(weight(file, accused), &file);
    std::stable_sort(weighed.begin(), weighed.end(),
                     [](const auto& left, const auto& right) { return left.first < right.first; });
    std::vector<const run::FileEntry*> files;
    for (std::size_t i = 0; i < std::min(weighed.size(), most); ++i) files.push_back(weighed[i].second);
    return files;
}

}  // namespace fstracker::report
