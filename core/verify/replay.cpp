// SPDX-License-Identifier: Apache-2.0
#include "core/verify/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <variant>
#include <vector>

#include "core/event/decode.hpp"
#include "core/event/log.hpp"
#include "core/run/run.hpp"
#include "core/store/run_store.hpp"

namespace fstracker::verify {
namespace {

constexpr const char* kPlace = store::kEventsFile;

// The kernel's numbers as the log shows them: of each CPU all from 1 on, each once.
class Numbering {
  public:
    void add(const event::Event& event) {
        const auto* common = event::common_of(event);
        if (common == nullptr) {
            if (std::holds_alternative<event::FoldTotal>(event)) ++kinds_["fold"];
            return;
        }
        if (common->sequence == 0) return;  // the recorder's own
        sequences_[common->cpu].push_back(common->sequence);
        // The kernel's kinds come first in the variant, in the order of enum fst_kind.
        const auto kind = event.index() + 1;
        if (kind < event::kKindNames.size()) ++kinds_[event::kKindNames.at(kind)];
    }

    void check(const run::Ledger& ledger, FaultList& faults) {
        std::uint64_t missing = 0;
        for (auto& [cpu, numbers] : sequences_) {
            std::sort(numbers.begin(), numbers.end());
            const auto twice = std::adjacent_find(numbers.begin(), numbers.end());
            if (twice != numbers.end())
                faults.add(kPlace, fmt::format("record {} of CPU {} is there more than once", *twice, cpu));
            else
                missing += numbers.back() - numbers.size();
        }
        // Records that were lost or malformed have numbers too; the ledger owns up to them.
        std::uint64_t known = ledger.user.malformed + ledger.user.sequence_gaps;
        for (const auto& [kind, counters] : ledger.kernel) {
            for (const auto& [reason, count] : counters.lost) known += count;
        }
        if (missing > 0 && known == 0)
            faults.add(kPlace, fmt::format("{} of the kernel's records are missing, and the ledger counts none as lost",
                                           missing));
        if (ledger.user.malformed > 0) return;
        for (const auto& [kind, counters] : ledger.kernel) {
            if (kinds_[kind] != counters.delivered)
                faults.add(kPlace, fmt::format("holds {} records of kind {}, the ledger counts {} as delivered",
                                               kinds_[kind], kind, counters.delivered));
        }
    }

