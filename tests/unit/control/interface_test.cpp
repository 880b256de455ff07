// SPDX-License-Identifier: Apache-2.0
// The interface descriptions and the typed messages say the same: every type, method and error, every field in its
// order.
#include <catch2/catch.hpp>

#include <fmt/format.h>
#include <map>
#include <regex>

#include "daemon/control/envelope.hpp"
#include "daemon/control/interface.hpp"
#include "daemon/control/wire.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker::control;

namespace {

// "(name: type, …)" without comments and with one space after commas; of an enumeration "(word, …)".
using Declarations = std::map<std::string, std::string>;

std::string squeezed(const std::string& text) {
    static const std::regex kComment("#[^\n]*"), kSpaces("\\s+"), kOpen("\\( "), kClose(" \\)"), kBefore(" ?\\(");
    auto one = std::regex_replace(std::regex_replace(text, kComment, ""), kSpaces, " ");
    one = std::regex_replace(std::regex_replace(one, kOpen, "("), kClose, ")");
    return std::regex_replace(one, kBefore, "(");
}

Declarations parse(std::string_view description) {
    const auto text = squeezed(std::string(description));
    static const std::regex kDeclaration("(type|error|method) (\\w+)(\\([^()]*\\))(?: ->(\\([^()]*\\)))?");
    Declarations declarations;
    for (std::sregex_iterator at(text.begin(), text.end(), kDeclaration), end; at != end; ++at) {
        const auto& found = *at;
        const auto kind = found[1].str() + ' ' + found[2].str();
        declarations[kind] = found[3].str() + (found[4].matched ? " -> " + found[4].str() : "");
    }
    return declarations;
}

template <typename Message>
std::string fields_of() {
    std::string text;
    for (const auto& [name, type] : describe<Message>()) text += (text.empty() ? "" : ", ") + name + ": " + type;
    return '(' + text + ')';
}

template <typename Enum>
void add_words(Declarations& all) {
    all[fmt::format("type {}", Words<Enum>::kName)] = fmt::format("({})", fmt::join(Words<Enum>::kWords, ", "));
}
template <typename... Messages>
void add_types(Declarations& all) {
    ((all[fmt::format("type {}", kTypeName<Messages>)] = fields_of<Messages>()), ...);
}
template <typename... Methods>
void add_methods(Declarations& all) {
    ((all[fmt::format("method {}", Methods::kName)] =
          fields_of<typename Methods::Parameters>() + " -> " + fields_of<typename Methods::Reply>()),
     ...);
}
template <typename... Errors>
void add_errors(Declarations& all, bool of_service, const std::variant<Errors...>*) {
    ((kOfService<Errors> == of_service ? void(all[fmt::format("error {}", kTypeName<Errors>)] = fields_of<Errors>())
                                       : void()),
     ...);
}

}  // namespace

TEST_CASE("the description of org.fstracker.Control is that of the messages", "[control]") {
    Declarations ours;
    add_words<Purpose>(ours);
    add_words<State>(ours);
    add_words<Verdict>(ours);
    add_words<Phase>(ours);
    add_words<Level>(ours);
    add_types<GivenFile, Run, Problem, Progress, Outcome, RunFile, FindingProcess, Finding, Store>(ours);
    add_methods<StartRun, FinishRun, AbortRun, ListRuns, GetRun, Subscribe, GetStatus, Reload>(ours);
    add_errors(ours, false, static_cast<const Refusal*>(nullptr));
    const auto declared = parse(description_of(kInterface));
    CHECK(declared == ours);
    CHECK(ours.size() == 29);
}

TEST_CASE("the description of org.varlink.service is that of the messages", "[control]") {
    Declarations ours;
    add_methods<GetInfo, GetInterfaceDescription>(ours);
    add_errors(ours, true, static_cast<const Refusal*>(nullptr));
    CHECK(parse(description_of(kServiceInterface)) == ours);
}

TEST_CASE("what is served is the file that is shipped", "[control]") {
    for (const std::string interface : {"org.fstracker.Control", "org.varlink.service"})
        CHECK(description_of(interface) ==
              fstracker::testing::content_of(FSTRACKER_SOURCE_DIR "/include/fstracker/" + interface + ".varlink"));
    CHECK(description_of("org.example.None").empty());
}
