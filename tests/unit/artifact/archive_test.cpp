// SPDX-License-Identifier: Apache-2.0
// Formats that have others within: zip archives, numpy's arrays of objects, deflated pickles.
#include <zlib.h>

#include <chrono>

#include <catch2/catch.hpp>

#include "tests/unit/artifact/bytes_of.hpp"

using namespace fstracker;
using namespace fstracker::artifact;
using namespace std::string_literals;
using testing::little_endian;
using testing::told;
using Names = std::vector<std::string>;

namespace {

const std::string kEvil =
    "\x80\x02"
    "cos\nsystem\nX\x02\0\0\0id\x85R."s;

std::string deflated(const std::string& bytes, int window = -MAX_WBITS) {
    z_stream stream{};
    REQUIRE(::deflateInit2(&stream, 1, Z_DEFLATED, window, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(::deflateBound(&stream, bytes.size()) + 64, '\0');
    std::string in = bytes;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}

struct Member {
    std::string name, bytes;
    bool deflate = false;
};

std::string zip(const std::vector<Member>& members, const std::string& comment = {}, unsigned flags = 0) {
    std::string archive, list;
    for (const Member& member : members) {
        const std::string packed = member.deflate ? deflated(member.bytes) : member.bytes;
        const std::string common = little_endian(flags, 2) + little_endian(member.deflate ? 8 : 0, 2) +
                                   little_endian(0, 8) + little_endian(packed.size(), 4) +
                                   little_endian(member.bytes.size(), 4) + little_endian(member.name.size(), 2);
        list += "PK\1\2" + little_endian(20, 2) + little_endian(20, 2) + common + little_endian(0, 12) +
                little_endian(archive.size(), 4) + member.name;
        archive += "PK\3\4" + little_endian(20, 2) + common + little_endian(0, 2) + member.name + packed;
    }
    const std::string end = "PK\5\6" + little_endian(0, 4) + little_endian(members.size(), 2) +
                            little_endian(members.size(), 2) + little_endian(list.size(), 4) +
                            little_endian(archive.size(), 4) + little_endian(comment.size(), 2) + comment;
    return archive + list + end;
}

std::string npy(const std::string& type, const std::string& data) {
    const std::string header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (1,), }\n";
    return "\x93NUMPY\1\0"s + little_endian(header.size(), 2) + header + data;
}

}  // namespace

TEST_CASE("an archive with a pickle in it is PyTorch's, however it is packed") {
    for (const bool deflate : {false, true}) {
        for (const std::string& comment : {""s, "a comment"s, std::string(60'000, 'x')}) {
            const Content content = told(zip({{"net/version", "3\n"}, {"net/data.pkl", kEvil, deflate}}, comment));
            CHECK(to_word(content.format) == "pytorch");
            CHECK(content.imports == Names{"os.system"});
            CHECK(content.problem.empty());
        }
    }
    CHECK(told(zip({{"a/data.pkl", "\x80\x02N."}, {"b/more.pkl", kEvil}})).imports == Names{"os.system"});
}

TEST_CASE("other archives are told by their members") {
    CHECK(to_word(told(zip({{"config.json", "{}"}, {"metadata.json", "{}"}, {"model.weights.h5", "x"}})).format) ==
          "keras");
    CHECK(to_word(told(zip({{"doc.txt", "text"}})).format) == "zip");
    CHECK(to_word(told(zip({})).format) == "zip");
    const Content plain = told(zip({{"x.npy", npy("<f8", std::string(8, '\0')), true}}));
    CHECK(to_word(plain.format) == "npz");
    CHECK((plain.imports.empty() && plain.problem.empty()));
    for (const bool deflate : {false, true}) {
        const Content objects =
            told(zip({{"x.npy", npy("<f8", std::string(8, '\0')), deflate}, {"y.npy", npy("|O", kEvil), deflate}}));
        CHECK(to_word(objects.format) == "npz");
        CHECK(objects.imports == Names{"os.system"});
        CHECK(objects.problem.empty());
    }
}

TEST_CASE("an archive that cannot be read says so") {
    const std::string whole = zip({{"net/data.pkl", kEvil, true}});
    CHECK(told(whole.substr(0, whole.size() - 1)).problem == "its list of members is not there");
    CHECK(told(zip({{"net/data.pkl", kEvil}}, "", 1)).problem == "a member is encrypted");
    std::string damaged = whole;
    damaged[damaged.find("PK\1\2")] = 'X';
    CHECK(told(damaged).problem == "its list of members is damaged");
    std::string elsewhere = whole;
    elsewhere[elsewhere.find("PK\1\2") + 42] = 7;
    CHECK(told(elsewhere).problem == "a member is not where the list says");
    for (std::size_t size = 0; size < whole.size(); ++size) (void)told(whole.substr(0, size));
}

TEST_CASE("an array of objects is a pickle, and any other is not") {
    CHECK(told(npy("<f8", std::string(8, '\0'))) == Content{Format::kNpy, {}, {}});
    CHECK(told(npy("|O", kEvil)) == Content{Format::kNpy, {"os.system"}, {}});
    CHECK(told("\x93NUMPY\1\0"s + little_endian(60'000, 2) + "{}").problem == "its header is longer than it may be");
    CHECK(told("\x93NUMPY\2\0"s + little_endian(3, 4) + "xyz").problem == "its header is no dictionary");
}

TEST_CASE("a deflated pickle is found, and a bomb is left at a bound") {
    constexpr int kGzip = MAX_WBITS + 16, kZlib = MAX_WBITS;
    const std::string long_one =
        "\x80\x02"
        "cos\nsystem\n0X" +
        little_endian(100'000, 4) + std::string(100'000, 'x') + ".";
    for (const std::string& pickle : {kEvil, long_one}) {
        CHECK(told(deflated(pickle, kGzip)) == Content{Format::kGzip, {"os.system"}, {}});
        CHECK(told(deflated(pickle, kZlib)) == Content{Format::kPickle, {"os.system"}, {}});
    }
    CHECK(told(deflated("a,b\n1,2\n", kGzip)) == Content{Format::kGzip, {}, {}});

    const std::string bomb =
        "\x80\x02"
        "cos\nsystem\n0B" +
        little_endian(40U << 20, 4) + std::string(40U << 20, '\0') + ".";
    const auto start = std::chrono::steady_clock::now();
    CHECK(told(deflated(bomb, kGzip)) == Content{Format::kGzip, {"os.system"}, "it inflates to more than is followed"});
    const std::string blind =
        "\x80\x02"
        "B" +
        little_endian(40U << 20, 4) + std::string(40U << 20, '\0') + "cos\nsystem\n)R.";
    CHECK(told(deflated(blind, kZlib)) == Content{Format::kPickle, {}, "it inflates to more than is followed"});
    const Content zipped = told(zip({{"n/data.pkl", bomb, true}}));
    CHECK(zipped.problem == "it is cut off in the opcode at byte 14");
    CHECK(zipped.imports == Names{"os.system"});
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
}
