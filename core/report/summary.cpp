// SPDX-License-Identifier: Apache-2.0
#include "core/report/summary.hpp"

#include <sys/wait.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/evidence/text.hpp"
#include "core/report/printable.hpp"
#include "core/report/words.hpp"

namespace fstracker::report {

Counts count(const run::Record& record) {
    // An object whose identity is not known is told apart by its path.
    using Key = std::pair<event::ObjectId, std::string>;
    std::set<Key> executed;
    std::set<Key> loaded;
    std::set<Key> read;
    std::set<Key> written;
    constexpr std::uint32_t kChanged = event::kWrite | event::kCreate | event::kTruncate;
    for (const auto& file : record.files) {
        const Key key{file.object, file.object.known() ? std::string() : file.path.bytes};
        if ((file.access & event::kExecute) != 0) executed.insert(key);
        if ((file.access & event::kLoad) != 0) loaded.insert(key);
        if ((file.access & event::kRead) != 0) read.insert(key);
        if ((file.access & kChanged) != 0) written.insert(key);
    }
    return {record.processes.size(), executed.size(),          loaded.size(), read.size(),
            written.size(),          record.connections.size()};
}

std::string touched_text(const Counts& counts) {
    return counted(counts.processes, "process", "processes") + ", " +
           counted(counts.executables, "program", "programs") + ", " +
           counted(counts.libraries, "library", "libraries") + ", " +
           counted(counts.files_read, "file read", "files read") + ", " + count_text(counts.files_written) +
           " written, " + counted(counts.connections, "connection", "connections");
}

std::array<std::uint64_t, 5> count_levels(const judge::Judgement& judgement) {
    std::array<std::uint64_t, 5> levels{};
    for (const auto& incident : judgement.incidents)
        if (!incident.suppressed) ++levels.at(static_cast<std::size_t>(incident.level));
    return levels;
}

std::string summary_json(const run::Record& record, const judge::Judgement& judgement, const std::string& directory,
                         int exit_status, const Timing& timing, std::optional<std::uint32_t> owner) {
    const auto counts = count(record);
    const auto levels = count_levels(judgement);
    const auto of = [&levels](judge::Level level) { return levels.at(static_cast<std::size_t>(level)); };
    nlohmann::json summary = {
        {"run", evidence::display(record.info.id)},
        {"directory", evidence::display(directory)},
        {"pipeline", evidence::display(record.info.pipeline)},
        {"step", evidence::display(record.info.step)},
        {"backend", evidence::display(record.info.backend)},
        {"exitCode", exit_status},
        {"verdict", judge::to_text(judgement.verdict)},
        {"complete", record.completeness.complete},
        {"findings",
         {{"critical", of(judge::Level::kCritical)},
          {"high", of(judge::Level::kHigh)},
          {"medium", of(judge::Level::kMedium)},
          {"low", of(judge::Level::kLow)}}},
        {"counts",
         {{"processes", counts.processes},
          {"executables", counts.executables},
          {"libraries", counts.libraries},
          {"filesRead", counts.files_read},
          {"filesWritten", counts.files_written},
          {"bytesHashed", timing.bytes_hashed}}},
        {"seconds", {{"command", timing.command_seconds}, {"finish", timing.finish_seconds}}},
    };
    if (owner) summary["uid"] = *owner;
    return summary.dump(2) + '\n';
}

int shell_status(std::int32_t wait_status) {
    return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace fstracker::report
