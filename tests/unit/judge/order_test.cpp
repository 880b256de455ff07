// SPDX-License-Identifier: Apache-2.0
// The same evidence gives the same findings, in whatever order its parts came.
#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "core/judge/verdict.hpp"
#include "core/judge/watch.hpp"
#include "tests/unit/baseline/samples.hpp"

using namespace fstracker;
using namespace fstracker::judge;
namespace sample = fstracker::baseline::sample;

namespace {

constexpr const char* kRules = R"(
title: Secret opened
id: 11111111-1111-4111-8111-111111111111
logsource: {product: linux, category: file_access}
detection: {s: {TargetFilename|contains: secret}, condition: s}
level: high
)";

// Something of each kind that there is to find.
run::Record unusual() {
    run::Record record = sample::training();
    record.processes.push_back(sample::process(2, 1, "/usr/bin/tar", {"tar", "c", "models"}));
    record.processes.push_back(sample::process(3, 2, "/usr/bin/gzip", {"gzip"}));
    record.processes.push_back(sample::process(4, 1, "/tmp/x/tool", {"tool"}));
    const auto add = [&record](const std::string& path, const std::string& role, std::uint8_t content,
                               event::ProcessId process, std::uint32_t access = event::kRead) {
        record.files.push_back(sample::file(path, role, content, access, process));
        record.files.back().processes = {process, 1};
    };
    add("/p/models/base.safetensors", "model", 20, 2);
    add("/p/models/base.safetensors", "model", 99, 3);
    add("/p/data/poison.tar", "data", 70, 1);
    add("/p/data/shard-00500.tar", "data", 71, 1);
    add("/p/data/shard-00003.tar", "data", 72, 4);
    add("/p/site-packages/evil.pth", "code", 73, 1);
    add("/home/u/.ssh/secret", "credential", 74, 4);
    std::erase_if(record.files, [](const auto& entry) { return entry.path.bytes.ends_with("shard-00007.tar"); });
    return record;
}

}  // namespace

TEST_CASE("findings are the same over a hundred orders of events, processes and entries", "[judge]") {
    const auto rules = sigma::load_text(kRules, "rules.yml");
    REQUIRE(rules.faults().empty());
    const auto known = sample::learned(5);
    std::mt19937 random(1);  // NOLINT: the same orders each time
    std::optional<Judgement> first;
    for (int i = 0; i < 100; ++i) {
        run::Record record = unusual();
        std::shuffle(record.processes.begin() + 1, record.processes.end(), random);
        for (auto& entry : record.files) std::shuffle(entry.processes.begin(), entry.processes.end(), random);
        std::shuffle(record.files.begin(), record.files.end(), random);

        Watch watch{rules, "p", "train"};
        for (const auto& process : record.processes) {
            event::Exec exec;
            exec.common.process = process.id;
            exec.parent = 0;  // a parent that comes later is not there
            exec.path = process.executable->path;
            watch.see(exec);
        }
        for (const auto& entry : record.files)
            for (const auto process : entry.processes) {
                event::FileAccess access;
                access.common.process = process;
                access.path = entry.path;
                access.access = entry.access;
                watch.see(access);
            }
        // The access table is in the order of its paths; what came first under one is left to chance.
        std::stable_sort(record.files.begin(), record.files.end(),
                         [](const auto& left, const auto& right) { return left.path.bytes < right.path.bytes; });
        const Judgement judgement = judge::judge(record, {.watch = &watch, .baseline = &known});
        if (!first) first = judgement;
        INFO(i);
        REQUIRE(judgement == *first);
    }
    CHECK(first->incidents.size() >= 5);
    CHECK(first->verdict == Verdict::kAlert);
}
