// SPDX-License-Identifier: Apache-2.0
#include "core/verify/verify.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/unit/verify/evidence_maker.hpp"

using namespace fstracker;
using fstracker::testing::EvidenceMaker;
using fstracker::testing::Scratch;

namespace {

std::string faults_of(const verify::Report& report) {
    std::string text;
    for (const auto& fault : report.faults) text += fault.where + ": " + fault.what + "\n";
    return text;
}

verify::Report check(const EvidenceMaker& maker, const std::string& directory, bool files = false) {
    auto report = verify::verify_run(directory, {maker.key.public_key(), files});
    REQUIRE(report);
    return *report;
}

// Writes and verifies; the faults as text.
std::string faults_when(const EvidenceMaker& maker) {
    const Scratch scratch;
    maker.write(scratch / "run");
    const auto report = check(maker, scratch / "run");
    CHECK(report.verified == report.faults.empty());
    return faults_of(report);
}

}  // namespace

TEST_CASE("an honest run verifies", "[verify]") {
    const EvidenceMaker maker;
    const Scratch scratch;
    maker.write(scratch / "run");
    const auto report = check(maker, scratch / "run");
    CHECK(faults_of(report).empty());
    CHECK(report.verified);
    CHECK_FALSE(report.incomplete);
    REQUIRE(report.trace);
    CHECK(report.trace->record.processes.size() == 1);
    CHECK(report.trace->record.connections.size() == 1);
    REQUIRE(report.verdict);
    CHECK(report.verdict->judgement.verdict == judge::Verdict::kClean);
    CHECK(verify::verify_bundle_file(scratch / "run/trace.sigstore.json", {maker.key.public_key(), false})->verified);
    CHECK(verify::verify_bundle_file(scratch / "run/verdict.sigstore.json", {maker.key.public_key(), false})->verified);
}

TEST_CASE("unchecked is never verified, and another key's signature is a fault", "[verify]") {
    const EvidenceMaker maker;
    const Scratch scratch;
    maker.write(scratch / "run");
    const auto unchecked = verify::verify_run(scratch / "run", {});
    REQUIRE(unchecked);
    CHECK_FALSE(unchecked->verified);
    CHECK_THAT(faults_of(*unchecked), Catch::Contains("no key was given"));
    const auto other = *sign::PrivateKey::generate(sign::KeyType::kEcdsaP256);
    const auto wrong = verify::verify_run(scratch / "run", {other.public_key(), false});
    REQUIRE(wrong);
    CHECK_THAT(faults_of(*wrong), Catch::Contains("signature does not hold") && Catch::Contains("key hint"));
}

TEST_CASE("a changed bit in any byte of any file is found", "[verify]") {
    const EvidenceMaker maker;
    const Scratch scratch;
    maker.write(scratch / "run");
    for (const auto* name : {"trace.sigstore.json", "verdict.sigstore.json", "events.ndjson.zst"}) {
        const auto path = scratch / "run/" + name;
        const auto whole = testing::content_of(path);
        for (std::size_t at = 0; at < whole.size(); ++at) {
            auto bytes = whole;
            bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
            testing::put(path, bytes);
            const auto report = verify::verify_run(scratch / "run", {maker.key.public_key(), false});
            if (report && !report->verified) continue;
            FAIL(name << " byte " << at << " bit " << at % 8);
        }
        testing::put(path, whole.substr(0, whole.size() - 1));
        CHECK_FALSE(check(maker, scratch / "run").verified);
        testing::put(path, whole + '\n');
        CHECK_FALSE(check(maker, scratch / "run").verified);
        testing::put(path, whole);
    }
    CHECK(check(maker, scratch / "run").verified);
}

