// SPDX-License-Identifier: Apache-2.0
// Runs of a small training step, made by hand.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>

#include "core/baseline/differences.hpp"

namespace fstracker::baseline::sample {

inline event::Sha256 digest(std::uint8_t value) {
    event::Sha256 digest{};
    digest.fill(value);
    return digest;
}

inline run::Process process(event::ProcessId id, event::ProcessId parent, const std::string& image,
                            std::vector<std::string> arguments) {
    run::Process process;
    process.id = id;
    process.parent = parent;
    process.executable = run::FileReference{{image}, {}, digest(1)};
    process.arguments = std::move(arguments);
    process.directory.bytes = "/p";
    return process;
}

inline run::FileEntry file(const std::string& path, const std::string& role, std::uint8_t content,
                           std::uint32_t access = event::kRead, event::ProcessId process = 1) {
    run::FileEntry entry;
    entry.path.bytes = path;
    entry.object.inode = std::hash<std::string>()(path);
    entry.role = role;
    entry.mode = S_IFREG | 0644;
    entry.access = access;
    entry.digest = digest(content);
    entry.binding = run::Binding::kStable;
    entry.processes = {process};
    return entry;
}

// python train.py: reads ten shards and a model, loads a library, writes a result.
inline run::Record training() {
    run::Record record;
    record.info.pipeline = "p";
    record.info.step = "train";
    record.completeness.complete = true;
    record.processes.push_back(process(1, 0, "/usr/bin/python3.11", {"python3", "train.py"}));
    for (int i = 0; i < 10; ++i)
        record.files.push_back(
            file("/p/data/shard-0000" + std::to_string(i) + ".tar", "data", static_cast<std::uint8_t>(i)));
    record.files.push_back(file("/p/models/base.safetensors", "model", 20));
    record.files.push_back(file("/p/out/result.json", "output", 21, event::kWrite | event::kCreate));
    record.files.push_back(file("/usr/lib/python3.11/json/__init__.py", "code", 22));
    record.files.push_back(file("/usr/lib/x86_64-linux-gnu/libz.so.1", "library", 23, event::kLoad));
    record.files.push_back(file("/usr/lib/python3/dist-packages/numpy/__init__.py", "code", 24));
    return record;
}

inline PathNames names_of(const run::Record& record) { return {{}, work_of(record)}; }
inline Facts facts(const run::Record& record) { return facts_of(record, names_of(record)); }

inline Baseline learned(int runs, const run::Record& record = training()) {
    Baseline baseline;
    baseline.pipeline = record.info.pipeline;
    baseline.step = record.info.step;
    for (int i = 0; i < runs; ++i) learn(baseline, facts(record), {"run-" + std::to_string(i), std::string(64, 'a')});
    return baseline;
}

inline std::vector<Difference> compared(const Baseline& baseline, const run::Record& record) {
    return differences(baseline, facts(record), names_of(record));
}

}  // namespace fstracker::baseline::sample
