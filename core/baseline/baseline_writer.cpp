// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "core/base/utf8.hpp"
#include "core/baseline/baseline_text.hpp"
#include "core/baseline/entry_words.hpp"

namespace fstracker::baseline {

namespace {

constexpr std::string_view kHead =
    "# What a step does, as `track baseline learn` found it. Reviewed like code; docs/baselines.md says what a line "
    "means.\n";

bool is_plain(std::string_view text) {
    const auto alnum = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    };
    if (text.empty() || (!alnum(text.front()) && std::string_view("/$_.").find(text.front()) == std::string_view::npos))
        return false;
    for (const char c : text)
        if (!alnum(c) && std::string_view("/$_.+~=@%{},() :-").find(c) == std::string_view::npos) return false;
    return text.back() != ' ' && text.back() != ':' && text.find(": ") == std::string_view::npos;
}

// A character beyond ASCII that YAML does not take as it is, or takes for a line's end.
bool needs_escape(std::uint32_t point) {
    return point < 0xA0 || point == 0x2028 || point == 0x2029 || point == 0xFEFF || (point & 0xFFFEU) == 0xFFFEU;
}

std::uint32_t code_point(std::string_view sequence) {
    std::uint32_t point = static_cast<unsigned char>(sequence.front());
    if (sequence.size() > 1) point &= 0x7FU >> sequence.size();
    for (const char c : sequence.substr(1)) point = point << 6 | (static_cast<unsigned char>(c) & 0x3FU);
    return point;
}

void append_scalar(std::string& out, std::string_view text) {
    if (is_plain(text)) {
        out += text;
        return;
    }
    out.push_back('"');
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = base::utf8_length(text, i);
        const std::string_view piece = text.substr(i, length == 0 ? 1 : length);
        const std::uint32_t point = code_point(piece);
        if (length == 0)
            out += "\\uFFFD";
        else if (piece == "\"" || piece == "\\")
            out.append("\\").append(piece);
        else if (point >= 0x20 && point < 0x7F)
            out += piece;
        else if (needs_escape(point))
            out += point > 0xFFFF ? fmt::format("\\U{:08X}", point) : fmt::format("\\u{:04X}", point);
        else
            out += piece;
        i += piece.size();
    }
    out.push_back('"');
}

void line(std::string& out, std::size_t depth, std::string_view key, std::string_view value = {}) {
    out.append(2 * depth, ' ');
    append_scalar(out, key);
    out.push_back(':');
    if (!value.empty()) {
        out.push_back(' ');
        append_scalar(out, value);
    }
    out.push_back('\n');
}

void write_sightings(std::string& out, std::size_t depth, std::string_view title,
                     const std::map<std::string, Sightings>& all, std::uint32_t runs) {
    if (all.empty()) return;
    line(out, depth, title);
    for (const auto& [name, seen] : all)
        line(out, depth + 1, name.empty() ? kTheCommand : std::string_view(name), sightings_words(seen, runs));
}

void write_files(std::string& out, const std::map<std::string, PathEntry>& files, std::uint32_t runs) {
    if (files.empty()) return;
    std::map<std::string, std::vector<std::map<std::string, PathEntry>::const_iterator>> groups;
    for (auto file = files.begin(); file != files.end(); ++file)
        groups[group_words(file->first, file->second)].push_back(file);
    line(out, 2, "files");
    for (const auto& [group, members] : groups) {
        line(out, 3, group);
        for (const auto& file : members) line(out, 4, file_name_of(file->first), entry_words(file->second, runs));
    }
}

}  // namespace

std::string write_baseline(const Baseline& baseline) {
    const auto runs = static_cast<std::uint32_t>(baseline.runs.size());
    std::string out(kHead);
    line(out, 0, "baseline", kBaselineVersion);
    line(out, 0, "pipeline", baseline.pipeline);
    line(out, 0, "step", baseline.step);
    line(out, 0, "runs");
    for (const TaughtBy& by : baseline.runs) line(out, 1, by.run, "sha256:" + by.trace);
    if (!baseline.accepted.empty()) line(out, 0, "accepted");
    for (const Acceptance& acceptance : baseline.accepted) {
        line(out, 1, acceptance.fingerprint);
        line(out, 2, "finding", acceptance.finding);
        line(out, 2, "run", acceptance.run);
        line(out, 2, "reason", acceptance.reason);
    }
    if (!baseline.novelty.empty()) line(out, 0, "novelty");
    for (const auto& [what, count] : baseline.novelty) line(out, 1, what, std::to_string(count));
    if (!baseline.volumes.empty()) line(out, 0, "volumes");
    for (const auto& [what, values] : baseline.volumes) line(out, 1, what, fmt::format("{}", fmt::join(values, " ")));
    write_sightings(out, 0, "blind spots", baseline.blind_spots, runs);
    if (!baseline.programs.empty()) line(out, 0, "programs");
    for (const auto& [name, program] : baseline.programs) {
        line(out, 1, name.empty() ? kTheCommand : std::string_view(name));
        line(out, 2, "runs", sightings_words(program.seen, runs));
        write_sightings(out, 2, "started by", program.started_by, runs);
        write_sightings(out, 2, "network", program.peers, runs);
        write_files(out, program.files, runs);
    }
    return out;
}

}  // namespace fstracker::baseline
