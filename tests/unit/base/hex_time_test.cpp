// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <catch2/catch.hpp>

#include "core/base/hex.hpp"
#include "core/base/time.hpp"

using namespace fstracker;

TEST_CASE("hexadecimal is lower case, two characters a byte") {
    const std::array<std::uint8_t, 4> bytes{0x00, 0x7f, 0xab, 0xff};
    CHECK(base::to_hex(bytes) == "007fabff");
    CHECK(base::to_hex({}).empty());
}

TEST_CASE("hexadecimal is read back, and only its one form") {
    const auto bytes = base::from_hex("007fabff");
    REQUIRE(bytes);
    CHECK(base::to_hex(*bytes) == "007fabff");
    CHECK(base::from_hex("")->empty());
    CHECK_FALSE(base::from_hex("abc"));
    CHECK_FALSE(base::from_hex("AB"));
    CHECK_FALSE(base::from_hex("0g"));
    CHECK_FALSE(base::from_hex("0 "));
}

TEST_CASE("times are written with nanoseconds in UTC") {
    CHECK(base::format_time(0) == "1970-01-01T00:00:00.000000000Z");
    CHECK(base::format_time(1) == "1970-01-01T00:00:00.000000001Z");
    CHECK(base::format_time(-1) == "1969-12-31T23:59:59.999999999Z");
    CHECK(base::format_time(1'709'210'096'000'000'007) == "2024-02-29T12:34:56.000000007Z");
}

TEST_CASE("times are read back") {
    for (const std::int64_t time : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'709'210'096'000'000'007},
                                    std::int64_t{4'102'444'799'999'999'999}}) {
        const auto parsed = base::parse_time(base::format_time(time));
        REQUIRE(parsed);
        CHECK(*parsed == time);
    }
    CHECK(base::parse_time("2024-02-29T12:34:56Z").value() == 1'709'210'096'000'000'000);
    CHECK(base::parse_time("2024-02-29T12:34:56.5Z").value() == 1'709'210'096'500'000'000);
}

TEST_CASE("what is no time is refused and named") {
    for (const char* text : {"", "2024", "2023-02-29T00:00:00Z", "2024-13-01T00:00:00Z", "2024-01-01T24:00:00Z",
                             "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01 00:00:00Z",
                             "2024-01-01T00:00:00", "2024-01-01T00:00:00+00:00", "2024-01-01T00:00:00.Z",
                             "2024-01-01T00:00:00.1234567890Z", "2024-01-01T00:00:00Zx", "-024-01-01T00:00:00Z"}) {
        INFO(text);
        const auto parsed = base::parse_time(text);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().kind == ErrorKind::kInvalid);
        CHECK(parsed.error().message.find(text) != std::string::npos);
    }
}
