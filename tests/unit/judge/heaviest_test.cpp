// SPDX-License-Identifier: Apache-2.0
#include "core/judge/heaviest.hpp"

#include <catch2/catch.hpp>

#include "tests/unit/baseline/samples.hpp"

using namespace fstracker;
namespace sample = fstracker::baseline::sample;

TEST_CASE("the process with the largest share of a volume is named", "[judge]") {
    run::Record record;
    for (event::ProcessId id = 1; id <= 4; ++id) {
        record.processes.push_back(sample::process(id, id == 4 ? 3 : id == 1 ? 0 : 2, "/bin/x", {}));
        record.processes.back().resources = run::Resources{id * 10, 100 - id, id == 3 ? 9U : 1U, 0};
    }
    record.files.push_back(sample::file("/a", "data", 1, event::kWrite, 2));
    record.files.push_back(sample::file("/b", "data", 1, event::kWrite, 2));
    record.files.push_back(sample::file("/c", "data", 1, event::kUnlink, 3));
    CHECK(judge::heaviest(record, "cpu milliseconds") == 4);
    CHECK(judge::heaviest(record, "peak memory bytes") == 1);
    CHECK(judge::heaviest(record, "bytes read") == 3);
    CHECK(judge::heaviest(record, "bytes written") == 0);
    CHECK(judge::heaviest(record, "files written") == 2);
    CHECK(judge::heaviest(record, "files removed") == 3);
    CHECK(judge::heaviest(record, "files read") == 0);
    CHECK(judge::heaviest(record, "processes") == 2);
    CHECK(judge::heaviest(run::Record{}, "processes") == 0);
}
