// SPDX-License-Identifier: Apache-2.0
// fstrackerd of this version: it says that the service is not in it, so that nobody believes runs to be separated from
// the key that signs them when they are not.
#include <sysexits.h>

#include <cstdio>
#include <string>
#include <string_view>

#include "fstracker/version.hpp"

namespace {

constexpr const char* kHelp =
    "usage: fstrackerd [--version | --help]\n"
    "\n"
    "The service of fstracker. It is not in this version: track records each run by itself, in the\n"
    "process that runs the command, so whoever runs the command also holds the key and the privilege.\n"
    "Started without an option, fstrackerd says so and exits with status 69.\n";

int refuse_to_start() {
    std::fputs(
        "fstrackerd: cannot start: the service is not in this version\n"
        "hint: track -- COMMAND records a run without it\n",
        stderr);
    return EX_UNAVAILABLE;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string_view argument = argc > 1 ? argv[1] : "";
    if (argc == 1) return refuse_to_start();
    if (argc == 2 && argument == "--version") {
        const std::string version(fstracker::kVersion);
        const std::string commit(fstracker::kCommit);
        std::printf("fstrackerd %s%s%s\n", version.c_str(), commit.empty() ? "" : " ", commit.c_str());
        return EX_OK;
    }
    if (argc == 2 && (argument == "--help" || argument == "-h")) {
        std::fputs(kHelp, stdout);
        return EX_OK;
    }
    std::fprintf(stderr, "fstrackerd: unknown argument\nhint: fstrackerd --help\n");
    return EX_USAGE;
}
