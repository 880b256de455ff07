// SPDX-License-Identifier: Apache-2.0
#include "core/report/printable.hpp"

#include <catch2/catch.hpp>
#include <random>

using namespace fstracker::report;

TEST_CASE("what a terminal would obey is shown instead", "[printable]") {
    CHECK(printable("/data/a b.csv") == "/data/a b.csv");
    CHECK(printable("\x1b[2J") == "\\x1b[2J");
    CHECK(printable("a\nb\tc\r") == "a\\nb\\tc\\r");
    CHECK(printable("\x7f") == "\\x7f");
    CHECK(printable("\xC2\x9B"
                    "31m") == "\\u{9b}31m");  // CSI in one character
    CHECK(printable("\xE2\x80\xAE"
                    "gpj.exe") == "\\u{202e}gpj.exe");  // right to left
    CHECK(printable("a\xE2\x80\x8B"
                    "b") == "a\\u{200b}b");  // zero width
    CHECK(printable("\xFF\xC3") == "\\xff\\xc3");
    CHECK(printable("\xC0\xAF") == "\\xc0\\xaf");           // overlong
    CHECK(printable("\xED\xA0\x80") == "\\xed\\xa0\\x80");  // surrogate
    CHECK(printable("größe 数据") == "größe 数据");
    CHECK(printable(std::string("a\0b", 3)) == "a\\x00b");
}

TEST_CASE("no bytes make printable text that holds a control character", "[printable]") {
    std::mt19937 random(7);
    for (int round = 0; round < 2000; ++round) {
        std::string bytes;
        for (int i = 0; i < 40; ++i) bytes += static_cast<char>(random() & 0xFFU);
        for (const char c : printable(bytes)) REQUIRE((static_cast<unsigned char>(c) >= 0x20 && c != 0x7F));
        REQUIRE(columns(shortened(printable(bytes), 20)) <= 20);
    }
}

TEST_CASE("columns and shortening go by character", "[printable]") {
    CHECK(columns("数据") == 4);
    CHECK(columns("e\xCC\x81") == 1);
    CHECK(shortened("/usr/lib/python3/a.py", 40) == "/usr/lib/python3/a.py");
    CHECK(shortened("/usr/lib/python3/a.py", 10) == "/us…3/a.py");
    CHECK(columns(shortened("数据数据数据", 5)) <= 5);
    CHECK(shortened("abc", 0).empty());
}

TEST_CASE("numbers are for people", "[printable]") {
    CHECK(size_text(0) == "0 B");
    CHECK(size_text(1023) == "1023 B");
    CHECK(size_text(1536) == "1.5 KiB");
    CHECK(size_text(UINT64_MAX) == "16.0 EiB");
    CHECK(count_text(0) == "0");
    CHECK(count_text(999) == "999");
    CHECK(count_text(1000) == "1,000");
    CHECK(count_text(1234567) == "1,234,567");
}