TEST_CASE("a statement that the events do not bear out is found, though it is signed", "[verify]") {
    EvidenceMaker maker;
    SECTION("an access that never was") {
        maker.lie = [](run::Record& record) {
            auto file = record.files.back();
            file.path.bytes = "/etc/invented";
            record.files.push_back(file);
        };
        CHECK_THAT(faults_when(maker), Catch::Contains("/etc/invented") && Catch::Contains("does not follow"));
    }
    SECTION("an access that is kept back") {
        maker.lie = [](run::Record& record) {
            record.files.erase(std::remove_if(record.files.begin(), record.files.end(),
                                              [](const auto& file) { return file.path.bytes == "/data/train.csv"; }),
                               record.files.end());
        };
        CHECK_THAT(faults_when(maker), Catch::Contains("/data/train.csv") && Catch::Contains("the statement has not"));
    }
    SECTION("another digest") {
        maker.lie = [](run::Record& record) { record.files.front().digest = digest::sha256("other"); };
        CHECK_FALSE(faults_when(maker).empty());
    }
    SECTION("another command line") {
        maker.lie = [](run::Record& record) { record.processes.front().arguments = {"python3", "innocent.py"}; };
        CHECK_THAT(faults_when(maker), Catch::Contains("process 1") && Catch::Contains("argv"));
    }
    SECTION("a connection that is kept back") {
        maker.lie = [](run::Record& record) { record.connections.clear(); };
        CHECK_THAT(faults_when(maker), Catch::Contains("192.0.2.1"));
    }
    SECTION("another exit status") {
        maker.lie = [](run::Record& record) { record.info.status = 1 << 8; };
        CHECK_THAT(faults_when(maker), Catch::Contains("exit status"));
    }
    SECTION("a ledger that was made up") {
        maker.lie = [](run::Record& record) { record.completeness.ledger.kernel["exec"].seen = 9; };
        CHECK_THAT(faults_when(maker), Catch::Contains("says complete") && Catch::Contains("kernel's ledger"));
    }
    SECTION("a blind spot that is kept back") {
        maker.lie = [](run::Record& record) { record.completeness.blind_spots.clear(); };
        CHECK_THAT(faults_when(maker), Catch::Contains("blindSpots"));
    }
    SECTION("a role may be anything: the classifier's word is not in the events") {
        maker.lie = [](run::Record& record) { record.files.front().role = "model"; };
        CHECK(faults_when(maker).empty());
    }
}

TEST_CASE("a log with a hole, a repeated line or nonsense is found, though its digest is signed", "[verify]") {
    EvidenceMaker maker;
    SECTION("hole") {
        maker.spoil_log = [](std::string& log) {
            const auto first = log.find('\n') + 1;
            log.erase(first, log.find('\n', first) + 1 - first);
        };
        CHECK_THAT(faults_when(maker), Catch::Contains("records are missing") && Catch::Contains("kind access"));
    }
    SECTION("repeated line") {
        maker.spoil_log = [](std::string& log) { log.insert(0, log.substr(0, log.find('\n') + 1)); };
        CHECK_THAT(faults_when(maker), Catch::Contains("more than once"));
    }
    SECTION("nonsense") {
        maker.spoil_log = [](std::string& log) { log += "{}\n"; };
        CHECK_THAT(faults_when(maker), Catch::Contains("events.ndjson.zst line "));
    }
}

TEST_CASE("faults are counted where they are too many to list", "[verify]") {
    EvidenceMaker maker;
    maker.spoil_log = [](std::string& log) {
        for (int i = 0; i < 60; ++i) log += "nonsense\n";
    };
    const auto text = faults_when(maker);
    CHECK_THAT(text, Catch::Contains("and 10 more"));
}

TEST_CASE("an honest incomplete run verifies and says so", "[verify]") {
    EvidenceMaker maker;
    maker.events.back() = event::RunEnded{testing::kStart + 5, 0, true, "no room on the disk"};
    const Scratch scratch;
    maker.write(scratch / "run");
    const auto report = check(maker, scratch / "run");
    CHECK(faults_of(report).empty());
    CHECK(report.verified);
    CHECK(report.incomplete);

    maker.misjudge = [](judge::Judgement& judgement) { judgement.verdict = judge::Verdict::kClean; };
    CHECK_FALSE(faults_when(maker).empty());
}

