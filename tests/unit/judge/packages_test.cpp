// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "core/judge/surprises.hpp"
#include "tests/unit/baseline/samples.hpp"

using namespace fstracker;
using namespace fstracker::judge;
namespace sample = fstracker::baseline::sample;

namespace {

constexpr const char* kSite = "/usr/lib/python3/dist-packages/";

void use_package(run::Record& record, const std::string& name, const std::string& version, std::uint8_t content,
                 std::optional<bool> verified = true) {
    for (const char* file : {"/__init__.py", "/core.py", "/io.py"}) {
        auto entry = sample::file(kSite + name + file, "code", content);
        entry.owner = "pkg:pypi/" + name + '@' + version;
        entry.owner_verified = verified;
        record.files.push_back(entry);
    }
}

run::Record with_packages(const std::string& version, std::uint8_t content, std::optional<bool> verified = true) {
    run::Record record = sample::training();
    use_package(record, "alpha", version, content, verified);
    use_package(record, "beta", version, content, verified);
    return record;
}

std::vector<Surprise> surprises(const run::Record& record) {
    const auto baseline = sample::learned(5, with_packages("1.0", 50));
    const auto facts = sample::facts(record);
    return surprises_in(record, baseline, facts, sample::compared(baseline, record), {});
}

}  // namespace

TEST_CASE("a package in another version is one finding, and explained where its list vouches for each file",
          "[judge]") {
    run::Record record = sample::training();
    use_package(record, "alpha", "1.1", 60);
    use_package(record, "beta", "1.0", 50);
    record.files.push_back(sample::file(std::string(kSite) + "alpha/new.py", "code", 61));
    record.files.back().owner = "pkg:pypi/alpha@1.1";
    record.files.back().owner_verified = true;
    const auto found = surprises(record);
    REQUIRE(found.size() == 1);
    CHECK(found[0].incident.level == Level::kInformational);
    CHECK(found[0].incident.title == "Package alpha is 1.1, and was 1.0 (4 files).");
    CHECK(found[0].differences.size() == 4);
}

TEST_CASE("packages in other versions that nobody vouches for are one small finding", "[judge]") {
    const auto found = surprises(with_packages("1.1", 60, std::nullopt));
    REQUIRE(found.size() == 1);
    CHECK(found[0].incident.level == Level::kLow);
    CHECK(found[0].incident.title == "Package alpha is 1.1, and was 1.0 (3 files), and 1 more package.");
}

TEST_CASE("what an upgrade cannot explain is told by itself", "[judge]") {
    run::Record record = with_packages("1.1", 60);
    auto& changed = record.files.back();
    REQUIRE(changed.path.bytes == std::string(kSite) + "beta/io.py");
    changed.owner_verified = false;
    record.files.push_back(sample::file(std::string(kSite) + "alpha.pth", "code", 61));
    record.files.back().owner = "pkg:pypi/alpha@1.1";
    record.files.back().owner_verified = true;
    std::map<std::string, Level> levels;
    for (const Surprise& surprise : surprises(record))
        for (const std::string& file : surprise.incident.files) levels[file] = surprise.incident.level;
    CHECK(levels[std::string(kSite) + "beta/io.py"] == Level::kHigh);
    CHECK(levels[std::string(kSite) + "alpha.pth"] == Level::kHigh);
    CHECK(levels[std::string(kSite) + "alpha/io.py"] == Level::kInformational);
}

TEST_CASE("other content in the same version is no upgrade, whatever the package's list says", "[judge]") {
    const auto found = surprises(with_packages("1.0", 60));
    REQUIRE(found.size() == 1);
    CHECK(found[0].incident.level == Level::kHigh);
}

TEST_CASE("a package that the step never had is one finding", "[judge]") {
    run::Record record = with_packages("1.0", 50);
    for (const char* file : {"/__init__.py", "/core.py"}) {
        record.files.push_back(
            sample::file("/p/venv/lib/python3.11/site-packages/gamma" + std::string(file), "code", 70));
        record.files.back().owner = "pkg:pypi/gamma@0.1";
        record.files.back().owner_verified = true;
    }
    const auto found = surprises(record);
    REQUIRE(found.size() == 1);
    CHECK(found[0].incident.level == Level::kMedium);
    CHECK(found[0].incident.title == "python3.11 train.py uses package gamma 0.1, which this step never had (2 files).");
}

TEST_CASE("another revision of a repository of the hub is one small finding where its blobs are what they are called",
          "[judge]") {
    const std::string hub = "/home/ci/.cache/huggingface/hub/models--a--b/blobs/";
    const std::string url = "pkg:huggingface/a/b";
    const auto with_model = [&](const std::string& version, std::uint8_t content, std::optional<bool> verified) {
        run::Record record = sample::training();
        record.files.push_back(sample::file(hub + (content == 50 ? "0a" : "0b"), "model", content));
        record.files.back().owner = url + version;
        record.files.back().owner_verified = verified;
        return record;
    };
    const auto found = [&](const run::Record& record, const std::string& learned = "@1") {
        const auto baseline = sample::learned(5, with_model(learned, 50, true));
        const auto facts = sample::facts(record);
        return surprises_in(record, baseline, facts, sample::compared(baseline, record), {});
    };
    const auto other = found(with_model("@2", 60, true));
    REQUIRE(other.size() == 1);
    CHECK(other[0].incident.level == Level::kLow);
    CHECK(other[0].incident.title == "Repository a/b is 2, and was 1 (2 files).");
    CHECK(other[0].differences.size() == 2);

    const auto level = [](const std::vector<Surprise>& surprises) {
        Level highest = Level::kInformational;
        for (const Surprise& one : surprises) highest = std::max(highest, one.incident.level);
        return highest;
    };
    CHECK(level(found(with_model("@2", 60, false))) == Level::kHigh);
    CHECK(level(found(with_model("@2", 60, std::nullopt))) == Level::kMedium);
    CHECK(level(found(with_model("@1", 60, true))) == Level::kMedium);  // a revision has one content
    CHECK(level(found(with_model("", 60, true))) == Level::kMedium);
    CHECK(level(found(with_model("@2", 60, true), "")) == Level::kMedium);
    run::Record written = with_model("@2", 50, true);
    written.files.back().access |= event::kWrite;
    CHECK(level(found(written)) == Level::kHigh);
}
