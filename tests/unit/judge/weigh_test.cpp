// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>

#include "core/judge/weigh.hpp"

using namespace fstracker;
using baseline::Difference;
using baseline::Kind;
using judge::Level;

namespace {

Level level_of(Kind kind, const std::string& role, const std::string& name, std::uint32_t access = event::kRead,
               const std::string& program = "/usr/bin/python{version} $WORK/train.py") {
    Difference difference;
    difference.kind = kind;
    difference.role = role;
    difference.name = name;
    difference.program = program;
    difference.access = access;
    return judge::weight_of(difference).level;
}

Level level_of_program(const std::string& program) {
    return level_of(Kind::kNewProgram, "executable", program, event::kExecute, program);
}

}  // namespace

TEST_CASE("programs are known by their names, numbers in them or not", "[judge]") {
    CHECK(judge::moves_files("/usr/bin/base64"));
    CHECK(judge::moves_files("/usr/bin/bzip2"));
    CHECK(judge::moves_files("/usr/bin/7z"));
    CHECK(judge::moves_files("/usr/bin/nc.openbsd"));
    CHECK(judge::moves_files("/usr/bin/tar"));
    CHECK_FALSE(judge::moves_files("/usr/bin/python{version} $WORK/train.py"));
    CHECK(level_of_program("/usr/bin/aria2c") == Level::kHigh);
    CHECK(level_of_program("/usr/bin/x86_64-linux-gnu-objdump") == Level::kMedium);
    CHECK(level_of_program("/usr/lib/gcc/x86_64-linux-gnu/12/collect2") == Level::kLow);
    CHECK(level_of_program("/usr/bin/gcc-{n}") == Level::kLow);
    CHECK(level_of_program("/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus") == Level::kLow);
    CHECK(level_of_program("$HOME/bin/uname") == Level::kMedium);
}

TEST_CASE("what a step only removes or renames was never seen by it", "[judge]") {
    for (const char* role : {"data", "model"}) {
        CHECK(level_of(Kind::kNewPlace, role, "$WORK/out/epoch-7.pt", event::kUnlink) == Level::kLow);
        CHECK(level_of(Kind::kNewPlace, role, "$WORK/out/epoch-7.pt", event::kRead | event::kUnlink) == Level::kMedium);
    }
    CHECK(level_of(Kind::kNewPlace, "credential", "$HOME/.netrc", event::kUnlink) == Level::kHigh);
    CHECK(level_of(Kind::kNewAccess, "model", "$WORK/models/base.safetensors", event::kUnlink) == Level::kHigh);
}

TEST_CASE("what is made again without loss weighs less, what is executed does not", "[judge]") {
    CHECK(level_of(Kind::kNewPlace, "code", "$TMP/cc{tmp}.cdtor.c") == Level::kInformational);
    CHECK(level_of(Kind::kNewPlace, "code", "$TMP/x/payload.py") == Level::kMedium);
    CHECK(level_of(Kind::kNewPlace, "output", "$HOME/.kernels/cache/5e/k.cpp", event::kCreate) == Level::kLow);
    CHECK(level_of(Kind::kNewPlace, "output", "$HOME/.config/autostart/x.desktop", event::kCreate) == Level::kMedium);
    CHECK(level_of(Kind::kNewPlace, "output", "$HOME/cache/x", event::kCreate) == Level::kMedium);
    CHECK(level_of(Kind::kNewPlace, "library", "$HOME/.kernels/cache/5e/k.so", event::kLoad) == Level::kMedium);
    CHECK(level_of(Kind::kNewAccess, "code", "$SITE/a/__pycache__/b.cpython-311.pyc", event::kRename) ==
          Level::kMedium);
    CHECK(level_of(Kind::kNewAccess, "code", "$SITE/a/b.pyc", event::kRename) == Level::kHigh);
    CHECK(level_of(Kind::kNewAccess, "code", "$SITE/a/b.py", event::kWrite) == Level::kHigh);
}

TEST_CASE("what an installer writes of a package that the step has is of that package", "[judge]") {
    Difference difference;
    difference.kind = Kind::kNewFile;
    difference.role = "output";
    difference.name = "$SITE/ranking/more.py";
    difference.access = event::kCreate | event::kWrite;
    CHECK(judge::weight_of(difference).level == Level::kMedium);
    difference.owner = difference.owner_was = "pkg:pypi/ranking@1.0.0";
    CHECK(judge::weight_of(difference).level == Level::kLow);
    difference.owner_verified = false;
    CHECK(judge::weight_of(difference).level == Level::kMedium);
    difference.name = "$SITE/ranking.pth";
    CHECK(judge::weight_of(difference).level == Level::kHigh);
}

TEST_CASE("known bytes under another name are known, but for one more member of a data set", "[judge]") {
    const auto weighed = [](Kind kind, const char* role) {
        Difference difference;
        difference.kind = kind;
        difference.role = role;
        difference.name = "$WORK/data/image-4000.npy";
        difference.program = "/usr/bin/python{version} $WORK/train.py";
        difference.access = event::kRead;
        difference.known_content = true;
        return judge::weight_of(difference).level;
    };
    CHECK(weighed(Kind::kNewPlace, "data") == Level::kInformational);
    CHECK(weighed(Kind::kNewFile, "model") == Level::kInformational);
    CHECK(weighed(Kind::kOutOfRange, "data") == Level::kMedium);
    CHECK(weighed(Kind::kUnlikeSiblings, "data") == Level::kMedium);
}
