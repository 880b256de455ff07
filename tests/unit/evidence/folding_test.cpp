// SPDX-License-Identifier: Apache-2.0
// Access tables that are too long for a statement.
#include <algorithm>
#include <chrono>

#include <fmt/format.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "core/evidence/trace.hpp"
#include "tests/unit/evidence/sample.hpp"

using namespace fstracker;
using namespace fstracker::evidence;

namespace {

struct Folded {
    TraceDocument document;
    TraceStatement statement;
    std::string files_ndjson;
};

Folded fold(const run::Record& record, const TraceLimits& limits) {
    Folded folded;
    folded.document = write_trace(record, sample::logs(), limits, [&folded](const std::string& lines) {
        folded.files_ndjson = lines;
        return digest::sha256(std::string_view(lines));
    });
    auto read = read_trace(folded.document.statement);
    INFO((read ? "" : read.error().message));
    REQUIRE(read);
    CHECK(nlohmann::json::parse(folded.document.statement).dump() == folded.document.statement);
    folded.statement = std::move(*read);
    return folded;
}

std::size_t outputs_of(const TraceStatement& statement) {
    return statement.subjects.size() - 1 - (statement.folded ? 1 : 0);
}

void sort_files(run::Record& record) {
    std::sort(record.files.begin(), record.files.end(),
              [](const run::FileEntry& a, const run::FileEntry& b) { return a.path < b.path; });
}

}  // namespace

TEST_CASE("a table within its limits is not folded", "[folding]") {
    run::Record record;
    for (int i = 0; i < 1000; ++i) record.files.push_back(sample::output(fmt::format("/out/{:04}", i)));
    const Folded folded = fold(record, TraceLimits{});
    CHECK_FALSE(folded.document.folded);
    CHECK_FALSE(folded.statement.folded);
    CHECK(folded.statement.subjects.size() == 1001);
    CHECK(folded.files_ndjson.empty());
}

TEST_CASE("past the outputs, the directory with most of them is folded", "[folding]") {
    run::Record record;
    record.files.push_back(sample::file("/in/data.csv"));
    for (int i = 0; i < 3; ++i) record.files.push_back(sample::output(fmt::format("/few/{}", i)));
    for (int i = 0; i < 1500; ++i)
        record.files.push_back(sample::output(fmt::format("/many/{:04}", i), static_cast<std::uint8_t>(i)));
    sort_files(record);
    const Folded folded = fold(record, TraceLimits{});
    REQUIRE(folded.statement.folded);
    REQUIRE(folded.statement.directories.size() == 1);
    const FoldedDirectory& directory = folded.statement.directories[0];
    CHECK(directory.path.bytes == "/many");
    CHECK(directory.files == 1500);
    CHECK(directory.outputs == 1500);
    CHECK(directory.bytes == 1500ULL * 1'048'576);
    CHECK(folded.statement.record.files.size() == 4);
    CHECK(outputs_of(folded.statement) == 4);
    CHECK(folded.statement.subjects.back().name == "files.ndjson.zst");
    CHECK(folded.statement.subjects.back().digest == digest::sha256(std::string_view(folded.files_ndjson)));

    std::vector<std::string> lines;
    for (const run::FileEntry& file : record.files)
        if (file.path.bytes.starts_with("/many/"))
            lines.push_back(base::to_hex(*file.digest) + "  " + file.path.bytes + "\n");
    std::sort(lines.begin(), lines.end());
    std::string list;
    for (const std::string& line : lines) list += line;
    CHECK(directory.digest == digest::sha256(std::string_view(list)));

    // The whole table is in the lines.
    std::vector<run::FileEntry> whole;
    std::size_t at = 0;
    while (at < folded.files_ndjson.size()) {
        const std::size_t end = folded.files_ndjson.find('\n', at);
        const auto entry = read_file_entry(std::string_view(folded.files_ndjson).substr(at, end - at));
        REQUIRE(entry);
        whole.push_back(*entry);
        at = end + 1;
    }
    CHECK(whole == record.files);
}

