// SPDX-License-Identifier: Apache-2.0
// Pickles of every protocol taken apart. None of them is ever run; tests/e2e/artifacts.test has Python make some and
// looks for what they would have done.
#include <chrono>

#include <catch2/catch.hpp>

#include "core/artifact/pickle.hpp"
#include "tests/unit/artifact/bytes_of.hpp"

using namespace fstracker;
using namespace fstracker::artifact;
using namespace std::string_literals;
using testing::little_endian;
using testing::told;
using Names = std::vector<std::string>;

namespace {

const std::string kProto2 = "\x80\x02", kProto4 = "\x80\x04";

std::string short_text(const std::string& text) {
    return "\x8c" + std::string(1, static_cast<char>(text.size())) + text;
}

// What `os.system("id")` is in each protocol.
std::vector<std::string> system_calls() {
    return {
        "cos\nsystem\n(S'id'\ntR.",
        "cos\nsystem\n(X\x02\0\0\0idtR."s,
        kProto2 + "cos\nsystem\nX\x02\0\0\0id\x85R."s,
        "\x80\x03"s + "cos\nsystem\nX\x02\0\0\0id\x85R."s,
        kProto4 + "\x95\x1b\0\0\0\0\0\0\0"s + short_text("os") + "\x94" + short_text("system") + "\x94\x93\x94" +
            short_text("id") + "\x85\x94R\x94.",
        "\x80\x05"s + short_text("os") + short_text("system") + "\x93" + short_text("id") + "\x85R.",
        "(S'id'\nios\nsystem\n.",                                           // INST
        "(cos\nsystem\nS'id'\no.",                                          // OBJ
        kProto2 + "cos\nsystem\n)\x81.",                                    // NEWOBJ
        kProto4 + short_text("os") + short_text("system") + "\x93)}\x92.",  // NEWOBJ_EX
    };
}

Pickle taken_apart(const std::string& bytes, std::uint64_t opcodes = 1000) {
    MemoryBytes memory({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    PickleBudget budget{opcodes, 1000};
    return disassemble(memory, 0, budget);
}

}  // namespace

TEST_CASE("the callable is found in every protocol and by every opcode") {
    for (const std::string& bytes : system_calls()) {
        INFO(bytes);
        const Content content = told(bytes);
        CHECK(to_word(content.format) == "pickle");
        CHECK(content.imports == Names{"os.system"});
        CHECK(content.problem.empty());
        CHECK(taken_apart(bytes).calls);
    }
}

TEST_CASE("a name is found however it is written or where it comes from") {
    const std::vector<std::string> ways = {
        kProto4 + "S'\\x6fs'\n" + "V\\u0073ystem\n" + "\x93.",                                             // escapes
        kProto4 + "S\"\\157s\"\n" + short_text("system") + "\x93.",                                        // octal ones
        kProto4 + short_text("os") + "q\x07" + "0" + short_text("system") + "q\x09" + "0h\x07h\x09\x93.",  // the memo
        kProto4 + short_text("os") + "\x94" + short_text("system") + "\x94" + "00h\x00h\x01\x93."s,        // MEMOIZE
        kProto4 + short_text("os") + "p300\n0" + short_text("system") + "r\x2d\x01\0\0"s + "0g300\nj\x2d\x01\0\0\x93."s,
        kProto4 + short_text("os") + short_text("system") + "2" + "0\x93.",                         // DUP and POP
        kProto4 + "(" + short_text("x") + "1" + short_text("os") + short_text("system") + "\x93.",  // POP_MARK
        kProto4 + "X\x02\0\0\0os"s + "\x8d\x06\0\0\0\0\0\0\0system"s + "\x93.",
    };
    for (const std::string& bytes : ways) {
        INFO(bytes);
        CHECK(told(bytes).imports == Names{"os.system"});
        CHECK(told(bytes).problem.empty());
    }
    const Content computed = told(kProto4 + short_text("os") + "cm\nf\n)R\x93)R.");
    CHECK(computed.imports == Names{"m.f"});
    CHECK(computed.problem == "the name of a callable is not written in it");
    CHECK(told(kProto2 + "\x82\x07.").imports == Names{"copyreg._extension_registry.7"});
    CHECK(told(kProto4 + short_text("a\tb\xC3\xBC%") + short_text("f") + "\x93.").imports == Names{"a%09b%C3%BC%25.f"});
}

TEST_CASE("what a pickle carries within is taken apart too, for another load") {
    const std::string inner = system_calls()[3];
    const std::string length(1, static_cast<char>(inner.size()));
    for (const std::string& carried :
         {"C" + length + inner, "B" + little_endian(inner.size(), 4) + inner,
          "\x8e" + little_endian(inner.size(), 8) + inner, "\x96" + little_endian(inner.size(), 8) + inner}) {
        const Content content = told(kProto4 + "c_pickle\nloads\n" + carried + "\x85R.");
        CHECK(content.imports == Names{"_pickle.loads", "os.system"});
        CHECK(content.problem.empty());
    }
    CHECK(told(kProto4 + "N." + inner).imports == Names{"os.system"});  // two in a row
    CHECK(told(kProto4 + "N." + "\x80\x02\0\0 data"s).problem.empty());
    CHECK(told(kProto4 + "C\x06\x80\x04" + "data.").problem.empty());  // bytes that only begin like one
}

TEST_CASE("what was imported before a pickle breaks counts, and that it breaks is told") {
    const Content garbage = told("cos\nsystem\n(S'id'\ntR\xff\xff");
    CHECK(garbage.format == Format::kPickle);
    CHECK(garbage.imports == Names{"os.system"});
    CHECK(garbage.problem == "opcode 0xff at byte 20 cannot be there");
    CHECK(told(kProto2 + "cos\nsystem\n)RX\xff\xff\0\0id"s).problem == "it is cut off in the opcode at byte 15");
    CHECK(told(kProto2 + "cos\nsystem\n)R").problem == "it is cut off in the opcode at byte 15");
    for (const char* bytes :
         {"\x80\x02.", "\x80\x02R.", "\x80\x02)\x81.", "\x80\x02t.", "\x80\x02h\x05.", "\x80\x02(0e."})
        CHECK_FALSE(taken_apart(bytes).whole);
}

TEST_CASE("what is no pickle is none, however it begins") {
    for (const std::string& text :
         {"copyright\nby somebody\n"s, "class A:\n    pass\n"s, "import os\n"s, "I am text.\n"s, "(a, b)\n"s,
          "[1, 2]\n"s, "}\n"s, "No.\n"s, "Feature.\n"s, "c\nd\ne\n"s, "2.\n"s, "GET /x HTTP/1.1\r\n"s}) {
        INFO(text);
        CHECK(told(text).format != Format::kPickle);
        CHECK(told(text).imports.empty());
    }
    CHECK(told("\x80\x03 whatever").format == Format::kUnknown);
    CHECK(told("(lp0\nI1\naI2\na.").format == Format::kPickle);  // [1, 2] of protocol 0
}

TEST_CASE("a pickle that is something else at once is told as both") {
    const std::string header = "{}" + std::string(0x54, ' ');
    const Content both = told("V\0\0\0\0\0\0\0"s + header + "\n0cos\nsystem\n(S'id'\ntR.");
    CHECK(both.format == Format::kSafetensors);
    CHECK(both.imports == Names{"os.system"});
}

TEST_CASE("joblib's arrays lie between the opcodes and are stepped over") {
    const auto wrapper = [](const std::string& type, const std::string& data) {
        return kProto2 +
               "cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x05\0\0\0shapeK\x03K\x02\x86X\x05\0\0\0dtype"s +
               "cnumpy\ndtype\nX\x02\0\0\0"s + type + "\x89\x88\x87R" + "ub" + data + "cos\nsystem\n\x86.";
    };
    for (const auto& [type, data] : {std::pair{"f8"s, std::string(48, '.')},
                                     {"i4"s, std::string(24, 'R')},
                                     {"U3"s, std::string(72, 'c')},
                                     {"O8"s, kProto2 + "csys\nexit\n."}}) {
        INFO(type);
        const Content content = told(wrapper(type, data));
        CHECK(to_word(content.format) == "joblib");
        CHECK(content.problem.empty());
        CHECK(std::count(content.imports.begin(), content.imports.end(), "os.system") == 1);
        CHECK(std::count(content.imports.begin(), content.imports.end(), "sys.exit") == (type == "O8" ? 1 : 0));
    }
    CHECK(told(wrapper("V8", std::string(48, '.'))).problem == "an array follows whose length is not known");
}

TEST_CASE("a pickle of PyTorch's old kind is its own format") {
    const std::string magic = "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s;
    const Content content =
        told(magic + "\x80\x02M\xe9\x03." + "\x80\x02}." + system_calls()[2] + "\x80\x02]." + "\x80\x02\0\0\0\0\0\0"s);
    CHECK(to_word(content.format) == "torch-legacy");
    CHECK(content.imports == Names{"os.system"});
    CHECK(content.problem.empty());
}

TEST_CASE("however much there is to follow, it is followed for a moment only and the end is told") {
    const auto in_time = [](Bytes& bytes) {
        const auto start = std::chrono::steady_clock::now();
        const Content content = inspect(bytes);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(10));
        CHECK(content.format == Format::kPickle);
        return content.problem;
    };
    const std::string call = kProto2 + "cos\nsystem\n)R";
    testing::Sparse many(100'000'000, call, "N0");
    CHECK(in_time(many) == "more opcodes than are followed");
    testing::Sparse deep(100'000'000, call, "N");
    CHECK(in_time(deep) == "a stack deeper than is followed");
    testing::Sparse marks(100'000'000, call, "(");
    CHECK(in_time(marks) == "a stack deeper than is followed");
    testing::Sparse looks(100'000'000, call,
                          "\x8c\x01o\x8c\x01s\x93"
                          "0");
    CHECK(in_time(looks) == "more names and pickles within it than are followed");
    testing::Sparse memo(100'000'000, call, "r\xff\xff\xff\xff");
    CHECK(in_time(memo) == "more opcodes than are followed");

    std::string names = kProto2;
    for (int i = 0; i < 2000; ++i) names += "cm\nf" + std::to_string(i) + "\n0";
    const Content crowded = told(names + "N.");
    CHECK(crowded.problem == "more callables than are kept");
    CHECK(crowded.imports.size() == kMostImports);
}

TEST_CASE("a callable that is named out of a place past the memo's bound is not taken for another") {
    const std::string far = "r\xff\xff\xff\x7f";
    const Content content = told(kProto4 + short_text("os") + far + "0" + short_text("a") + "\x94" +
                                 "0j\xff\xff\xff\x7f" + short_text("system") + "\x93)R.");
    CHECK(content.imports.empty());
    CHECK(content.problem == "the name of a callable is not written in it");
}
