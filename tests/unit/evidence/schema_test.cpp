// SPDX-License-Identifier: Apache-2.0
// What is written fits its schema and its golden file.
#include <cstdlib>

#include <catch2/catch.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validator.hpp>

#include "core/evidence/base64.hpp"
#include "core/evidence/bundle.hpp"
#include "core/evidence/verdict.hpp"
#include "tests/unit/evidence/verdict_sample.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using namespace fstracker::evidence;
using Json = nlohmann::json;
using Adapter = valijson::adapters::NlohmannJsonAdapter;

namespace {

const std::string kSource = FSTRACKER_SOURCE_DIR;

Json schema_json(const std::string& name) {
    return Json::parse(testing::content_of(kSource + "/docs/schema/" + name + ".schema.json"));
}

bool fits(const std::string& schema_name, const Json& value) {
    const Json source = schema_json(schema_name);
    valijson::Schema schema;
    valijson::SchemaParser(valijson::SchemaParser::kDraft7).populateSchema(Adapter(source), schema);
    valijson::Validator validator;
    return validator.validate(schema, Adapter(value), nullptr);
}

std::string trace_text() {
    return write_trace(sample::record(), sample::logs(), TraceLimits{},
                       [](const std::string&) { return event::Sha256{}; })
        .statement;
}

std::string verdict_text() {
    return write_verdict(sample::judgement(), sample::record().info, sample::digest_of(50),
                         {{"/models/m", "file:///models/m", sample::digest_of(2)}});
}

std::string bundle_text() { return write_bundle({"{}", "signature", to_base64(std::string(32, 'k')), ""}); }

}  // namespace

TEST_CASE("what is written fits its schema", "[schema]") {
    CHECK(fits("trace", Json::parse(trace_text())));
    CHECK(fits("verdict", Json::parse(verdict_text())));
    CHECK(fits("bundle", Json::parse(bundle_text())));
    CHECK(fits("bundle", Json::parse(write_bundle({"{}", "signature", "", "certificate"}))));
    for (const run::FileEntry& entry : sample::awkward_files())
        CHECK(fits("file-entry", Json::parse(write_file_entry(entry))));
    const auto folded = write_trace(sample::record(), sample::logs(), TraceLimits{0, 1},
                                    [](const std::string&) { return event::Sha256{}; });
    REQUIRE(folded.folded);
    CHECK(fits("trace", Json::parse(folded.statement)));
}

TEST_CASE("a schema refuses an unknown field in every object that it describes", "[schema]") {
    for (const auto& [name, text] :
         {std::pair{"trace", trace_text()}, {"verdict", verdict_text()}, {"bundle", bundle_text()}}) {
        const Json good = Json::parse(text);
        std::size_t objects = 0;
        std::vector<std::string> pointers{""};
        while (!pointers.empty()) {
            const std::string pointer = pointers.back();
            pointers.pop_back();
            const Json& value = good[Json::json_pointer(pointer)];
            std::size_t index = 0;
            if (value.is_array())
                for (; index < value.size(); ++index) pointers.push_back(pointer + "/" + std::to_string(index));
            if (!value.is_object()) continue;
            for (const auto& [key, member] : value.items()) pointers.push_back(pointer + "/" + key);
            const bool counts = pointer.ends_with("/lost") || pointer.ends_with("/refused");
            Json changed = good;
            changed[Json::json_pointer(pointer + "/zz")] = counts ? Json("text") : Json(1);
            INFO(name << " " << pointer);
            CHECK_FALSE(fits(name, changed));
            ++objects;
        }
        CHECK(objects > 3);
    }
}

TEST_CASE("the summary's schema is that of the contract", "[schema]") {
    const Json summary =
        Json::parse(R"({"run":"r","directory":"/d","pipeline":"p","step":"s","backend":"lsm","exitCode":0,
        "verdict":"CLEAN","complete":true,"findings":{"critical":0,"high":0,"medium":0,"low":0},
        "counts":{"processes":1,"executables":1,"libraries":1,"filesRead":1,"filesWritten":1,"bytesHashed":1},
        "seconds":{"command":1.5,"finish":0.1}})");
    CHECK(fits("summary", summary));
    for (const auto& [key, value] : summary.items()) {
        Json less = summary;
        less.erase(key);
        CHECK_FALSE(fits("summary", less));
    }
}

TEST_CASE("an entry has one schema, in its own file and in the trace's", "[schema]") {
    const Json entry = schema_json("file-entry")["definitions"], trace = schema_json("trace")["definitions"];
    for (const auto& [name, definition] : entry.items()) CHECK(trace[name] == definition);
}

TEST_CASE("the bytes are those of the golden files", "[golden]") {
    const std::pair<const char*, std::string> written[] = {
        {"trace", trace_text()}, {"verdict", verdict_text()}, {"bundle", bundle_text()}};
    for (const auto& [name, text] : written) {
        const std::string path = kSource + "/tests/golden/evidence/" + name + ".json";
        if (std::getenv("FSTRACKER_UPDATE_GOLDEN") != nullptr) testing::put(path, text);
        INFO(path << ": a change of these bytes is a change of the format; see tests/golden/evidence/README.md");
        CHECK(testing::content_of(path) == text);
    }
}
