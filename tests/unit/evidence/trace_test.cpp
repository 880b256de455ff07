// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/trace.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "tests/unit/evidence/sample.hpp"

using namespace fstracker;
using namespace fstracker::evidence;
using Json = nlohmann::json;

namespace {

event::Sha256 never_compressed(const std::string&) {
    FAIL("the table was folded");
    return {};
}

std::string write_sample(const run::Record& record) {
    return write_trace(record, sample::logs(), TraceLimits{}, never_compressed).statement;
}

// Every leaf of a document, as a pointer.
std::vector<std::string> leaves(const Json& value) {
    std::vector<std::string> pointers;
    const Json flat = value.flatten();
    for (const auto& [pointer, leaf] : flat.items()) pointers.push_back(pointer);
    return pointers;
}

}  // namespace

TEST_CASE("a trace reads back as the record it was written from", "[trace]") {
    const run::Record record = sample::record();
    const std::string statement = write_sample(record);
    CHECK(Json::parse(statement).dump() == statement);
    const auto read = read_trace(statement);
    INFO((read ? "" : read.error().message));
    REQUIRE(read);
    CHECK(read->record.info == record.info);
    CHECK(read->record.processes == record.processes);
    CHECK(read->record.files == record.files);
    CHECK(read->record.connections == record.connections);
    CHECK(read->record.completeness == record.completeness);
    CHECK(read->record == record);
    CHECK_FALSE(read->folded);
    REQUIRE(read->subjects.size() == 2);
    CHECK(read->subjects[0] == Subject{"/models/m.safetensors", "file:///models/m.safetensors", sample::digest_of(2)});
    CHECK(read->subjects[1] == sample::logs()[0]);
    CHECK(write_trace(read->record, {read->subjects[1]}, TraceLimits{}, never_compressed).statement == statement);
}

TEST_CASE("the smallest record reads back too", "[trace]") {
    const run::Record record;
    const auto read = read_trace(write_trace(record, {}, TraceLimits{}, never_compressed).statement);
    REQUIRE(read);
    CHECK(read->record == record);
}

TEST_CASE("a trace says what the specification wants", "[trace]") {
    const Json json = Json::parse(write_sample(sample::record()));
    const Json& predicate = json["predicate"];
    CHECK(json["_type"] == "https://in-toto.io/Statement/v1");
    CHECK(json["predicateType"] == "https://in-toto.io/attestation/runtime-trace/v0.1");
    CHECK(predicate["monitoredProcess"]["event"] == "urn:fstracker:run:20261122T193810123Z-5f0c5f0c5f0c5f0c");
    CHECK(predicate["monitoredProcess"]["exitCode"] == 137);
    CHECK(predicate["monitoredProcess"]["signal"] == 9);
    CHECK(predicate["monitor"]["tracePolicy"]["scope"] == "process-tree");
    const Json& files = predicate["monitorLog"]["fileAccess"];
    CHECK(files[0]["name"] == "/data/a b%20%FF\xC3\xA9\n\"\\.csv");
    CHECK(files[0]["uri"] == "file:///data/a%20b%2520%FF%C3%A9%0A%22%5C.csv");
    CHECK(files[0]["annotations"]["object"] == "8:1/78/3");
    CHECK(files[0]["annotations"]["firstAccess"] == "2026-09-21T14:13:20.000000006Z");
    CHECK(files[2]["name"] == "\xE2\x80\xA6/deep/tail");
    CHECK(files[2]["annotations"]["truncated"] == true);
    CHECK(files[2]["annotations"]["reason"] == "too-large");
    CHECK(files[2]["annotations"]["access"] ==
          Json::parse(R"(["read","write","create","truncate","rename","link","unlink",
        "execute","load","inherit","receive"])"));
    CHECK_FALSE(files[2].contains("digest"));
    const Json& processes = predicate["monitorLog"]["process"];
    CHECK(processes[0]["exitCode"] == 3);
    CHECK(processes[0]["argv"][2] == "--format=%d");
    CHECK(processes[0]["resources"]["cpuSeconds"] == 1.234567891);
    CHECK(processes[1]["exitCode"] == 139);
    CHECK(processes[1]["coreDumped"] == true);
}

TEST_CASE("one entry reads back from its own text", "[trace]") {
    for (const run::FileEntry& entry : sample::awkward_files()) {
        const std::string text = write_file_entry(entry);
        CHECK(Json::parse(text).dump() == text);
        const auto read = read_file_entry(text);
        INFO((read ? "" : read.error().message));
        REQUIRE(read);
        CHECK(*read == entry);
    }
}

