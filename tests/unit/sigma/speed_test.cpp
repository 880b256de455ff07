// SPDX-License-Identifier: Apache-2.0
// How long a million records take against 300 rules: unit_sigma '[.benchmark]'. With FSTRACKER_BENCH_RULES, a folder,
// its rules are taken; else 300 like the public ones are made up.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>

#include "tests/unit/sigma/rules.hpp"

using namespace fstracker::sigma;
using namespace fstracker::sigma::testing;

namespace {

constexpr std::size_t kRules = 300;
constexpr std::size_t kRecords = 1'000'000;

std::string made_up_rules() {
    std::string text;
    for (std::size_t i = 0; i < kRules; ++i) {
        const auto source = i % 10 < 7 ? "process_creation" : i % 10 < 9 ? "file_event" : "network_connection";
        const auto name = i % 10 < 7 ? "CommandLine" : i % 10 < 9 ? "TargetFilename" : "DestinationHostname";
        text += fmt::format(
            "---\ntitle: R{0}\nid: r{0}\nlogsource: {{category: {1}, product: linux}}\ndetection:\n"
            "  selection_a:\n    Image|endswith: [/tool{0}, /helper{0}, /bash]\n"
            "  selection_b:\n    {2}|contains: [' --flag{0}', '/etc/secret{0}', '-u {0}']\n"
            "  filter:\n    User: nobody\n  condition: all of selection_* and not filter\n",
            i, source, name);
    }
    return text;
}

std::string count_of(const RuleSet& all) {
    std::string text;
    std::size_t count = 0;
    for (const auto& rule : all.rules()) count += rule.detection ? 1 : 0;
    return fmt::format("{} rules", count);
}

// Command lines as builds and training steps have them; every hundredth is of interest to some rule.
std::vector<std::string> command_lines() {
    std::vector<std::string> lines;
    for (int i = 0; i < 1000; ++i) {
        lines.push_back(
            fmt::format("/usr/bin/python3 -m torch.distributed.run --nproc_per_node=8 train.py --epochs {} "
                        "--data /mnt/data/shard-{:05}.tar --out /work/models/run{}",
                        i % 90, i, i / 7));
        if (i % 100 == 0) lines.back() = fmt::format("bash -c 'cat /etc/secret{} | base64 -d'", i);
        if (i % 100 == 1) lines.back() = "curl -fsSL https://example.org/install.sh";
    }
    return lines;
}

}  // namespace

TEST_CASE("a million records against 300 rules", "[.benchmark]") {
    const char* folder = std::getenv("FSTRACKER_BENCH_RULES");
    const auto set = folder != nullptr ? load({folder}) : load_text(made_up_rules(), "made up");
    REQUIRE_FALSE(set.rules().empty());
    const auto lines = command_lines();
    for (const auto source : {Source::kProcessCreation, Source::kFileEvent, Source::kNetworkConnection}) {
        double best = 1e9;
        std::size_t hits = 0;
        for (int round = 0; round < 3; ++round) {
            Matcher matcher(set);
            Record record;
            hits = 0;
            const auto begin = std::chrono::steady_clock::now();
            for (std::size_t i = 0; i < kRecords; ++i) {
                record.clear(source);
                record.add(Field::kImage, i % 3 == 0 ? "/usr/bin/bash" : "/usr/bin/python3.11");
                record.add(Field::kParentImage, "/usr/bin/bash");
                record.add(Field::kAncestorImage, "/usr/bin/bash");
                record.add(Field::kAncestorImage, "/usr/lib/systemd/systemd");
                record.add(Field::kCommandLine, lines[i % lines.size()]);
                record.add(Field::kParentCommandLine, "bash ./step.sh");
                record.add(Field::kCurrentDirectory, "/home/someone/project");
                record.add(Field::kUser, "someone");
                record.add(Field::kStep, "train");
                if (source == Source::kFileEvent)
                    record.add(Field::kTargetFilename, "/usr/lib/python3/dist-packages/numpy/core/_multiarray.so");
                if (source == Source::kNetworkConnection) {
                    record.add(Field::kDestinationIp, "192.168.1.17");
                    record.add(Field::kDestinationPort, Value::of_integer(443));
                    record.add(Field::kDestinationHostname, "files.example.org");
                }
                hits += matcher.matching(record).size();
            }
            const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
            best = std::min(best, spent.count());
        }
        fmt::print("{}: {} loaded, {} records, {} hits: {:.2f} s\n", category_of(source), count_of(set), kRecords, hits,
                   best);
    }
}
