// SPDX-License-Identifier: Apache-2.0
#include "core/project/criteria.hpp"

#include <catch2/catch.hpp>
#include <functional>

#include "core/base/hex.hpp"
#include "tests/unit/project/project_maker.hpp"

using namespace fstracker;
using fstracker::testing::content_of;
using fstracker::testing::ProjectMaker;
using fstracker::testing::put;
using fstracker::testing::rule_text;

namespace {

// All that is there, as it would be handed over.
project::MemoryFiles in_memory(const ProjectMaker& maker) {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(maker.scratch.path()))
        if (entry.is_regular_file()) files[entry.path().string()] = content_of(entry.path().string());
    return project::MemoryFiles(std::move(files));
}

std::vector<std::string> rule_ids(const project::Judging& judging) {
    std::vector<std::string> ids;
    for (const auto& rule : judging.rules.rules.rules()) ids.push_back(rule.id);
    return ids;
}

std::string hex_of(const std::string& path) { return base::to_hex(digest::sha256(content_of(path))); }

// The error, which has to be the same wherever the files are.
Error refused(const ProjectMaker& maker) {
    project::DiskFiles disk;
    auto memory = in_memory(maker);
    const auto one = maker.load(disk), other = maker.load(memory);
    REQUIRE_FALSE(one);
    REQUIRE_FALSE(other);
    CHECK(one.error().message == other.error().message);
    CHECK(one.error().hint == other.error().hint);
    return one.error();
}

}  // namespace

TEST_CASE("a run is judged by the same from the disk and from the bytes that were read there", "[project]") {
    const ProjectMaker maker;
    project::DiskFiles disk;
    const auto first = maker.load(disk);
    INFO((first ? "" : first.error().message));
    REQUIRE(first);
    CHECK(rule_ids(*first) == std::vector<std::string>{"shipped-1", "own-b", "own-a", "named", "more-z"});
    CHECK(first->roles.role_of(maker.root + "/data/x.csv") == "data");
    const auto& criteria = first->criteria.criteria;
    CHECK(criteria.roots.at("DATA") == maker.root + "/data");
    CHECK(criteria.roots.at("OUT") == "/srv/out");
    REQUIRE(criteria.suppressions.size() == 1);
    CHECK(criteria.suppressions[0].finding == "F-2");
    CHECK(first->criteria.expired ==
          std::vector<std::string>{maker.project_file() +
                                   ":8: the suppression of F-1 expired on 2020-01-01 and does not count"});
    CHECK(criteria.baseline == first->criteria.baseline.get());
    CHECK(criteria.baseline_use.file == maker.baseline_file());
    const std::string own = maker.root + "/.fstracker/rules";
    CHECK(first->configuration ==
          std::map<std::string, std::string>{
              {maker.project_file(), hex_of(maker.project_file())},
              {maker.baseline_file(), hex_of(maker.baseline_file())},
              {maker.scratch / "named.rule", hex_of(maker.scratch / "named.rule")},
              {maker.scratch / "more/z.yml", hex_of(maker.scratch / "more/z.yml")},
              {maker.scratch / "shipped",
               base::to_hex(digest::sha256(hex_of(maker.scratch / "shipped/s.yml") + "  s.yml\n"))},
              {own, base::to_hex(digest::sha256(hex_of(own + "/b.yml") + "  b.yml\n" + hex_of(own + "/deep/a.yaml") +
                                                "  deep/a.yaml\n"))}});

    std::map<std::string, std::string> read;
    for (const auto& file : disk.remembered()) read[file.path] = file.bytes;
    CHECK(read.size() == 8);  // the project's, two rules of its own, two more, baseline, key, signature
    std::filesystem::remove_all(maker.root);
    put(maker.scratch / "named.rule", "spoilt");
    project::MemoryFiles memory(std::move(read));
    const auto second = maker.load(memory);
    INFO((second ? "" : second.error().message));
    REQUIRE(second);
    CHECK(rule_ids(*second) == rule_ids(*first));
    CHECK(second->configuration == first->configuration);
    CHECK(second->criteria.expired == first->criteria.expired);
    CHECK(*second->criteria.baseline == *first->criteria.baseline);
    CHECK(second->criteria.criteria.baseline_use == criteria.baseline_use);
    CHECK(second->criteria.criteria.roots == criteria.roots);
    CHECK(second->roles.role_of(maker.root + "/data/x.csv") == "data");
}

