// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "daemon/control/envelope.hpp"
#include "daemon/control/wire.hpp"

using namespace fstracker::control;

namespace {

constexpr MessageLimits kSmall{1000, 4, 3, 5};

std::string error_of(std::string_view text) {
    const auto call = read_call(text, kSmall);
    return call ? "" : error_name(call.error()).substr(error_name(call.error()).rfind('.') + 1);
}

std::string bad_field(const std::string& parameters, std::size_t descriptors = 1) {
    const auto json = parse_json(parameters, {});
    REQUIRE(json);
    const auto read = from_json<StartRun::Parameters>(*json, descriptors, UnknownFields::kRefuse);
    return read ? "" : read.error().name;
}

}  // namespace

TEST_CASE("JSON has bounds", "[control]") {
    CHECK(parse_json("[[[]]]", kSmall));
    CHECK(parse_json("[[[[]]]]", kSmall).error() == "nested deeper than 3");
    CHECK(parse_json(R"({"a":{"b":{"c":{}}}})", kSmall).error() == "nested deeper than 3");
    CHECK(parse_json("[1,2,3,4]", kSmall));
    CHECK(parse_json("[1,2,3,4,5]", kSmall).error() == "more than 5 values");
    CHECK(parse_json("[[],[],[],[],[]]", kSmall).error() == "more than 5 values");
    CHECK(parse_json(R"({"a":1,"a":2})", kSmall).error() == "a key is there twice");
    CHECK(parse_json(R"([{"a":1},{"a":2}])", kSmall));
    for (const char* text :
         {"", " ", "{", "[1,]", "{\"a\"}", "nul", "1 2", "\"\xFF\"", "\"\\ud800\"", "[1e999]", "\x01", "'a'", "NaN"})
        CHECK(!parse_json(text, kSmall));
    CHECK(!parse_json(std::string(1000000, '['), kSmall));
}

TEST_CASE("a call has an outer form", "[control]") {
    const auto call = read_call(R"({"method":"a.b.C","parameters":{"x":1},"more":true})", kSmall);
    REQUIRE(call);
    CHECK(call->interface == "a.b");
    CHECK(call->method == "C");
    CHECK(call->more);
    CHECK(!call->oneway);
    CHECK(read_call(R"({"method":"a.B","parameters":null,"upgrade":false})", kSmall));
    CHECK(error_of("[]") == "Malformed");
    CHECK(error_of("{}") == "InvalidParameter");
    CHECK(error_of(R"({"method":"B"})") == "InvalidParameter");
    CHECK(error_of(R"({"method":".B"})") == "InvalidParameter");
    CHECK(error_of(R"({"method":"a."})") == "InvalidParameter");
    CHECK(error_of(R"({"method":"a.B","upgrade":true})") == "InvalidParameter");
    CHECK(error_of(R"({"method":"a.B","parameters":1})") == "InvalidParameter");
    CHECK(error_of(R"({"method":"a.B","more":true,"oneway":true})") == "InvalidParameter");
    CHECK(error_of(R"({"method":"a.B","other":1})") == "InvalidParameter");
}

TEST_CASE("parameters have the types that the description says", "[control]") {
    const std::string rest = R"("pipeline":"p","step":"s","process":0)";
    CHECK(bad_field(R"({"command":["x"],)" + rest + "}") == "");
    CHECK(bad_field(R"({"command":["x",1],)" + rest + "}") == "command[1]");
    CHECK(bad_field(R"({"command":["%4"],)" + rest + "}") == "command[0]");
    CHECK(bad_field("{" + rest + "}") == "command");
    CHECK(bad_field(R"({"command":[],"uid":0,)" + rest + "}") == "uid");
    CHECK(bad_field(R"({"command":[],)" + rest + "}", 0) == "process");
    const auto file = [&](const std::string& changed) {
        return bad_field(R"({"command":[],)" + rest + R"(,"files":[{"path":"a","purpose":"rules","descriptor":0,)" +
                         changed + "}]}");
    };
    CHECK(file(R"("offset":0,"size":1)") == "");
    CHECK(file(R"("offset":-1,"size":1)") == "files[0].offset");
    CHECK(file(R"("offset":0,"size":1.5)") == "files[0].size");
    CHECK(file(R"("offset":0,"size":18446744073709551616)") == "files[0].size");
    CHECK(file(R"("offset":0)") == "files[0].size");
    CHECK(file(R"("offset":0,"size":1,"mode":7)") == "files[0].mode");
}

TEST_CASE("replies are read as they are written, and errors", "[control]") {
    ListRuns::Reply reply;
    reply.runs.resize(1);
    reply.runs[0].command = {{"a%\xFF"}};
    const auto envelope = read_reply(reply_text(to_json(reply), true), kReplyLimits);
    REQUIRE(envelope);
    CHECK(envelope->continues);
    const auto read = from_json<ListRuns::Reply>(envelope->parameters, 0, UnknownFields::kIgnore);
    REQUIRE(read);
    CHECK(*read == reply);
    const Refusal refusal = LimitReached{"runs", 7};
    const auto error = read_reply(error_text(refusal), kReplyLimits);
    REQUIRE(error);
    CHECK(read_error(*error) == refusal);
    for (const char* text : {"1", "{\"error\":\"\"}", "{\"error\":1}", "{\"continues\":1}", "{\"parameters\":1}", "{"})
        CHECK(!read_reply(text, kReplyLimits));
}
