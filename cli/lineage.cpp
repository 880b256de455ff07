// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "cli/places.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/base/fd.hpp"
#include "core/base/hex.hpp"
#include "core/base/time.hpp"
#include "core/digest/digest.hpp"
#include "core/evidence/text.hpp"
#include "core/report/printable.hpp"
#include "core/report/words.hpp"
#include "core/run/lineage.hpp"
#include "core/store/index.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::cli {
namespace {

using evidence::display;
using nlohmann::json;
using report::printable;

constexpr std::string_view kPrefix = "sha256:";

struct LineageOptions {
    std::string what;
    bool json = false;
};

struct Answer {
    std::string path;                     // empty where a digest was asked for
    std::vector<event::Sha256> contents;  // that were asked for
    bool is_there = false;                // the content is that of the file as it is now
    std::vector<event::Sha256> others;    // that runs had under the path
    std::vector<run::Handling> handlings;
    std::vector<run::Passage> into, out_of;
    std::size_t left_out = 0;  // runs that could not be read
};

std::string text_of(const event::Sha256& content) { return std::string(kPrefix) + base::to_hex(content); }

Result<event::Sha256> parse_digest(const std::string& text) {
    const auto bytes = base::from_hex(text.substr(kPrefix.size()));
    event::Sha256 content{};
    if (!bytes || bytes->size() != content.size())
        return fail(ErrorKind::kInvalid, fmt::format("{} is no SHA-256", text), "sha256: and 64 hex digits");
    std::copy(bytes->begin(), bytes->end(), content.begin());
    return content;
}

// The content of a regular file as it is now.
std::optional<event::Sha256> content_now(const std::string& path) {
    const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!fd || !std::filesystem::is_regular_file(path)) return std::nullopt;
    const auto digest = digest::sha256_of(fd.get());
    return digest ? std::optional(digest->digest) : std::nullopt;
}

// Which contents are meant. `index` says which runs had what under a path; what it says of itself is `failed`.
Status choose_contents(const LineageOptions& options, store::Index& index, Answer& answer, Status& failed) {
    if (options.what.starts_with(kPrefix)) {
        const auto content = parse_digest(options.what);
        if (!content) return fail(content.error());
        answer.contents = {*content};
        return {};
    }
    std::error_code ignored;
    answer.path = std::filesystem::absolute(options.what, ignored).lexically_normal().string();
    auto others = index.under(answer.path);
    if (!others) {
        failed = fail(others.error());
        return {};
    }
    answer.others = std::move(*others);
    if (const auto now = content_now(answer.path)) {
        answer.contents = {*now};
        answer.is_there = true;
        std::erase(answer.others, *now);
    } else {
        answer.contents.swap(answer.others);
    }
    if (answer.contents.empty())
        return fail(ErrorKind::kNotFound,
                    fmt::format("{}: there is no such file, and no run in the store had one", answer.path),
                    "track runs lists the runs; a content can be asked for as sha256:HEX");
    return {};
}

// What one attempt with an index came to; another begins anew.
struct Found {
    Answer answer;
    run::Lineage lineage;
    std::vector<std::string> notes;
    Status asked;  // what was asked for cannot be
};

Status find(const LineageOptions& options, store::Index& index, Found& found) {
    found = Found();
    if (const auto entries = index.list(); !entries) return fail(entries.error());
    const auto read = [](const std::string& directory) -> Result<run::Record> {
        auto run = verify::read_run(directory);
        if (!run) return fail(run.error());
        return std::move(run->trace.record);
    };
    const auto left_out = [&found](const store::RunEntry& entry, const std::string& why) {
        if (entry.verdict.empty() && !entry.complete) return;
        found.notes.push_back(fmt::format("left out: {}: {}", entry.id, why));
        ++found.answer.left_out;
    };
    if (auto known = index.read_contents(read, left_out); !known) return known;
    Status failed;
    found.asked = choose_contents(options, index, found.answer, failed);
    if (!failed || !found.asked) return failed;
    auto lineage = index.lineage_of(found.answer.contents);
    if (!lineage) return fail(lineage.error());
    found.lineage = std::move(*lineage);
    return {};
}

json run_json(const run::Lineage::Run& run) {
    return {{"run", display(run.id)}, {"pipeline", display(run.pipeline)}, {"step", display(run.step)}};
}

