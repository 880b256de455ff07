// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/places.hpp"
#include "cli/record_diff.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/base/hex.hpp"
#include "core/evidence/text.hpp"
#include "core/report/printable.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::cli {
namespace {

constexpr int kSame = 0;
constexpr int kDiffers = 1;

struct DiffOptions {
    std::string first;
    std::string second;
    bool json = false;
};

Result<verify::RunDocuments> read(const std::string& run) {
    return resolve_run(run).and_then([](const std::string& directory) { return verify::read_run(directory); });
}

std::string digests_text(const std::set<event::Sha256>& digests) {
    if (digests.empty()) return "no digest";
    std::string text;
    for (const auto& digest : digests) text += (text.empty() ? "" : ", ") + base::to_hex(digest).substr(0, 16);
    return "sha256:" + text;
}

nlohmann::json digests_json(const std::set<event::Sha256>& digests) {
    auto list = nlohmann::json::array();
    for (const auto& digest : digests) list.push_back(base::to_hex(digest));
    return list;
}

std::string as_text(const RecordDiff& diff) {
    std::string out;
    const auto line = [&out](char sign, const std::string& role, const std::string& what) {
        out += fmt::format("{} {:<11} {}\n", sign, report::printable(role), report::printable(what));
    };
    for (const auto& file : diff.only_first) line('-', file.role, file.path);
    for (const auto& file : diff.only_second) line('+', file.role, file.path);
    for (const auto& file : diff.changed)
        line('~', file.role, file.path + "  " + digests_text(file.first) + " -> " + digests_text(file.second));
    for (const auto& program : diff.programs_only_first) line('-', "program", program);
    for (const auto& program : diff.programs_only_second) line('+', "program", program);
    for (const auto& peer : diff.peers_only_first) line('-', "network", peer);
    for (const auto& peer : diff.peers_only_second) line('+', "network", peer);
    return out.empty() ? "no difference\n" : out;
}

std::string as_json(const RecordDiff& diff) {
    using evidence::display;
    const auto files = [](const std::vector<FileDifference>& differences) {
        auto list = nlohmann::json::array();
        for (const auto& file : differences)
            list.push_back({{"path", display(file.path)},
                            {"role", display(file.role)},
                            {"first", digests_json(file.first)},
                            {"second", digests_json(file.second)}});
        return list;
    };
    const auto texts = [](const std::vector<std::string>& values) {
        auto list = nlohmann::json::array();
        for (const auto& value : values) list.push_back(display(value));
        return list;
    };
    const nlohmann::json out = {
        {"same", diff.same()},
        {"files",
         {{"onlyFirst", files(diff.only_first)},
          {"onlySecond", files(diff.only_second)},
          {"changed", files(diff.changed)}}},
        {"programs",
         {{"onlyFirst", texts(diff.programs_only_first)}, {"onlySecond", texts(diff.programs_only_second)}}},
        {"network", {{"onlyFirst", texts(diff.peers_only_first)}, {"onlySecond", texts(diff.peers_only_second)}}}};
    return out.dump(2) + '\n';
}

Result<int> run(const DiffOptions& options) {
    const auto first = read(options.first);
    if (!first) return fail(first.error());
    const auto second = read(options.second);
    if (!second) return fail(second.error());
    const auto diff = compare(first->trace.record, second->trace.record);
    if (auto printed = print(options.json ? as_json(diff) : as_text(diff)); !printed) return fail(printed.error());
    return diff.same() ? kSame : kDiffers;
}

Action declare(CLI::App& app, const Trailer&) {
    auto options = std::make_shared<DiffOptions>();
    app.add_option("RUN", options->first,
                   "The run to compare with: an id, a unique prefix of one, latest, or a run directory")
        ->required()
        ->type_name("");
    app.add_option("OTHER", options->second, "The run that is compared")->required()->type_name("");
    app.add_flag("--json", options->json, "As JSON");
    return [options] { return run(*options); };
}

}  // namespace

const Verb kDiffVerb = {
    "diff",
    "diff [OPTIONS] RUN OTHER",
    "Show what one run touched and the other did not, and what changed content",
    "A line begins with - for what only the first run touched, + for what only the second did, ~ for a file "
    "whose content differs. Devices, /proc and /sys are left out.\n\n"
    "Exit status: 0 no difference; 1 a difference; 2 when a run could not be read.",
    false,
    2,
    declare};

}  // namespace fstracker::cli
