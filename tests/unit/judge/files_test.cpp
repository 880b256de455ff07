// SPDX-License-Identifier: Apache-2.0
// What files turned out to be, held against rules of category artifact.
#include <catch2/catch.hpp>

#include "core/judge/hits_at_end.hpp"
#include "core/judge/incidents.hpp"
#include "core/judge/watch.hpp"

namespace {

using namespace fstracker;
using namespace fstracker::judge;

constexpr const char* kRules = R"(
title: Pickle that calls the system
id: 11111111-1111-4111-8111-111111111111
tags: [fstracker.execution]
logsource: {product: fstracker, category: artifact}
detection: {s: {ImportsOf|endswith: .system, Access: read}, condition: s}
level: high
---
title: Unowned
id: 22222222-2222-4222-8222-222222222222
tags: [fstracker.libraries]
logsource: {product: fstracker, category: artifact}
detection: {s: {OwnerVerified: 'false', Role: library, Image|endswith: /python3}, o: {Owner|exists: true}, condition: s and not o}
level: medium
---
title: All that is told
id: 33333333-3333-4333-8333-333333333333
logsource: {product: fstracker, category: artifact}
detection:
    s: {TargetFilename: /m/all, Role: model, Format: pytorch, Owner: 'pkg:x/y@1', OwnerVerified: 'true', Binding: stable,
        Bytes: 7, Digest|startswith: '0000', Unreadable: why, Access|all: [read, load], Step: s, CommandLine|contains: train}
    condition: s
level: low
)";

struct Judged {
    sigma::RuleSet rules = sigma::load_text(kRules, "rules.yml");
    Watch watch{rules, "p", "s"};

    Judged() {
        REQUIRE(rules.faults().empty());
        execute(1, 0, "/usr/bin/python3");
        execute(2, 1, "/bin/cp");
        execute(3, 1, "/bin/cp");
    }
    void execute(event::ProcessId process, event::ProcessId parent, const std::string& image) {
        event::Exec exec;
        exec.common.process = process;
        exec.common.pid = 100 + process;
        exec.parent = parent;
        exec.path.bytes = image;
        exec.arguments = {image, "train.py"};
        watch.see(exec);
    }
    [[nodiscard]] std::vector<Hit> hits(std::vector<run::FileEntry> files) const {
        run::Record record;
        record.files = std::move(files);
        return hits_at_end(watch, {record, path_names(record, {}), Standings(), {}, {}}).hits;
    }
};

run::FileEntry file(const std::string& path, std::vector<event::ProcessId> processes) {
    run::FileEntry entry;
    entry.path.bytes = path;
    entry.access = event::kRead;
    entry.processes = std::move(processes);
    entry.role = "model";
    entry.binding = run::Binding::kStable;
    entry.digest = event::Sha256{};
    return entry;
}

}  // namespace

TEST_CASE("a pickle's callables are told for each program that read it", "[judge]") {
    Judged it;
    run::FileEntry entry = file("/m/weights", {1, 2, 3});
    entry.imports = {"collections.OrderedDict", "nt.system", "posix.system"};
    run::FileEntry written = file("/m/written", {1});
    written.imports = {"posix.system"};
    written.access = event::kWrite;
    run::FileEntry other = file("/m/other", {1});
    other.imports = {"collections.OrderedDict"};
    const auto hits = it.hits({entry, written, other});
    REQUIRE(hits.size() == 2);  // python3, and cp once
    CHECK(hits[0].image == "/usr/bin/python3");
    CHECK(hits[1].image == "/bin/cp");
    CHECK(hits[0].detail == "which would call nt.system, posix.system");
    const auto incidents = incidents_of(run::Record{}, hits, path_names(run::Record{}, {}));
    REQUIRE(incidents.size() == 2);
    CHECK(incidents[0].title.ends_with(" used /m/weights, which would call nt.system, posix.system."));
    CHECK(incidents[0].family == "execution");
}

TEST_CASE("a rule sees all that was told of a file, and nothing of what is not worth judging", "[judge]") {
    Judged it;
    run::FileEntry all = file("/m/all", {1});
    all.format = "pytorch";
    all.owner = "pkg:x/y@1";
    all.owner_verified = true;
    all.unreadable = "why";
    all.size = 7;
    all.access = event::kRead | event::kLoad;
    run::FileEntry unowned = file("/v/site-packages/x.so", {1, 2});
    unowned.role = "library";
    unowned.owner_verified = false;
    run::FileEntry by_others = file("/v/site-packages/y.so", {2});
    by_others.role = "library";
    by_others.owner_verified = false;
    run::FileEntry config = unowned;
    config.role = "config";
    const auto hits = it.hits({all, unowned, by_others, config});
    REQUIRE(hits.size() == 2);
    CHECK(hits[0].object == "/v/site-packages/x.so");
    CHECK(hits[0].detail.empty());
    CHECK(hits[1].object == "/m/all");
}