TEST_CASE("a field more, a field less or another type is an error that names the place", "[trace]") {
    const Json good = Json::parse(write_sample(sample::record()));
    std::size_t tried = 0;
    for (const std::string& pointer : leaves(good)) {
        INFO(pointer);
        Json changed = good;
        Json& value = changed[Json::json_pointer(pointer)];
        value = value.is_boolean() ? Json(7) : Json(true);
        CHECK_FALSE(read_trace(changed.dump()).has_value());
        ++tried;
    }
    CHECK(tried > 200);

    const std::vector<std::string> objects = {"",
                                              "/predicate",
                                              "/predicate/metadata",
                                              "/predicate/monitor",
                                              "/predicate/monitor/configSource",
                                              "/predicate/monitor/tracePolicy",
                                              "/predicate/monitoredProcess",
                                              "/predicate/monitorLog",
                                              "/predicate/monitorLog/fileAccess/0",
                                              "/predicate/monitorLog/fileAccess/0/annotations",
                                              "/predicate/monitorLog/network/0",
                                              "/predicate/monitorLog/network/0/invokingProcess",
                                              "/predicate/monitorLog/process/0",
                                              "/predicate/monitorLog/process/0/executable",
                                              "/predicate/monitorLog/process/0/resources",
                                              "/predicate/monitorLog/urn:fstracker:completeness:v1",
                                              "/predicate/monitorLog/urn:fstracker:completeness:v1/ledger/user",
                                              "/subject/0",
                                              "/subject/0/digest"};
    for (const std::string& pointer : objects) {
        INFO(pointer);
        Json changed = good;
        changed[Json::json_pointer(pointer + "/zz")] = 1;
        const auto read = read_trace(changed.dump());
        REQUIRE_FALSE(read);
        CHECK_THAT(read.error().message, Catch::Contains("zz"));
        CHECK_FALSE(read.error().hint.empty());
    }
}

TEST_CASE("contradictions are errors", "[trace]") {
    const Json good = Json::parse(write_sample(sample::record()));
    const auto refused = [&](const char* pointer, const Json& value) {
        Json changed = good;
        changed[Json::json_pointer(pointer)] = value;
        INFO(pointer << " = " << value.dump());
        CHECK_FALSE(read_trace(changed.dump()).has_value());
    };
    const std::string log = "/predicate/monitorLog";
    refused((log + "/fileAccess/0/name").c_str(), "/another");
    refused((log + "/fileAccess/0/annotations/binding").c_str(), "none");
    refused((log + "/fileAccess/0/annotations/processes").c_str(), {2, 1});
    refused((log + "/fileAccess/0/annotations/processes").c_str(), {1, 4294967296});
    refused((log + "/fileAccess/0/annotations/access").c_str(), {"write", "read"});
    refused((log + "/fileAccess/0/annotations/access").c_str(), {"read", "read"});
    refused((log + "/fileAccess/0/annotations/mode").c_str(), "0100644");
    refused((log + "/fileAccess/0/annotations/mode").c_str(), "99");
    refused((log + "/fileAccess/0/annotations/role").c_str(), "dta");
    refused((log + "/fileAccess/0/annotations/firstAccess").c_str(), "2026-09-21T14:13:20Z");
    refused((log + "/fileAccess/0/annotations/firstAccess").c_str(), "9999-09-21T14:13:20.000000000Z");
    refused((log + "/fileAccess/0/annotations/size").c_str(), -1);
    refused((log + "/fileAccess/0/annotations/size").c_str(), 1.5);
    refused((log + "/fileAccess/0/annotations/output").c_str(), false);
    refused((log + "/fileAccess/0/digest/sha256").c_str(), std::string(64, 'A'));
    refused((log + "/fileAccess/2/annotations/reason").c_str(), "because");
    refused((log + "/process/0/exitCode").c_str(), 256);
    refused((log + "/process/0/signal").c_str(), 9);
    refused((log + "/process/0/resources/cpuSeconds").c_str(), 2.0);
    refused((log + "/process/0/argvEncoding").c_str(), "percent");
    refused((log + "/network/0/port").c_str(), 65536);
    refused((log + "/network/0/protocol").c_str(), "TCP");
    refused("/subject/0/digest/sha256", std::string(64, 'e'));
    refused("/subject/1/uri", "file:///more");
    refused("/predicate/monitor/configSource/digest/sha256", std::string(64, 'e'));
    refused("/predicate/monitoredProcess/event", "urn:other:1");
}

TEST_CASE("only the canonical text of a trace is read", "[trace]") {
    const std::string good = write_sample(sample::record());
    CHECK_FALSE(read_trace(Json::parse(good).dump(1)).has_value());
    CHECK_FALSE(read_trace(good + " ").has_value());
    CHECK_FALSE(read_trace("{\"_type\":1," + good.substr(1)).has_value());
    for (std::size_t length = 0; length < good.size(); length += 97)
        CHECK_FALSE(read_trace(good.substr(0, length)).has_value());
    CHECK_FALSE(read_trace(std::string(1'000'000, '[')).has_value());
}