TEST_CASE("many directories with one output each are folded into the one above", "[folding]") {
    run::Record record;
    for (int i = 0; i < 2000; ++i) record.files.push_back(sample::output(fmt::format("/runs/{:04}/deep/model.bin", i)));
    record.files.push_back(sample::output("/top"));
    const Folded folded = fold(record, TraceLimits{});
    REQUIRE(folded.statement.directories.size() == 1);
    CHECK(folded.statement.directories[0].path.bytes == "/runs");
    CHECK(folded.statement.directories[0].files == 2000);
    CHECK(outputs_of(folded.statement) == 2);
}

TEST_CASE("past the bytes, folding goes on until the statement fits", "[folding]") {
    run::Record record = sample::record();
    for (int d = 0; d < 40; ++d)
        for (int i = 0; i < 50 + d; ++i)
            record.files.push_back(sample::file(fmt::format("/data/{:02}/{:03}.jpg", d, i)));
    for (int i = 0; i < 100; ++i) {
        record.files.push_back(sample::file(fmt::format("cut/{}", i)));
        record.files.back().path.truncated = true;
    }
    sort_files(record);
    std::size_t before = SIZE_MAX;
    for (const std::size_t limit : {400'000U, 100'000U, 40'000U, 20'000U}) {
        const Folded folded = fold(record, TraceLimits{1000, limit});
        CHECK(folded.document.statement.size() <= limit);
        CHECK(folded.document.statement.size() < before);
        before = folded.document.statement.size();
        std::uint64_t files = folded.statement.record.files.size();
        for (const FoldedDirectory& directory : folded.statement.directories) files += directory.files;
        CHECK(files == record.files.size());
        CHECK(fold(record, TraceLimits{1000, limit}).document.statement == folded.document.statement);
    }
}

TEST_CASE("limits that cannot be met end in one entry for each root", "[folding]") {
    run::Record record = sample::record();
    const Folded folded = fold(record, TraceLimits{0, 1});
    CHECK(folded.statement.record.files.empty());
    std::uint64_t files = 0;
    for (const FoldedDirectory& directory : folded.statement.directories) files += directory.files;
    CHECK(files == record.files.size());
    CHECK(folded.statement.directories.size() == 3);  // "/", the relative one, the truncated one
}

TEST_CASE("a name cannot forge another line of a folded directory's list", "[folding]") {
    const std::string other = base::to_hex(sample::digest_of(2)) + "  /d/b";
    run::Record forged, honest;
    forged.files = {sample::file("/d/a\n" + other)};
    honest.files = {sample::file("/d/a"), sample::file("/d/b", 2)};
    const Folded one = fold(forged, TraceLimits{0, 1}), two = fold(honest, TraceLimits{0, 1});
    CHECK(one.statement.directories[0].digest != two.statement.directories[0].digest);
}

TEST_CASE("a table of 100,000 entries is written and folded in time", "[folding]") {
    std::vector<run::FileEntry> files;
    for (int i = 0; i < 100'000; ++i) files.push_back(sample::file(fmt::format("/data/{:03}/{:06}.jpg", i % 500, i)));
    const auto start = std::chrono::steady_clock::now();
    std::size_t bytes = 0;
    for (const run::FileEntry& file : files) bytes += write_file_entry(file).size();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
    CHECK(bytes > 30'000'000);
    WARN(fmt::format("{:.0f} entries a second", 100'000 / took.count()));
    // Far more than it takes, so that a busy machine passes and a quadratic writer does not.
    CHECK(took.count() < 5.0);

    run::Record record;
    record.files = std::move(files);
    sort_files(record);
    const auto fold_start = std::chrono::steady_clock::now();
    const auto document =
        write_trace(record, sample::logs(), TraceLimits{}, [](const std::string&) { return event::Sha256{}; });
    const std::chrono::duration<double> fold_took = std::chrono::steady_clock::now() - fold_start;
    WARN(fmt::format("folded in {:.2f} s to {} bytes", fold_took.count(), document.statement.size()));
    CHECK(document.folded);
    CHECK(document.statement.size() <= TraceLimits{}.statement_bytes);
    CHECK(fold_took.count() < 20.0);
}
