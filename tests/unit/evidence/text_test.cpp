// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/text.hpp"

#include <random>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace fstracker;
using namespace fstracker::evidence;

namespace {

std::string random_bytes(std::mt19937& random) {
    static const std::string kAwkward[] = {"%",
                                           "/",
                                           "\xFF",
                                           "\xC3\xA9",
                                           "\xE2\x80\xA6",
                                           "\xED\xA0\x80",
                                           "\xF0\x9F\x98\x80",
                                           "\xF4\x90\x80\x80",
                                           "\xC0\x80",
                                           "\xE2\x82",
                                           "\n",
                                           "\\",
                                           "\"",
                                           "a",
                                           std::string(1, '\0')};
    std::string bytes;
    for (unsigned length = random() % 12; length > 0; --length) bytes += kAwkward[random() % std::size(kAwkward)];
    return bytes;
}

}  // namespace

TEST_CASE("UTF-8 is what the JSON library takes for it", "[text]") {
    std::mt19937 random(1);
    for (int i = 0; i < 5000; ++i) {
        const std::string bytes = random_bytes(random);
        bool taken = true;
        try {
            (void)nlohmann::json(bytes).dump();
        } catch (const nlohmann::json::exception&) {
            taken = false;
        }
        REQUIRE(is_utf8(bytes) == taken);
        std::string ours;
        append_json_string(ours, bytes);
        if (taken) REQUIRE(ours == nlohmann::json(bytes).dump());
        REQUIRE(nlohmann::json::parse(ours).get<std::string>() == display(bytes));
    }
}

TEST_CASE("percent-encoding is reversible and has one form", "[text]") {
    std::mt19937 random(2);
    for (int i = 0; i < 5000; ++i) {
        const std::string bytes = random_bytes(random);
        const std::string text = percent_encode(bytes);
        REQUIRE(is_utf8(text));
        REQUIRE(percent_decode(text) == bytes);
    }
    for (const char* text : {"%", "%2", "%41", "%ff", "%zz", "%C3%A9"}) CHECK_FALSE(percent_decode(text).has_value());
}

TEST_CASE("a file URI with the path's flags gives the path back", "[text]") {
    std::mt19937 random(3);
    for (int i = 0; i < 5000; ++i) {
        event::Path path{random_bytes(random)};
        path.truncated = random() % 3 == 0;
        event::Path again;
        again.truncated = path.truncated;
        REQUIRE(read_path_uri(path_uri(path), is_relative(path), again).has_value());
        REQUIRE(again == path);
        REQUIRE(path_uri(path).starts_with("file:///"));
    }
}

TEST_CASE("names and URIs read as evidence says", "[text]") {
    CHECK(path_name({"/a b%\xFF"}) == "/a b%%FF");
    CHECK(path_uri({"/a b%\xFF"}) == "file:///a%20b%25%FF");
    CHECK(path_name({"tail/x", true}) == "\xE2\x80\xA6/tail/x");
    CHECK(path_uri({"tail/x", true}) == "file:///%E2%80%A6/tail/x");
    event::Path path;
    for (const char* uri :
         {"", "file:", "http:///a", "file://a", "file:///a b", "file:///%61", "file:///%ff", "file:///%F"})
        CHECK_FALSE(read_path_uri(uri, false, path).has_value());
}
