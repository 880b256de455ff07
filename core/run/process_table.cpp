// SPDX-License-Identifier: Apache-2.0
#include "core/run/process_table.hpp"

#include <algorithm>
#include <utility>

namespace fstracker::run {

void ProcessTable::forked(const event::Fork& fork) {
    Entry entry;
    entry.process.id = fork.common.process;
    entry.process.parent = fork.parent;
    entry.process.pid = fork.common.pid;
    entry.process.uid = fork.uid;
    entry.process.started = fork.common.time;
    if (const auto parent = entries_.find(fork.parent); parent != entries_.end()) {
        entry.process.directory = parent->second.process.directory;
        parent->second.acted = true;
    }
    entries_.insert_or_assign(fork.common.process, std::move(entry));
}

void ProcessTable::executed(const event::Exec& exec) {
    Entry entry;
    Process& process = entry.process;
    entry.executed = true;
    process.id = exec.common.process;
    process.parent = exec.parent;
    process.pid = exec.common.pid;
    process.executable = FileReference{exec.path, exec.object.id, std::nullopt};
    if (exec.is_script) {
        FileReference script{exec.script_path, {}, std::nullopt};
        if (exec.script) script.object = exec.script->id;
        if (script.path.bytes.empty()) script.path.bytes = exec.filename;
        process.script = std::move(script);
    }
    process.arguments = exec.arguments;
    process.arguments_truncated = exec.arguments_truncated;
    process.directory = exec.directory;
    process.uid = exec.uid;
    process.started = exec.common.time;
    if (const auto before = entries_.find(exec.parent); before != entries_.end()) {
        before->second.replaced = true;
        before->second.process.finished = exec.common.time;
    }
    entries_.insert_or_assign(exec.common.process, std::move(entry));
}

void ProcessTable::exited(const event::Exit& exit) {
    const auto found = entries_.find(exit.common.process);
    if (found == entries_.end()) return;
    Process& process = found->second.process;
    process.finished = exit.common.time;
    process.status = exit.status;
    process.resources = Resources{exit.cpu_nanoseconds, exit.peak_memory_bytes, exit.bytes_read, exit.bytes_written};
}

void ProcessTable::acted(event::ProcessId process) {
    if (const auto found = entries_.find(process); found != entries_.end()) found->second.acted = true;
}

std::optional<std::uint32_t> ProcessTable::pid_of(event::ProcessId process) const {
    const auto found = entries_.find(process);
    if (found == entries_.end()) return std::nullopt;
    return found->second.process.pid;
}

event::ProcessId ProcessTable::listed(event::ProcessId process) const {
    for (std::size_t steps = 0; steps <= entries_.size(); ++steps) {
        const auto found = entries_.find(process);
        if (found == entries_.end()) return 0;
        if (is_listed(found->second)) return process;
        process = found->second.process.parent;
    }
    return 0;
}

std::vector<Process> ProcessTable::list(const DigestOf& digest_of) const {
    std::vector<Process> processes;
    processes.reserve(entries_.size());
    for (const auto& [id, entry] : entries_) {
        if (!is_listed(entry)) continue;
        Process process = entry.process;
        process.parent = listed(process.parent);
        if (process.executable) process.executable->digest = digest_of(process.executable->object, id, event::kExecute);
        if (process.script) process.script->digest = digest_of(process.script->object, id, event::kExecute);
        processes.push_back(std::move(process));
    }
    std::sort(processes.begin(), processes.end(), [](const Process& a, const Process& b) { return a.id < b.id; });
    return processes;
}

std::vector<event::ProcessId> ProcessTable::still_running() const {
    std::vector<event::ProcessId> ids;
    for (const auto& [id, entry] : entries_) {
        if (!entry.process.finished) ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace fstracker::run