TEST_CASE("what is missing, planted or not a file is named", "[verify]") {
    const EvidenceMaker maker;
    const Scratch scratch;
    const auto run = scratch / "run";
    maker.write(run);
    for (const auto* name : {"trace.sigstore.json", "verdict.sigstore.json", "events.ndjson.zst"}) {
        const auto away = scratch / "away";
        std::filesystem::rename(run + "/" + name, away);
        CHECK_THAT(faults_of(check(maker, run)), Catch::Contains(std::string(name) + ": is missing"));
        std::filesystem::create_symlink(away, run + "/" + name);
        CHECK_THAT(faults_of(check(maker, run)), Catch::Contains(name));
        std::filesystem::remove(run + "/" + name);
        REQUIRE(::mkfifo((run + "/" + name).c_str(), 0600) == 0);
        CHECK_THAT(faults_of(check(maker, run)), Catch::Contains("is not a regular file"));
        std::filesystem::remove(run + "/" + name);
        std::filesystem::rename(away, run + "/" + name);
    }
    CHECK(check(maker, run).verified);
    testing::put(run + "/report.html", "");
    testing::put(run + "/summary.json", "");
    CHECK(check(maker, run).verified);
    testing::put(run + "/files.ndjson.zst", "");
    testing::put(run + "/planted", "");
    CHECK_THAT(faults_of(check(maker, run)),
               Catch::Contains("planted: does not belong") && Catch::Contains("files.ndjson.zst"));
}

TEST_CASE("a verdict is about one trace", "[verify]") {
    EvidenceMaker maker;
    const Scratch scratch;
    maker.write(scratch / "one");
    maker.info.step = "other";
    maker.write(scratch / "two");
    std::filesystem::copy_file(scratch / "two/verdict.sigstore.json", scratch / "one/verdict.sigstore.json",
                               std::filesystem::copy_options::overwrite_existing);
    CHECK_THAT(faults_of(check(maker, scratch / "one")), Catch::Contains("about another trace"));
}

TEST_CASE("a folded table is unfolded and compared", "[verify]") {
    EvidenceMaker maker;
    maker.limits.statement_bytes = 1;
    const Scratch scratch;
    maker.write(scratch / "run");
    REQUIRE(std::filesystem::exists(scratch / "run/files.ndjson.zst"));
    const auto report = check(maker, scratch / "run");
    CHECK(faults_of(report).empty());
    REQUIRE(report.trace);
    CHECK(report.trace->record.files.size() == maker.record().files.size());
    const auto documents = verify::read_run(scratch / "run");
    REQUIRE(documents);
    CHECK(documents->trace.record.files.size() == maker.record().files.size());
    testing::put(scratch / "run/files.ndjson.zst", "x");
    CHECK_THAT(faults_of(check(maker, scratch / "run")), Catch::Contains("files.ndjson.zst: its digest is"));
}

TEST_CASE("with files, what is on disk now is told", "[verify]") {
    const Scratch scratch;
    const auto path = testing::put(scratch / "train.csv", "data\n");
    const EvidenceMaker maker(path);
    maker.write(scratch / "run");
    CHECK(check(maker, scratch / "run", true).changed_on_disk.empty());
    testing::put(path, "other\n");
    const auto report = check(maker, scratch / "run", true);
    CHECK(report.faults.empty());
    CHECK_FALSE(report.verified);
    REQUIRE(report.changed_on_disk.size() == 1);
    CHECK_THAT(report.changed_on_disk.front(), Catch::Contains(path));
    CHECK(check(maker, scratch / "run").verified);
    std::filesystem::remove(path);
    CHECK(check(maker, scratch / "run", true).verified);
}

TEST_CASE("only where there is nothing to check is it an error", "[verify]") {
    const Scratch scratch;
    CHECK_FALSE(verify::verify_run(scratch / "none", {}));
    CHECK_FALSE(verify::verify_run(scratch.path(), {}));
    CHECK_FALSE(verify::verify_bundle_file(scratch / "none", {}));
    testing::put(scratch / "trace.sigstore.json", "no bundle");
    const auto report = verify::verify_run(scratch.path(), {});
    REQUIRE(report);
    CHECK_FALSE(report->verified);
}
