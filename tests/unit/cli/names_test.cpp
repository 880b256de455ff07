// SPDX-License-Identifier: Apache-2.0
#include "cli/names.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace fstracker::cli;

TEST_CASE("a step is named after its script, else after its program", "[cli]") {
    const auto name = [](std::vector<std::string> command) { return step_name(command); };
    CHECK(name({"make", "train"}) == "make");
    CHECK(name({"/usr/bin/make"}) == "make");
    CHECK(name({"python3", "train.py", "--fast"}) == "train.py");
    CHECK(name({"/opt/bin/python3.11", "-u", "-W", "ignore", "src/train.py"}) == "train.py");
    CHECK(name({"python3", "-m", "pip", "install"}) == "pip");
    CHECK(name({"python3", "-c", "print()"}) == "python3");
    CHECK(name({"python3"}) == "python3");
    CHECK(name({"sh", "-c", "train"}) == "sh");
    CHECK(name({"bash", "-eu", "step.sh"}) == "step.sh");
    CHECK(name({"./train.py"}) == "train.py");
    CHECK(name({"env", "-i", "-u", "A", "FOO=1", "B=", "python3", "-u", "x.py"}) == "x.py");
    CHECK(name({"/usr/bin/env", "--chdir", "/srv", "--unset=A", "make"}) == "make");
    CHECK(name({"setpriv", "--reuid", "1000", "--regid=1000", "--clear-groups", "python3", "x.py"}) == "x.py");
    CHECK(name({"sudo", "-n", "-u", "ml", "-E", "A=1", "nice", "-n", "5", "timeout", "-k", "5", "--foreground", "1h",
                "sh", "step.sh"}) == "step.sh");
    CHECK(name({"nice", "-19", "./train"}) == "train");
    CHECK(name({"timeout", "--signal=INT", "--", "10", "env", "--", "train"}) == "train");
    CHECK(name({"env", "-S", "python3 x.py"}) == "env");
    CHECK(name({"env", "A=1"}) == "env");
    CHECK(name({"timeout", "10"}) == "timeout");
    CHECK(name({"env", "env", "env"}) == "env");
    CHECK(name({"/"}) == "_");
    CHECK(name({".."}) == "step");
    CHECK(name({"./evil\x1b[2J"}).find('\x1b') == std::string::npos);
}

TEST_CASE("a pipeline is named after the CI system's project and job", "[cli]") {
    std::map<std::string, std::string> variables;
    const auto environment = [&](const char* key) -> std::optional<std::string> {
        const auto found = variables.find(key);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    CHECK(ci_pipeline(environment).empty());
    variables = {{"JOB_NAME", "x"}};
    CHECK(ci_pipeline(environment).empty());
    variables["JENKINS_URL"] = "https://ci.example";
    CHECK(ci_pipeline(environment) == "x");
    variables["GITHUB_REPOSITORY"] = "acme/fraud";
    CHECK(ci_pipeline(environment) == "acme/fraud");
    variables["GITHUB_JOB"] = "train";
    CHECK(ci_pipeline(environment) == "acme/fraud/train");
}
