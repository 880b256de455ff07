// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <chrono>

#include "core/baseline/baseline_text.hpp"
#include "tests/unit/baseline/samples.hpp"

using namespace fstracker;
using namespace fstracker::baseline;
using namespace fstracker::baseline::sample;

namespace {

std::string fault_of(const std::string& text) {
    const auto read = read_baseline(text, "b.yaml");
    REQUIRE_FALSE(read);
    return read.error().message;
}

Baseline rich() {
    Baseline baseline;
    for (int i = 0; i < 6; ++i) {
        run::Record record = training();
        record.files.push_back(file("/p/data/x-" + std::to_string(i) + "-7.csv", "data", 9));
        record.files.push_back(file("/p/data/odd: name #\xC2\x85\"\\\n\xFF {n} ' - &", "data", 9));
        record.files.push_back(file("/p/data/\xF0\x9F\x90\xA7 \xE2\x80\xA8", "data", 9));
        record.files.push_back(file("/p/true", "data", static_cast<std::uint8_t>(i)));
        record.files.back().owner = "pkg:pypi/torch@2.4.1";
        if (i % 2 == 0) record.processes.push_back(process(2, 1, "/usr/bin/env", {"env"}));
        if (i == 4) record.connections.push_back({"10.0.0.1", "pypi.org", 443, "tcp", 1, 1});
        record.completeness.entered_blind_spots = {"Process 17 talked: to Docker"};
        learn(baseline, facts(record), {"run " + std::to_string(i), std::string(64, 'b')});
    }
    baseline.pipeline = "a \"b\": c";
    baseline.step = "train.py";
    baseline.accepted.push_back({"F-0", std::string(64, 'c'), "run 1", "Because: it\nis \"fine\" #1"});
    return baseline;
}

}  // namespace

TEST_CASE("a baseline reads back as it was written, and is written alike", "[baseline]") {
    const Baseline baseline = rich();
    const std::string text = write_baseline(baseline);
    const auto read = read_baseline(text, "b.yaml");
    INFO(text);
    if (!read) FAIL(read.error().message);
    CHECK(read->programs == baseline.programs);
    CHECK(*read == baseline);
    CHECK(write_baseline(*read) == text);
}

TEST_CASE("every cut of a baseline is read or refused with its line, and none is a crash", "[baseline]") {
    const std::string text = write_baseline(rich());
    for (std::size_t end = 0; end < text.size(); end += 7) {
        const auto read = read_baseline(text.substr(0, end), "b.yaml");
        if (!read) CHECK(read.error().message.starts_with("b.yaml:"));
    }
}

TEST_CASE("faults name file and line", "[baseline]") {
    CHECK(fault_of("baseline: 2\n") == "b.yaml:1: baselines of version 2 are not known here");
    CHECK(fault_of("pipeline: x\n") == "b.yaml:1: a baseline begins with its version");
    CHECK(fault_of("baseline: 1\nsteps: x\n") == "b.yaml:2: unknown key steps");
    CHECK(fault_of("baseline: 1\nstep: [a]\n").starts_with("b.yaml:2: "));
    CHECK(fault_of("baseline: 1\nstep: a\nstep: b\n") == "b.yaml:3: the key step is there twice");
    CHECK(fault_of("baseline: 1\nstep: &a b\n") == "b.yaml:2: anchors, aliases and tags have no place in a baseline");
    CHECK(fault_of("baseline: 1\nruns:\n  r1: sha256:12\n").starts_with("b.yaml:3: "));
    CHECK(fault_of("baseline: 1\nprograms:\n  a:\n    runs: 3\n") ==
          "b.yaml:4: this is no number of the runs above: 3");
    CHECK(fault_of("baseline: 1\n\tstep: x\n").starts_with("b.yaml:2: "));
    CHECK(fault_of("") == "b.yaml:1: is empty");
    CHECK(fault_of("baseline: 1\naccepted:\n  f:\n    finding: x\n").find("needs a reason") != std::string::npos);
}

TEST_CASE("a baseline of 100,000 paths is under 10 MB and is read in half a second", "[.benchmark]") {
    run::Record record = training();
    for (int i = 0; i < 100'000; ++i)
        record.files.push_back(
            file("/p/data/folder-" + std::to_string(i / 1000) + "/image-" + std::to_string(i) + ".png", "data",
                 static_cast<std::uint8_t>(i)));
    const Baseline baseline = learned(5, record);
    const std::string text = write_baseline(baseline);
    const auto start = std::chrono::steady_clock::now();
    const auto read = read_baseline(text, "b.yaml");
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    WARN("bytes " << text.size() << ", seconds " << seconds);
    REQUIRE(read);
    CHECK(text.size() < 10'000'000);
    CHECK(seconds < 0.5);
}
