// SPDX-License-Identifier: Apache-2.0
// Each format told from bytes made here. Pickles have pickle_test.cpp, archives archive_test.cpp.
#include <chrono>

#include <catch2/catch.hpp>

#include "tests/unit/artifact/bytes_of.hpp"

using namespace fstracker;
using namespace fstracker::artifact;
using namespace std::string_literals;
using testing::little_endian;
using testing::told;

namespace {

std::string safetensors(const std::string& header, std::size_t data) {
    return little_endian(header.size(), 8) + header + std::string(data, '\0');
}

}  // namespace

TEST_CASE("what says what it is, is believed") {
    struct Expected {
        std::string bytes;
        const char* format;
    };
    const std::string kTensor =
        R"({"__metadata__":{"by":"x"},"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";
    const std::vector<Expected> expected = {
        {"", "empty"},
        {"\x7F"
         "ELF\x02\x01\x01"s +
             std::string(57, '\0'),
         "elf"},
        {safetensors(kTensor, 16), "safetensors"},
        {safetensors("{}      ", 0), "safetensors"},
        {"GGUF" + little_endian(3, 4) + little_endian(291, 8) + little_endian(24, 8) + "rest", "gguf"},
        {"SQLite format 3\0"s + std::string(84, '\0'), "sqlite"},
        {"PAR1" + std::string(30, '\x15') + "PAR1", "parquet"},
        {"ARROW1\0\0"s + std::string(40, '\1') + "ARROW1", "arrow"},
        {"\xFF\xFF\xFF\xFF"s + little_endian(32, 4) + little_endian(16, 4) + std::string(60, '\0'), "arrow"},
        {"\x89HDF\r\n\x1a\n" + std::string(90, '\0'), "hdf5"},
        {std::string(512, '\0') + "\x89HDF\r\n\x1a\n" + std::string(90, '\0'), "hdf5"},
        // "abcde" as a record of TensorFlow's: its length, the masked CRC-32C of that, itself, its CRC.
        {little_endian(5, 8) + "\xEA\xB2\x04\x3E"s + "abcde" + "\0\0\0\0"s, "tfrecord"},
        {"\x08\x08\x12\x07pytorch\x1a\x04"
         "2.01\x3a\x06\x12\x04main\x42\x02\x10\x11"s,
         "onnx"},
        {"\x1F\x8B\x08"s + std::string(30, '\0'), "gzip"},
        {"a,b,c\n1,2,3\n4,5,6\n", "csv"},
        {"a\tb\n1\t\"x\ty\"\n", "csv"},
        {"{\"a\": 1}\n{\"a\": 2}\n", "jsonl"},
        {"{\"a\": [1, 2]}", "json"},
        {"[1, 2, 3]\n", "json"},
        {"import os\nprint('x, y')\n", "text"},
        {"Gr\xC3\xBC\xC3\x9F"
         "e\n",
         "text"},
        {"\xFF\xFE\x00\x01", ""},
        {std::string(100, '\0'), ""},
    };
    for (const Expected& one : expected) {
        INFO(one.format << ": " << one.bytes.substr(0, 16));
        const Content content = told(one.bytes);
        CHECK(std::string(to_word(content.format)) == one.format);
        CHECK(content.imports.empty());
        CHECK(content.problem.empty());
    }
}

TEST_CASE("a safetensors file is judged by its header, and a header that lies is told") {
    const auto problem = [](const std::string& header, std::size_t data) {
        const Content content = told(safetensors(header, data));
        CHECK(content.format == Format::kSafetensors);
        return content.problem;
    };
    CHECK(problem(R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,17]}})", 16) ==
          "its header has a tensor that is not in the file");
    CHECK(problem(R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[8,4]}})", 16) ==
          "its header has a tensor that is not in the file");
    CHECK(problem(R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[8]}})", 16) ==
          "its header has a tensor without begin and end");
    CHECK(problem(R"({"w":{"dtype":"F32")", 16) == "its header is no JSON");
    CHECK(problem(R"({"w":{"a":{"b":{}}}})", 16) == "its header is nested too deep");
    CHECK(problem(R"({"w":null})", 16) == "its header has null in it");

    const Content huge = told(little_endian(std::uint64_t{10} << 30, 8) + R"({"w":{)" + std::string(100, ' '));
    CHECK(huge.format == Format::kSafetensors);
    CHECK(huge.problem == "its header is longer than it may be");
}

// A file system of a test's own: as long as it says, and counting what is read.
TEST_CASE("of a file of 100 GB no more than its header is read") {
    const std::string header = R"({"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";
    testing::Sparse large(std::uint64_t{100'000'000'000}, little_endian(header.size(), 8) + header);
    const Content content = inspect(large);
    CHECK(content.format == Format::kSafetensors);
    CHECK(content.problem.empty());
    CHECK(large.read_bytes() < 20'000);
}

TEST_CASE("what is cut off anywhere is told without more ado") {
    const std::string whole = safetensors(R"({"w":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})", 16);
    for (std::size_t size = 1; size < whole.size(); ++size) (void)told(whole.substr(0, size));
    CHECK(told("PAR1 and no more").problem == "its end is not there");
    CHECK(told("GGUF" + little_endian(9, 4) + std::string(16, '\0')).problem == "its version is not known");
    CHECK(told("GGUF" + little_endian(3, 4) + std::string(16, '\xFF')).problem ==
          "it counts more tensors or values than there can be");
}

TEST_CASE("details are one line and come back as they were") {
    const Content none{Format::kNpy, {}, {}};
    CHECK(details_text(none).empty());
    for (const Content& content : {Content{Format::kPickle, {"a.b", "c.d"}, ""}, Content{Format::kPickle, {}, "why"},
                                   Content{Format::kPytorch, {"os.system"}, "a reason"}}) {
        const std::string text = details_text(content);
        CHECK(text.find('\n') == std::string::npos);
        CHECK(content_from(content.format, text) == content);
    }
}
