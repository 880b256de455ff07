// SPDX-License-Identifier: Apache-2.0
// What is told without taking a content apart is what taking it apart tells, and what has to be taken apart is left.
#include <random>

#include <catch2/catch.hpp>

#include "core/artifact/formats.hpp"
#include "tests/unit/artifact/bytes_of.hpp"

using namespace fstracker;
using namespace fstracker::artifact;
using namespace std::string_literals;
using testing::little_endian;

namespace {

std::span<const std::uint8_t> span_of(const std::string& bytes) {
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

// As inspect() did it before there was recognise(): every reader is asked.
Content taken_apart(const std::string& content) {
    MemoryBytes bytes(span_of(content));
    const Head head = span_of(content).first(std::min(content.size(), kHeadBytes));
    for (const auto reader : {as_zip, as_numpy, as_gguf, as_table, as_safetensors, as_deflated, as_onnx, as_pickle}) {
        auto told = reader(bytes, head);
        if (!told) continue;
        const auto pickle = reader == as_pickle ? std::nullopt : as_pickle(bytes, head);
        if (pickle && !pickle->imports.empty()) told->problem = "both";
        return *told;
    }
    return as_text(bytes, head).value_or(Content{});
}

std::optional<Content> recognised(const std::string& content) {
    MemoryBytes bytes(span_of(content));
    return recognise(bytes);
}

// Which of the two it was.
bool agrees(const std::string& content) {
    const auto told = recognised(content);
    if (!told || told->format == Format::kElf || told->format == Format::kEmpty) return told.has_value();
    INFO(content.substr(0, 64));
    REQUIRE(*told == taken_apart(content));
    return true;
}

std::string npy(const std::string& header) { return "\x93NUMPY\x01\0"s + little_endian(header.size(), 2) + header; }

}  // namespace

TEST_CASE("what is recognised is what taking it apart would tell, whatever it begins with") {
    const std::vector<std::string> tails = {"",
                                            ".",
                                            "\n.",
                                            "a.",
                                            "\0\0\0\0."s,
                                            "os\nsystem\n(S'id'\ntR.",
                                            "\x05\0\0\0abcde."s,
                                            std::string(9, '\0') + "." + std::string(300, 'x'),
                                            "\x02\0\0\0cos\nsystem\nX\x02\0\0\0id\x85R."s};
    std::size_t recognised = 0, asked = 0;
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            for (const std::string& tail : tails) {
                recognised += agrees(std::string{static_cast<char>(first), static_cast<char>(second)} + tail) ? 1 : 0;
                ++asked;
            }
        }
    }
    CHECK(recognised > asked / 2);
    CHECK(recognised < asked);
}

TEST_CASE("so it is for pickles and texts with bytes exchanged, and for any bytes") {
    const std::vector<std::string> seeds = {"cposix\nsystem\n(S'id'\ntR.",
                                            "I12\nF1.5\nL3L\nVtext\nS'x'\n\x85.",
                                            "(lp0\nI1\naI2\na.",
                                            "\x80\x04\x95\x10\0\0\0\0\0\0\0]\x94(K\1K\2e."s,
                                            "G\0\0\0\0\0\0\0\0."s,
                                            "X\x03\0\0\0abc\x85."s,
                                            "Name: a\nVersion: 1\n",
                                            "GGUF" + little_endian(3, 4) + little_endian(2, 8) + little_endian(1, 8),
                                            npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }")};
    std::mt19937 random(7);
    for (int round = 0; round < 40'000; ++round) {
        std::string content = seeds[random() % seeds.size()];
        for (unsigned i = random() % 4; i > 0; --i) content[random() % content.size()] = static_cast<char>(random());
        content.resize(random() % (content.size() + 1));
        content += std::string(random() % 3, static_cast<char>(random()));
        agrees(content);
    }
}

TEST_CASE("a recorder need not take apart what steps read most") {
    const std::vector<std::pair<std::string, Format>> contents = {
        {"", Format::kEmpty},
        {"\x7F"
         "ELF"s +
             std::string(60, '\1'),
         Format::kElf},
        {"import os\n", Format::kText},
        {"class Model:\n    pass\n", Format::kText},
        {"Metadata-Version: 2.1\nName: torch\n", Format::kText},
        {"License: MIT\n", Format::kText},
        {"TZif2" + std::string(39, '\0'), Format::kUnknown},
        {"{\"a\": 1}", Format::kJson},
        {"a,b\n1,2\n", Format::kCsv},
        {"SQLite format 3\0"s + std::string(84, '\0'), Format::kSqlite},
        {"GGUF" + little_endian(3, 4) + little_endian(291, 8) + little_endian(24, 8), Format::kGguf},
        {"\xCB\x0D\x0D\x0A"s + std::string(40, '\0'), Format::kUnknown},
        {npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }"), Format::kNpy},
    };
    for (const auto& [content, format] : contents) {
        const auto told = recognised(content);
        INFO(content.substr(0, 32));
        REQUIRE(told);
        CHECK(told->format == format);
    }
}

TEST_CASE("what says how long it is, or what to call, is never taken apart by a recorder") {
    const std::string object = npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }");
    const std::vector<std::string> contents = {"cposix\nsystem\n(S'id'\ntR.",
                                               "\x80\x04N."s,
                                               "N.",
                                               "(N.",
                                               "Vx\n.",
                                               "PK\3\4" + std::string(30, '\0'),
                                               "\x1F\x8B\x08" + std::string(30, '\0'),
                                               "\x78\x9C" + std::string(30, '\0'),
                                               little_endian(10ULL << 30, 8) + "{\"a\":1}",
                                               "\x08\x08" + std::string(30, '\1'),
                                               object,
                                               "\x93NUMPY\x02\0"s + little_endian(0xFFFFFFFF, 4) + "{}",
                                               npy("[1]"),
                                               npy("{}")};
    for (const std::string& content : contents) {
        INFO(content.substr(0, 32));
        CHECK_FALSE(recognised(content));
    }
}

TEST_CASE("little is read of what is recognised, however long it is") {
    testing::Sparse sparse(std::uint64_t{1} << 40, "{\"a\": 1", " ");
    CHECK(recognise(sparse));
    CHECK(sparse.read_bytes() <= kHeadBytes + 64);
}
