// SPDX-License-Identifier: Apache-2.0
#include "cli/run_summary.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/terminal.hpp"
#include "core/report/printable.hpp"
#include "core/report/summary.hpp"

namespace fstracker::cli {
namespace {

constexpr std::size_t kMostReasons = 3;

void say(const std::string& text) { tell("track: " + text + '\n'); }

std::string painted(judge::Verdict verdict) {
    auto word = judge::to_text(verdict);
    if (!has_colours(STDERR_FILENO)) return word;
    switch (verdict) {
        case judge::Verdict::kClean: return "\x1b[1;32m" + word + "\x1b[0m";
        case judge::Verdict::kReview: return "\x1b[1;33m" + word + "\x1b[0m";
        case judge::Verdict::kAlert: return "\x1b[1;31m" + word + "\x1b[0m";
        case judge::Verdict::kIncomplete: return "\x1b[1;35m" + word + "\x1b[0m";
    }
    return word;
}

std::string ledger_text(const run::Completeness& completeness) {
    const auto faults = completeness.ledger.faults();
    if (!faults.empty()) return "ledger does NOT balance: " + report::printable(faults.front());
    std::uint64_t seen = 0;
    for (const auto& [kind, counters] : completeness.ledger.kernel) seen += counters.seen;
    return fmt::format("ledger balances: {} events seen, none lost", report::count_text(seen));
}

}  // namespace

void write_request(const capture::RunRequest& request) {
    say(fmt::format("pipeline {}, step {}", report::printable(request.pipeline), report::printable(request.step)));
    say(fmt::format("backend {}, digests {}, key {}", request.backend, request.digest,
                    report::printable(request.key_path)));
    say(fmt::format("store {}, digest cache {}", report::printable(request.store_root),
                    report::printable(request.cache_file)));
    for (const auto& [path, digest] : request.configuration)
        say(fmt::format("project file {} sha256:{}", report::printable(path), digest));
}

void write_run_summary(const capture::RunOutcome& outcome, bool verbose) {
    const auto& record = *outcome.record;
    const auto& judgement = *outcome.judgement;
    const auto counts = report::count(record);
    say(fmt::format("{}  {} / {}  exit {}, {:.1f} s and {:.1f} s to finish", painted(judgement.verdict),
                    report::printable(record.info.pipeline), report::printable(record.info.step), outcome.exit_status,
                    outcome.command_seconds, outcome.finish_seconds));
    for (std::size_t i = 0; i < judgement.reasons.size() && (verbose || i < kMostReasons); ++i)
        say("why: " + report::printable(judgement.reasons[i]));
    if (!verbose && judgement.reasons.size() > kMostReasons)
        say(fmt::format("     and {} more reasons", judgement.reasons.size() - kMostReasons));
    say(report::touched_text(counts));
    say(ledger_text(record.completeness));
    if (verbose) {
        for (const auto& spot : record.completeness.blind_spots) say("not observed: " + report::printable(spot));
    }
    say("evidence: " + report::printable(outcome.directory));
    say("next: track report " + report::printable(outcome.run_id));
}

void write_run_json(const capture::RunOutcome& outcome) {
    const auto text = report::summary_json(*outcome.record, *outcome.judgement, outcome.directory, outcome.exit_status,
                                           {outcome.command_seconds, outcome.finish_seconds, outcome.bytes_hashed});
    tell(nlohmann::json::parse(text).dump() + '\n');
}

}  // namespace fstracker::cli
