// SPDX-License-Identifier: Apache-2.0
// How long a run with a million accesses takes to judge: unit_judge '[.benchmark]', with FSTRACKER_BENCH_RULES naming
// a folder of rules.
#include <cstdlib>
#include <ctime>
#include <functional>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "core/judge/verdict.hpp"
#include "core/judge/watch.hpp"
#include "tests/unit/baseline/samples.hpp"

using namespace fstracker;
using namespace fstracker::judge;
namespace sample = fstracker::baseline::sample;

namespace {

// Of the processor's time: others may be at work.
double seconds_of(const std::function<void()>& act) {
    const std::clock_t begin = std::clock();
    act();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

constexpr const char* kAsking = R"(
title: Asks the baseline
id: asks
logsource: {product: linux, category: file_access}
detection: {s: {Baseline: new, TargetFilename|endswith: '.never'}, condition: s}
)";

}  // namespace

TEST_CASE("a million accesses of a run", "[.benchmark]") {
    constexpr std::size_t kAccesses = 1'000'000, kFiles = 100'000;
    const char* folder = std::getenv("FSTRACKER_BENCH_RULES");
    const auto shipped = sigma::load({folder != nullptr ? folder : "rules"});
    REQUIRE_FALSE(shipped.rules().empty());
    const auto asking = sigma::load_text(kAsking, "asking.yml");
    run::Record record = sample::training();
    for (std::size_t i = 0; i < kFiles; ++i)
        record.files.push_back(sample::file(fmt::format("/p/data/part-{}/shard-{:05}.tar", i / 1000, i), "data",
                                            static_cast<std::uint8_t>(i)));
    const auto known = sample::learned(5, record);
    for (const sigma::RuleSet* rules : {&shipped, &asking}) {
        Watch watch(*rules, "p", "train");
        event::Exec exec;
        exec.common.process = 1;
        exec.common.pid = 101;
        exec.path = record.processes[0].executable->path;
        watch.see(exec);
        const double live = seconds_of([&] {
            for (std::size_t i = 0; i < kAccesses; ++i) {
                event::FileAccess access;
                access.common.process = 1;
                access.path = record.files[i % record.files.size()].path;
                access.access = event::kRead;
                watch.see(access);
            }
        });
        Criteria criteria;
        criteria.watch = &watch;
        criteria.baseline = &known;
        const double with = seconds_of([&] { judge::judge(record, criteria); });
        criteria.watch = nullptr;
        const double without = seconds_of([&] { judge::judge(record, criteria); });
        fmt::print("{} rules: {} accesses {:.2f} s; at the end {:.2f} s, {:.2f} s of it without rules\n",
                   rules->rules().size(), kAccesses, live, with, without);
    }
}
