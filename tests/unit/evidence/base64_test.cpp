// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/base64.hpp"

#include <catch2/catch.hpp>

using namespace fstracker::evidence;

TEST_CASE("base64 gives the known answers", "[base64]") {
    const std::pair<const char*, const char*> known[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"},
                                                         {"\xFB\xFF\xBF", "+/+/"}};
    for (const auto& [bytes, text] : known) {
        CHECK(to_base64(bytes) == text);
        CHECK(from_base64(text) == bytes);
    }
    CHECK(from_base64("-_-_") == "\xFB\xFF\xBF");
}

TEST_CASE("base64 has one text for some bytes", "[base64]") {
    for (const char* text : {"Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zg==Zg==", "Zm9v\n", " Zm9v", "Zm 9", "====", "=",
                             "Zm=v", "+/-_", "Zm9*", "Z==="})
        CHECK_FALSE(from_base64(text).has_value());
}

TEST_CASE("a flipped bit of a base64 text changes its bytes or is refused", "[base64]") {
    const std::string bytes = "any carnal pleas\x00\xFF\x80";
    const std::string text = to_base64(bytes);
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
        std::string flipped = text;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        CHECK(from_base64(flipped) != bytes);
    }
}
