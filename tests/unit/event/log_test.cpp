// SPDX-License-Identifier: Apache-2.0
#include "core/event/log.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "core/event/log_text.hpp"
#include "tests/unit/event/random_event.hpp"

namespace {

using namespace fstracker::event;
using fstracker::event::testing::RandomEvents;

std::string line_of(const Event& event) {
    std::string line;
    append_line(line, event);
    return line;
}

FileAccess an_access() {
    FileAccess access{};
    access.common = {3, 412, 1'767'322'800'000'000'006, 1, 77, 0};
    access.access = kRead | kLoad;
    access.descriptor = 5;
    access.object = {{8U << 20 | 1, 77, 3}, {1048576, 1'700'000'000'000'000'000, -5}, 0100644, 0, 0, 1, 0xEF53};
    access.path = {"/home/me/data/train.csv", false, false, false};
    return access;
}

TEST_CASE("each kind comes back from its line as it was, and its line is JSON") {
    RandomEvents random(20260102);
    for (std::size_t kind = 0; kind < std::variant_size_v<Event>; ++kind) {
        for (int i = 0; i < 2000; ++i) {
            const Event event = random.next(kind);
            const std::string line = line_of(event);
            CAPTURE(line);
            const auto parsed = parse_line(line);
            if (!parsed) FAIL(parsed.error().message);
            REQUIRE(*parsed == event);
            REQUIRE(line.find('\n') == line.size() - 1);
            if (i < 200) REQUIRE(nlohmann::json::accept(line));
        }
    }
}

TEST_CASE("a line reads as documented") {
    CHECK(line_of(an_access()) ==
          R"({"event":"access","time":1767322800000000006,"process":3,"pid":412,"cpu":1,"sequence":77,)"
          R"("access":["read","load"],"descriptor":5,"object":{"id":"8:1/77/3","size":1048576,)"
          R"("mtime":1700000000000000000,"ctime":-5,"mode":33188,"writers":0,"links":1,"magic":61267},)"
          R"("path":"/home/me/data/train.csv"})"
          "\n");
}

TEST_CASE("any bytes have one text without control characters, and come back") {
    struct Row {
        std::string bytes;
        std::string text;
    };
    const Row row = GENERATE(values<Row>({{"plain", "plain"},
                                          {"100%", "100%25"},
                                          {"a\"b\\c", R"(a\"b\\c)"},
                                          {"\n\t\r\b\f\x1B", R"(\n\t\r\b\f\u001b)"},
                                          {"\x7F", R"(\u007f)"},
                                          {"\xC2\x9B", R"(\u009b)"},
                                          {"\xC2\xA0", "\xC2\xA0"},
                                          {"é€😀", "é€😀"},
                                          {"\xFF\xFE", "%FF%FE"},
                                          {"\xE2\x82", "%E2%82"},
                                          {"\xC0\xAF", "%C0%AF"},
                                          {"\xED\xA0\x80", "%ED%A0%80"},
                                          {"\xF4\x90\x80\x80", "%F4%90%80%80"},
                                          {std::string("a\0b", 3), R"(a\u0000b)"}}));
    std::string text;
    append_escaped(text, row.bytes);
    CHECK(text == row.text);
    text += "\"rest";
    std::string_view left = text;
    std::string bytes;
    REQUIRE(take_escaped(left, bytes));
    CHECK(bytes == row.bytes);
    CHECK(left == "rest");
}

void check_refused(const std::string& line) {
    CAPTURE(line);
    const auto parsed = parse_line(line);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().kind == fstracker::ErrorKind::kInvalid);
    CHECK_FALSE(parsed.error().message.empty());
    CHECK_FALSE(parsed.error().hint.empty());
}

std::string with(std::string line, const std::string& from, const std::string& to) {
    const std::size_t at = line.find(from);
    REQUIRE(at != std::string::npos);
    return line.replace(at, from.size(), to);
}

TEST_CASE("a line in any other form is refused") {
    const std::string line = line_of(an_access());
    REQUIRE(parse_line(line));
    REQUIRE(parse_line(std::string_view(line).substr(0, line.size() - 1)));
    check_refused("");
    check_refused("\n");
    check_refused("null");
    check_refused("{}");
    check_refused(line + "\n");
    check_refused(line + line);
    check_refused(" " + line);
    check_refused(with(line, "\"access\"", "\"acces\""));
    check_refused(with(line, "\"event\":\"access\"", "\"event\":\"\""));
    check_refused(with(line, "\"process\":3", "\"process\": 3"));
    check_refused(with(line, "\"process\":3", "\"process\":03"));
    check_refused(with(line, "\"process\":3", "\"process\":-3"));
    check_refused(with(line, "\"process\":3", "\"process\":3.0"));
    check_refused(with(line, "\"process\":3", "\"process\":4294967296"));
    check_refused(with(line, "\"process\":3,", ""));
    check_refused(with(line, "\"sequence\":77", "\"sequence\":77,\"flags\":0"));
    check_refused(with(line, "\"sequence\":77", "\"sequence\":77,\"unknown\":0"));
    check_refused(with(line, R"(["read","load"])", R"(["load","read"])"));
    check_refused(with(line, R"(["read","load"])", R"(["read","read"])"));
    check_refused(with(line, R"(["read","load"])", R"(["read",])"));
    check_refused(with(line, R"(["read","load"])", R"(["look"])"));
    check_refused(with(line, "8:1/77/3", "8:1/077/3"));
    check_refused(with(line, "8:1/77/3", "4096:1/77/3"));
    check_refused(with(line, "data", "d\\u0061ta"));
    check_refused(with(line, "data", "%64ata"));
    check_refused(with(line, "data", "d\\/ata"));
    check_refused(with(line, "data",
                       "d\xFF"
                       "ata"));
    check_refused(with(line, "data", "%"));
    check_refused(with(line, "data", "\\"));
    check_refused(with(line, "data", "\t"));
}

TEST_CASE("no cut of a line and no flipped bit of it passes for another line of the same event") {
    const Event event = an_access();
    const std::string line = line_of(event);
    for (std::size_t length = 0; length + 1 < line.size(); ++length) check_refused(line.substr(0, length));
    for (std::size_t at = 0; at + 1 < line.size(); ++at) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string flipped = line;
            flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
            const auto parsed = parse_line(flipped);
            if (parsed) REQUIRE_FALSE(*parsed == event);
        }
    }
}

TEST_CASE("the log is written and read at speed", "[.speed]") {
    const Event event = an_access();
    constexpr int kLines = 400'000;
    const auto seconds_of = [](auto work) {
        const auto start = std::chrono::steady_clock::now();
        work();
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    };
    std::string out;
    const double writing = seconds_of([&] {
        for (int i = 0; i < kLines; ++i) {
            if (out.size() > 1'000'000) out.clear();
            append_line(out, event);
        }
    });
    const std::string line = line_of(event);
    int parsed = 0;
    const double reading = seconds_of([&] {
        for (int i = 0; i < kLines; ++i) parsed += parse_line(line).has_value() ? 1 : 0;
    });
    REQUIRE(parsed == kLines);
    WARN("lines per second: " << kLines / writing << " written, " << kLines / reading << " read");
    CHECK(kLines / writing > 500'000);
    CHECK(kLines / reading > 100'000);
}

}  // namespace