  private:
    std::map<std::uint32_t, std::vector<std::uint64_t>> sequences_;
    std::map<std::string, std::uint64_t> kinds_;
};

std::string file_name(const run::FileEntry& entry) {
    return entry.path.bytes + " (" + event::to_text(entry.object) + ")";
}

// As text without what the classifier adds, so that what is compared is exactly what a statement can say.
std::string comparable(run::FileEntry entry) {
    entry.role = "other";
    entry.owner.clear();
    entry.owner_verified.reset();
    entry.format.clear();
    entry.imports.clear();
    entry.unreadable.clear();
    return evidence::write_file_entry(entry);
}

// Calls `differs(i, stated)` for each that one side has more often than the other.
template <typename Differs>
void compare_as_sets(const std::vector<std::string>& stated, const std::vector<std::string>& replayed,
                     Differs differs) {
    std::map<std::string_view, std::int64_t> balance;  // times stated minus times replayed
    for (const auto& text : stated) ++balance[text];
    for (const auto& text : replayed) --balance[text];
    for (std::size_t i = 0; i < stated.size(); ++i) {
        if (balance[stated[i]]-- > 0) differs(i, true);
    }
    for (const auto& text : stated) balance[text] = 0;
    for (const auto& text : stated) ++balance[text];
    for (const auto& text : replayed) --balance[text];
    for (std::size_t i = 0; i < replayed.size(); ++i) {
        if (balance[replayed[i]]++ < 0) differs(i, false);
    }
}

void compare_files(const std::vector<run::FileEntry>& stated, const std::vector<run::FileEntry>& replayed,
                   FaultList& faults) {
    std::vector<std::string> left;
    std::vector<std::string> right;
    for (const auto& entry : stated) left.push_back(comparable(entry));
    for (const auto& entry : replayed) right.push_back(comparable(entry));
    compare_as_sets(left, right, [&](std::size_t i, bool is_stated) {
        faults.add_at("fileAccess", store::kTraceFile,
                      is_stated ? file_name(stated[i]) + ": this entry does not follow from the event log"
                                : file_name(replayed[i]) + ": the event log gives an entry that the statement has not");
    });
}

std::string process_difference(const run::Process& stated, const run::Process& replayed) {
    std::vector<std::string> fields;
    const auto compare = [&fields](const char* name, const auto& left, const auto& right) {
        if (!(left == right)) fields.emplace_back(name);
    };
    compare("parent", stated.parent, replayed.parent);
    compare("pid", stated.pid, replayed.pid);
    compare("executable", stated.executable, replayed.executable);
    compare("script", stated.script, replayed.script);
    compare("argv", stated.arguments, replayed.arguments);
    compare("cwd", stated.directory, replayed.directory);
    compare("uid", stated.uid, replayed.uid);
    compare("startedOn", stated.started, replayed.started);
    compare("finishedOn", stated.finished, replayed.finished);
    compare("exitCode", stated.status, replayed.status);
    compare("resources", stated.resources, replayed.resources);
    if (fields.empty() && !(stated == replayed)) fields.emplace_back("argv (truncated)");
    return fmt::format("{}", fmt::join(fields, ", "));
}

void compare_processes(const std::vector<run::Process>& stated, const std::vector<run::Process>& replayed,
                       FaultList& faults) {
    std::map<event::ProcessId, std::pair<const run::Process*, const run::Process*>> pairs;
    for (const auto& process : stated) pairs[process.id].first = &process;
    for (const auto& process : replayed) pairs[process.id].second = &process;
    for (const auto& [id, pair] : pairs) {
        std::string what;
        if (pair.first == nullptr)
            what = "is in the event log and not in the statement";
        else if (pair.second == nullptr)
            what = "is not in the event log";
        else if (!(*pair.first == *pair.second))
            what = "differs from the event log in " + process_difference(*pair.first, *pair.second);
        if (!what.empty()) faults.add_at("process", store::kTraceFile, fmt::format("process {}: {}", id, what));
    }
    if (stated.size() != replayed.size() && pairs.size() == replayed.size())
        faults.add(store::kTraceFile, "a process id is there twice");
}

std::string connection_text(const run::Connection& connection) {
    return fmt::format("{} {} port {}, process {}, {} times", connection.protocol, connection.address, connection.port,
                       connection.process, connection.count);
}

void compare_connections(const std::vector<run::Connection>& stated, const std::vector<run::Connection>& replayed,
                         FaultList& faults) {
    std::vector<std::string> left;
    std::vector<std::string> right;
    for (const auto& connection : stated) left.push_back(connection_text(connection));
    for (const auto& connection : replayed) right.push_back(connection_text(connection));
    compare_as_sets(left, right, [&](std::size_t i, bool is_stated) {
        faults.add_at("network", store::kTraceFile,
                      is_stated ? left[i] + ": does not follow from the event log"
                                : right[i] + ": is in the event log and not in the statement");
    });
}

void compare_completeness(const run::Completeness& stated, const run::Completeness& replayed, FaultList& faults) {
    const auto compare = [&faults](const char* what, const auto& left, const auto& right) {
        if (!(left == right))
            faults.add_at("completeness", store::kTraceFile, std::string(what) + " is not what the event log gives");
    };
    compare("complete", stated.complete, replayed.complete);
    compare("the kernel's ledger", stated.ledger.kernel, replayed.ledger.kernel);
    compare("the recorder's ledger", stated.ledger.user, replayed.ledger.user);
    compare("the ledger of digests", stated.ledger.digests, replayed.ledger.digests);
    compare("unhashed", stated.unhashed, replayed.unhashed);
    compare("truncated", stated.truncated, replayed.truncated);
    compare("blindSpots", stated.blind_spots, replayed.blind_spots);
    compare("the list of entered blind spots", stated.entered_blind_spots, replayed.entered_blind_spots);
    compare("who entered them", stated.entered_by, replayed.entered_by);
    compare("the list of reasons", stated.reasons, replayed.reasons);
}

}  // namespace

std::optional<run::Record> replay_log(const std::string& path, const run::RunInfo& info, FaultList& faults) {
    run::Run run;
    Numbering numbering;
    std::size_t line_number = 0;
    const auto status = store::for_each_line(path, [&](std::string_view line) -> Status {
        ++line_number;
        const auto event = event::parse_line(line);
        if (!event) {
            faults.add_at(kPlace, fmt::format("{} line {}", kPlace, line_number), event.error().message);
            return {};
        }
        numbering.add(*event);
        run.apply(*event);
        return {};
    });
    if (!status) {
        faults.add(kPlace, "cannot be read to its end: " + status.error().message);
        return std::nullopt;
    }
    auto record = run.record(info);
    numbering.check(record.completeness.ledger, faults);
    return record;
}

void compare_records(const run::Record& stated, const run::Record& replayed, FaultList& faults) {
    if (stated.info.finished != replayed.info.finished)
        faults.add(store::kTraceFile, "the run's end is not that of the event log");
    if (stated.info.status != replayed.info.status)
        faults.add(store::kTraceFile, "the command's exit status is not that of the event log");
    compare_processes(stated.processes, replayed.processes, faults);
    compare_files(stated.files, replayed.files, faults);
    compare_connections(stated.connections, replayed.connections, faults);
    compare_completeness(stated.completeness, replayed.completeness, faults);
}

}  // namespace fstracker::verify
