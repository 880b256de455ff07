// SPDX-License-Identifier: Apache-2.0
#include "cli/show_tables.hpp"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/table.hpp"
#include "core/base/hex.hpp"
#include "core/base/time.hpp"
#include "core/evidence/trace.hpp"
#include "core/evidence/words.hpp"
#include "core/report/json_parts.hpp"
#include "core/report/printable.hpp"
#include "core/report/process_tree.hpp"
#include "core/report/summary.hpp"
#include "core/report/words.hpp"

namespace fstracker::cli {
namespace {

using nlohmann::json;
using Rows = std::vector<std::vector<std::string>>;

constexpr std::size_t kShownDigits = 16;

struct FileFilter {
    std::string path;
    std::uint32_t access = 0;
    std::optional<run::Binding> binding;
    std::optional<std::uint32_t> process;
    std::string role;

    [[nodiscard]] bool takes(const run::FileEntry& file) const {
        if (!path.empty() && ::fnmatch(path.c_str(), file.path.bytes.c_str(), 0) != 0) return false;
        if (access != 0 && (file.access & access) == 0) return false;
        if (binding && file.binding != *binding) return false;
        if (process && !std::binary_search(file.processes.begin(), file.processes.end(), *process)) return false;
        return role.empty() || file.role == role;
    }
};

Result<FileFilter> filter_of(const ShowOptions& options) {
    FileFilter filter{options.path, 0, std::nullopt, options.process, options.role};
    for (const auto& word : options.access) {
        const auto bit = evidence::access_bit(word);
        if (!bit)
            return fail(ErrorKind::kInvalid, "--access " + word + ": there is no such access",
                        "one of read, write, create, truncate, rename, link, unlink, execute, load, inherit, receive");
        filter.access |= *bit;
    }
    if (!options.binding.empty()) {
        filter.binding = evidence::binding_of(options.binding);
        if (!filter.binding)
            return fail(ErrorKind::kInvalid, "--binding " + options.binding + ": there is no such binding",
                        "one of kernel, stable, own, changed, contended, none");
    }
    const auto& roles = report::roles();
    if (!options.role.empty() && std::find(roles.begin(), roles.end(), options.role) == roles.end())
        return fail(ErrorKind::kInvalid, "--role " + options.role + ": there is no such role",
                    fmt::format("one of {}", fmt::join(roles, ", ")));
    if (options.table == "libraries")
        filter.access = filter.access == 0 ? std::uint32_t{event::kLoad} : filter.access & event::kLoad;
    return filter;
}

std::vector<const run::FileEntry*> chosen_files(const run::Record& record, const FileFilter& filter,
                                                const std::string& sort) {
    std::vector<const run::FileEntry*> files;
    for (const auto& file : record.files) {
        if (filter.takes(file)) files.push_back(&file);
    }
    const auto by = [&files](auto less) { std::stable_sort(files.begin(), files.end(), less); };
    if (sort == "size") by([](const auto* left, const auto* right) { return left->size > right->size; });
    if (sort == "opens") by([](const auto* left, const auto* right) { return left->opens > right->opens; });
    if (sort == "first")
        by([](const auto* left, const auto* right) { return left->first_access < right->first_access; });
    if (sort == "path") by([](const auto* left, const auto* right) { return left->path.bytes < right->path.bytes; });
    return files;
}

std::string digest_cell(const run::FileEntry& file) {
    if (!file.digest) return fmt::format("({})", evidence::to_word(file.reason));
    return "sha256:" + base::to_hex(*file.digest).substr(0, kShownDigits);
}

std::string files_table(const std::vector<const run::FileEntry*>& files) {
    Rows rows;
    for (const auto* file : files) {
        rows.push_back({fmt::format("{}", fmt::join(evidence::access_words(file->access), ",")),
                        report::printable(file->role), std::string(evidence::to_word(file->binding)),
                        report::count_text(file->opens), report::size_text(file->size), digest_cell(*file),
                        report::printable(file->path.bytes)});
    }
    return table(
        {{"ACCESS"}, {"ROLE"}, {"BINDING"}, {"OPENS", Align::kRight}, {"SIZE", Align::kRight}, {"DIGEST"}, {"PATH"}},
        rows, table_width());
}

std::string libraries_table(const std::vector<const run::FileEntry*>& files) {
    Rows rows;
    for (const auto* file : files) {
        rows.push_back({std::string(evidence::to_word(file->binding)), report::size_text(file->size),
                        digest_cell(*file), report::printable(file->owner.empty() ? "-" : file->owner),
                        report::printable(file->path.bytes)});
    }
    return table({{"BINDING"}, {"SIZE", Align::kRight}, {"DIGEST"}, {"OWNER"}, {"PATH"}}, rows, table_width());
}

std::string exit_cell(const run::Process& process) {
    return process.status ? std::to_string(report::shell_status(*process.status)) : "-";
}

std::string processes_table(const run::Record& record, const ShowOptions& options) {
    Rows rows;
    for (const auto& [process, depth] : report::process_tree(record.processes)) {
        if (options.process && process->id != *options.process) continue;
        const auto duration =
            process->finished ? fmt::format("{:.2f}", static_cast<double>(*process->finished - process->started) / 1e9)
                              : "-";
        const auto memory = process->resources ? report::size_text(process->resources->peak_memory_bytes) : "-";
        rows.push_back({std::to_string(process->id), std::to_string(process->parent), std::to_string(process->pid),
                        std::to_string(process->uid), exit_cell(*process), duration, memory,
                        std::string(2 * std::min<std::size_t>(depth, 16), ' ') +
                            (process->executable ? report::command_line(*process) : "(fork)")});
    }
    return table({{"ID", Align::kRight},
                  {"PARENT", Align::kRight},
                  {"PID", Align::kRight},
                  {"UID", Align::kRight},
                  {"EXIT", Align::kRight},
                  {"SECONDS", Align::kRight},
                  {"MEMORY", Align::kRight},
                  {"COMMAND"}},
                 rows, table_width());
}

std::string network_table(const run::Record& record, const ShowOptions& options) {
    Rows rows;
    for (const auto& connection : record.connections) {
        if (options.process && connection.process != *options.process) continue;
        rows.push_back({std::to_string(connection.process), report::printable(connection.protocol),
                        std::to_string(connection.port), report::count_text(connection.count),
                        report::printable(connection.hostname.empty() ? "-" : connection.hostname),
                        report::printable(connection.address)});
    }
    return table({{"PROCESS", Align::kRight},
                  {"PROTOCOL"},
                  {"PORT", Align::kRight},
                  {"TIMES", Align::kRight},
                  {"HOST"},
                  {"ADDRESS"}},
                 rows, table_width());
}

std::string ledger_table(const run::Completeness& completeness) {
    Rows rows;
    for (const auto& [kind, counters] : completeness.ledger.kernel) {
        std::uint64_t lost = 0;
        for (const auto& [reason, count] : counters.lost) lost += count;
        rows.push_back({report::printable(kind), report::count_text(counters.seen), report::count_text(counters.folded),
                        report::count_text(counters.delivered), report::count_text(lost),
                        report::count_text(counters.truncated), report::count_text(counters.unreadable)});
    }
    auto out = table({{"KIND"},
                      {"SEEN", Align::kRight},
                      {"FOLDED", Align::kRight},
                      {"DELIVERED", Align::kRight},
                      {"LOST", Align::kRight},
                      {"TRUNCATED", Align::kRight},
                      {"UNREADABLE", Align::kRight}},
                     rows, table_width());
    const auto& user = completeness.ledger.user;
    const auto& digests = completeness.ledger.digests;
    out += fmt::format("\nrecorder: {} received, {} decoded, {} malformed, {} sequence gaps, {} missed\n",
                       report::count_text(user.received), report::count_text(user.decoded), user.malformed,
                       user.sequence_gaps, user.missed);
    out += fmt::format("digests: {} wanted, {} done", report::count_text(digests.wanted),
                       report::count_text(digests.done));
    for (const auto& [reason, count] : digests.refused)
        out += fmt::format(", {} {}", report::count_text(count), report::printable(reason));
    out += fmt::format("\nunhashed: {}   truncated: {}   complete: {}\n", report::count_text(completeness.unhashed),
                       report::count_text(completeness.truncated), completeness.complete ? "yes" : "NO");
    for (const auto& fault : completeness.ledger.faults()) out += "fault: " + report::printable(fault) + '\n';
    for (const auto& spot : completeness.blind_spots) out += "not observed: " + report::printable(spot) + '\n';
    return out;
}

std::string entries_json(const run::Record& record, const ShowOptions& options,
                         const std::vector<const run::FileEntry*>& files) {
    auto entries = json::array();
    if (options.table == "files" || options.table == "libraries") {
        for (const auto* file : files) entries.push_back(json::parse(evidence::write_file_entry(*file)));
        return entries.dump(2) + '\n';
    }
    const auto log = report::monitor_log(record);
    if (options.table == "ledger") return log.completeness.dump(2) + '\n';
    const bool network = options.table == "network";
    for (const auto& entry : network ? log.network : log.processes) {
        const auto id =
            network ? entry.value("invokingProcess", json::object()).value("id", 0U) : entry.value("id", 0U);
        if (!options.process || id == *options.process) entries.push_back(entry);
    }
    return entries.dump(2) + '\n';
}

}  // namespace

Result<std::string> show(const run::Record& record, const ShowOptions& options) {
    const auto filter = filter_of(options);
    if (!filter) return fail(filter.error());
    std::vector<const run::FileEntry*> files;
    if (options.table == "files" || options.table == "libraries") files = chosen_files(record, *filter, options.sort);
    if (options.json) return entries_json(record, options, files);
    if (options.table == "processes") return processes_table(record, options);
    if (options.table == "network") return network_table(record, options);
    if (options.table == "ledger") return ledger_table(record.completeness);
    return options.table == "libraries" ? libraries_table(files) : files_table(files);
}

}  // namespace fstracker::cli
