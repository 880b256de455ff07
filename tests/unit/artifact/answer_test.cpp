// SPDX-License-Identifier: Apache-2.0
// What another process says of a content: believed only where inspect() could have said it.
#include <random>

#include <catch2/catch.hpp>

#include "core/artifact/answer.hpp"

using namespace fstracker::artifact;
using namespace std::string_literals;

namespace {

const Content kFull{Format::kPickle, {"a.b", "os.system", "torch.load"}, "opcode 0x01 at byte 7 cannot be there"};

std::string of(Format format, const std::string& details) {
    return std::string(1, static_cast<char>(format)) + details;
}

}  // namespace

TEST_CASE("every answer comes back as it was given") {
    for (const Content& content : {kFull, Content{}, Content{Format::kEmpty, {}, {}}, Content{Format::kZip, {}, "why"},
                                   Content{Format::kNpz, {"a.b"}, {}}}) {
        const auto read = read_answer(write_answer(content));
        REQUIRE(read);
        CHECK(*read == content);
    }
    Content most{Format::kPickle, {}, std::string(kLongestProblem, 'p')};
    for (std::size_t i = 0; i < kMostImports; ++i) {
        std::string name = std::to_string(1000 + i);
        most.imports.push_back(name + std::string(kLongestImport - name.size(), 'x'));
    }
    const std::string answer = write_answer(most);
    CHECK(answer.size() == kLongestAnswer);
    CHECK(read_answer(answer) == most);
    CHECK_FALSE(read_answer(answer + "y"));
    most.imports.emplace_back("z");
    CHECK_FALSE(read_answer(write_answer(most)));
}

TEST_CASE("an answer that inspect() does not give is not believed") {
    const std::vector<std::string> lies = {
        "",
        of(kLastFormat, ""),                        // only we say that
        std::string(1, '\x7F'),                     // no format
        "\xFF",                                     //
        of(Format::kUnknown, "\ta.b"),              // imports of nothing
        of(Format::kUnknown, "why"),                //
        of(Format::kPickle, "\tb\ta"),              // not sorted
        of(Format::kPickle, "\ta\ta"),              // twice
        of(Format::kPickle, "\t"),                  // an empty name
        of(Format::kPickle, "\ta\t"),               //
        of(Format::kPickle, "\t\ta"),               //
        of(Format::kPickle, "\ta b"),               // a space in a name
        of(Format::kPickle, "line\nbreak"),         //
        of(Format::kPickle, "\x1B[2J"),             // for a terminal
        of(Format::kPickle, "\ta\x7F"),             //
        of(Format::kPickle, "gr\xC3\xBC\xC3\x9F"),  // more than ASCII
        of(Format::kPickle, "nul\0nul"s),           //
        of(Format::kPickle, "\t" + std::string(257, 'a')),
        of(Format::kPickle, std::string(201, 'a')),
    };
    for (const std::string& lie : lies) {
        INFO(lie);
        CHECK_FALSE(read_answer(lie));
    }
}

TEST_CASE("of changed answers those are believed that are answers again") {
    const std::string good = write_answer(kFull);
    std::mt19937 random(3);
    std::size_t believed = 0;
    for (int round = 0; round < 50'000; ++round) {
        std::string answer = good.substr(0, random() % (good.size() + 1));
        for (unsigned i = random() % 3; i > 0 && !answer.empty(); --i)
            answer[random() % answer.size()] = static_cast<char>(random());
        const auto read = read_answer(answer);
        if (!read) continue;
        ++believed;
        REQUIRE(write_answer(*read) == answer);
        REQUIRE(read->format < kLastFormat);
    }
    CHECK(believed > 1000);
    CHECK(believed < 49'000);
}