TEST_CASE("a folder of rules is digested whatever its name ends with", "[project]") {
    ProjectMaker maker;
    for (const char* folder : {"more", "more/"}) {
        maker.sources.more = {maker.scratch / folder};
        project::DiskFiles disk;
        const auto loaded = maker.load(disk);
        REQUIRE(loaded);
        CHECK(loaded->configuration.at(maker.scratch / folder) ==
              base::to_hex(digest::sha256(hex_of(maker.scratch / "more/z.yml") + "  z.yml\n")));
    }
}

TEST_CASE("a fault in what a run is judged by refuses it in the same words from both", "[project]") {
    ProjectMaker maker;
    const auto says = [&](const std::string& words) {
        const auto error = refused(maker);
        CHECK_THAT(error.message, Catch::Contains(words));
        return error;
    };
    SECTION("project file") {
        put(maker.project_file(), "pipelines: x\n");
        says(maker.project_file() + ":1: unknown key pipelines");
        put(maker.project_file(), "roles: {data: [\"$NOWHERE/x\"]}\n");
        says(maker.project_file() + ": ");
        put(maker.project_file(), std::string((1U << 20) + 1, '#'));
        says("is longer than");
    }
    SECTION("rules") {
        maker.sources.more.push_back(maker.scratch / "missing.yml");
        says("missing.yml: error: is not there");
        maker.sources.more.back() = put(maker.scratch / "long.yml", std::string((1U << 20) + 1, '#'));
        says("long.yml: error: longer than 1048576 bytes");
        maker.sources.more.back() = put(maker.scratch / "again.yml", rule_text("shipped-1", "s"));
        says("is already that of the rule at " + maker.scratch.path() + "/shipped/s.yml:");
        put(maker.root + "/.fstracker/rules/b.yml", "title: [\n");
        says("rules: " + maker.root + "/.fstracker/rules/b.yml:");
        maker.sources.more.pop_back();
        put(maker.root + "/.fstracker/rules/b.yml", rule_text("own-b", "b"));
        maker.sources.shipped = maker.scratch / "no-rules";
        says("no-rules: error: is not there");
    }
    SECTION("baseline") {
        put(maker.baseline_file(), "schema: other\n");
        says("baseline: " + maker.baseline_file());
    }
    SECTION("a baseline of another step") {
        maker.asked.baseline_key.clear();
        baseline::Baseline other;
        other.pipeline = "fraud";
        other.step = "evaluate";
        other.runs = {{"r", std::string(64, 'a')}};
        put(maker.baseline_file(), baseline::write_baseline(other));
        says("is of step evaluate of fraud, not of train of fraud");
        maker.asked.baseline = maker.baseline_file();
        project::DiskFiles disk;
        CHECK(maker.load(disk));
    }
    SECTION("signature") {
        put(maker.baseline_file(), content_of(maker.baseline_file()) + "\n");
        says(maker.signature_file() + ": is of the file as it was, which has changed since");
        std::filesystem::remove(maker.signature_file());
        CHECK_THAT(says(maker.signature_file() + ": is missing").hint, Catch::Contains("track baseline sign"));
        std::filesystem::remove(maker.baseline_file());
        CHECK_THAT(says("baseline: ").hint, Catch::Contains("a signed baseline is asked for by key"));
    }
    SECTION("key") {
        put(maker.key_file(), sign::PrivateKey::generate(sign::KeyType::kEd25519)->public_key().pem());
        says("baseline: " + maker.signature_file());
        put(maker.key_file(), "no key");
        says("--baseline-key: " + maker.key_file());
        std::filesystem::remove(maker.key_file());
        says("--baseline-key: cannot open " + maker.key_file());
    }
}

TEST_CASE("without a project there is nothing but what was shipped", "[project]") {
    ProjectMaker maker;
    maker.root = maker.scratch / "elsewhere";
    maker.sources.more.clear();
    maker.asked.baseline_key.clear();
    project::MemoryFiles memory({});
    const auto loaded = maker.load(memory);
    REQUIRE(loaded);
    CHECK(rule_ids(*loaded) == std::vector<std::string>{"shipped-1"});
    CHECK(loaded->criteria.criteria.baseline == nullptr);
    CHECK(loaded->configuration.size() == 1);
}
