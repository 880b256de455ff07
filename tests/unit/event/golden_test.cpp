// SPDX-License-Identifier: Apache-2.0
// tests/golden/event/NAME.txt holds, line by line: the version of the wire, a record in hexadecimal, its line of the
// log. After a change that is meant: raise FST_ABI_VERSION and run `unit_event '[.golden]'`, which writes them anew.
#include <catch2/catch.hpp>
#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "core/base/hex.hpp"
#include "core/event/decode.hpp"
#include "core/event/log.hpp"
#include "tests/unit/event/wire.hpp"

namespace {

using namespace fstracker;
using namespace fstracker::event;
using fstracker::event::testing::Bytes;
using fstracker::event::testing::samples;

constexpr ClockOffset kClock{1'767'322'800'000'000'000};

struct Golden {
    std::string version;
    std::string record;
    std::string line;
};

std::string path_of(const std::string& name) {
    return std::string(FSTRACKER_SOURCE_DIR) + "/tests/golden/event/" + name + ".txt";
}

std::optional<Golden> read_golden(const std::string& name) {
    std::ifstream file(path_of(name));
    Golden golden;
    if (!std::getline(file, golden.version) || !std::getline(file, golden.record) || !std::getline(file, golden.line))
        return std::nullopt;
    return golden;
}

Golden made_of(const Bytes& bytes) {
    const auto event = decode(bytes, kClock);
    if (!event) FAIL(event.error().message);
    Golden golden{"abi " + std::to_string(FST_ABI_VERSION),
                  base::to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}),
                  {}};
    append_line(golden.line, *event);
    golden.line.pop_back();
    return golden;
}

TEST_CASE("records have the bytes, and lines the text, that this version of the wire had before") {
    for (const auto& [name, bytes] : samples()) {
        CAPTURE(name);
        const auto golden = read_golden(name);
        REQUIRE(golden);
        const Golden made = made_of(bytes);
        CHECK(made.version == golden->version);
        CHECK(made.record == golden->record);
        CHECK(made.line == golden->line);
    }
}

TEST_CASE("golden records still decode to their lines") {
    for (const auto& [name, unused] : samples()) {
        CAPTURE(name);
        const auto golden = read_golden(name);
        REQUIRE(golden);
        const auto hex = base::from_hex(golden->record);
        REQUIRE(hex);
        Bytes bytes(hex->size());
        std::memcpy(bytes.data(), hex->data(), hex->size());
        CHECK(made_of(bytes).line == golden->line);
    }
}

TEST_CASE("golden files are written anew", "[.golden]") {
    for (const auto& [name, bytes] : samples()) {
        const Golden made = made_of(bytes);
        std::ofstream file(path_of(name));
        file << made.version << '\n' << made.record << '\n' << made.line << '\n';
        REQUIRE(file.good());
    }
}

}  // namespace