std::string as_json(const Answer& answer, const run::Lineage& lineage) {
    const auto digests = [](const std::vector<event::Sha256>& all) {
        auto list = json::array();
        for (const auto& one : all) list.push_back(text_of(one));
        return list;
    };
    const auto passages = [&lineage](const std::vector<run::Passage>& all) {
        auto list = json::array();
        for (const auto& one : all)
            list.push_back({{"from", run_json(lineage.runs()[one.from])},
                            {"to", run_json(lineage.runs()[one.to])},
                            {"content", text_of(one.content)},
                            {"writtenAs", display(one.written_as)},
                            {"readAs", display(one.read_as)}});
        return list;
    };
    auto wrote = json::array(), read = json::array();
    for (const auto& one : answer.handlings) {
        auto told = run_json(lineage.runs()[one.run]);
        told["path"] = display(one.path);
        told["when"] = base::format_time(one.when);
        (one.wrote ? wrote : read).push_back(told);
    }
    const json out = {{"path", answer.path.empty() ? json(nullptr) : json(display(answer.path))},
                      {"contents", digests(answer.contents)},
                      {"otherContents", digests(answer.others)},
                      {"wrote", wrote},
                      {"read", read},
                      {"into", passages(answer.into)},
                      {"outOf", passages(answer.out_of)},
                      {"runsLeftOut", answer.left_out}};
    return out.dump(2) + '\n';
}

std::string as_text(const Answer& answer, const run::Lineage& lineage) {
    constexpr std::size_t kMostListed = 50;
    std::string out;
    for (const auto& content : answer.contents)
        out += fmt::format("{}{}\n", text_of(content),
                           answer.is_there ? ", the content of " + printable(answer.path) + " as it is now" : "");
    const auto called = [&lineage](std::size_t index) {
        const auto& run = lineage.runs()[index];
        return fmt::format("{} / {}  {}", printable(run.pipeline), printable(run.step), printable(run.id));
    };
    const auto list = [&out, most = kMostListed](const std::string& heading, const std::vector<std::string>& lines) {
        if (lines.empty()) return;
        out += fmt::format("\n{} ({})\n", heading, lines.size());
        for (std::size_t i = 0; i < std::min(lines.size(), most); ++i) out += "  " + lines[i] + '\n';
        if (lines.size() > most) out += fmt::format("  and {} more: --json\n", lines.size() - most);
    };
    std::vector<std::string> wrote, read;
    for (const auto& one : answer.handlings)
        (one.wrote ? wrote : read)
            .push_back(fmt::format("{}  {}  {}", base::format_time(one.when), called(one.run), printable(one.path)));
    const auto passages = [&](const std::vector<run::Passage>& all) {
        std::vector<std::string> lines;
        for (const auto& one : all)
            lines.push_back(fmt::format("{}  to  {}\n      {}{}", called(one.from), called(one.to),
                                        printable(one.written_as),
                                        one.written_as == one.read_as ? "" : ", read as " + printable(one.read_as)));
        return lines;
    };
    list("written by", wrote);
    list("read by", read);
    list("came into these runs", passages(answer.into));
    list("went on from these runs", passages(answer.out_of));
    if (answer.handlings.empty()) out += "no run in the store wrote it or read it\n";
    if (!answer.others.empty())
        out += fmt::format("\nunder this path runs had {}: {}\n",
                           report::counted(answer.others.size(), "other content", "other contents"),
                           text_of(answer.others.front()));
    return out;
}

Result<int> run(const LineageOptions& options) {
    const auto root = store_root();
    if (!root) return fail(root.error());
    Found found;
    if (auto done = store::with_index(*root, [&](store::Index& index) { return find(options, index, found); }); !done)
        return fail(done.error());
    for (const auto& note : found.notes) tell_note(note);
    if (!found.asked) return fail(found.asked.error());
    Answer& answer = found.answer;
    const run::Lineage& lineage = found.lineage;
    std::set<std::size_t> runs;
    for (const auto& content : answer.contents)
        for (auto& one : lineage.of(content)) {
            runs.insert(one.run);
            answer.handlings.push_back(std::move(one));
        }
    const std::vector<std::size_t> start(runs.begin(), runs.end());
    answer.into = lineage.into(start);
    answer.out_of = lineage.out_of(start);
    if (auto printed = print(options.json ? as_json(answer, lineage) : as_text(answer, lineage)); !printed)
        return fail(printed.error());
    return 0;
}

Action declare(CLI::App& app, const Trailer&) {
    auto options = std::make_shared<LineageOptions>();
    app.add_option("WHAT", options->what, "A path, or a content as sha256:HEX")->required()->type_name("");
    app.add_flag("--json", options->json, "As JSON");
    return [options] { return run(*options); };
}

}  // namespace

const Verb kLineageVerb = {
    "lineage",
    "lineage [OPTIONS] WHAT",
    "Show which runs wrote and read a content, and what went from run to run",
    "Of a path, its content as it is now is looked for; of a file that is gone, what runs had under that path. All "
    "runs "
    "of the run store are looked at, as they stand: track verify says whether they are authentic. Its index knows "
    "those "
    "that it has seen before. A run leads to another "
    "where that one read a content that the first left as an output.\n\n"
    "Exit status: 0, also when no run had it; 2 for a path that neither is there nor was in a run.",
    false,
    2,
    declare};

}  // namespace fstracker::cli
