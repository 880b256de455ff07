// SPDX-License-Identifier: Apache-2.0
// fstrackerd: the service, and with --worker the process that records one run of it.
#include <sysexits.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "capture/parser/helper.hpp"
#include "daemon/configuration.hpp"
#include "daemon/run/worker.hpp"
#include "daemon/serve.hpp"
#include "fstracker/version.hpp"

namespace {

using fstracker::Error;

constexpr const char* kHelp =
    "usage: fstrackerd [--config FILE]\n"
    "       fstrackerd --version | --help\n"
    "\n"
    "The service of fstracker: records the steps that track hands to it, with a key and privileges that the\n"
    "step's user does not have. Without --config it reads /etc/fstracker/fstrackerd.yaml where that is there.\n";

constexpr const char* kUsualFile = "/etc/fstracker/fstrackerd.yaml";

int tell(const Error& error, int status) {
    fmt::print(stderr, "fstrackerd: {}\n", error.message);
    if (!error.hint.empty()) fmt::print(stderr, "hint: {}\n", error.hint);
    return status;
}

int serve(const std::string& given) {
    auto configuration = fstracker::daemon::read_configuration(given.empty() ? kUsualFile : given);
    if (!configuration && given.empty() && configuration.error().kind == fstracker::ErrorKind::kNotFound)
        configuration = fstracker::daemon::Configuration();
    if (!configuration) return tell(configuration.error(), EX_CONFIG);
    const auto served = fstracker::daemon::serve(*configuration);
    return served ? EX_OK : tell(served.error().within("cannot start"), EX_UNAVAILABLE);
}

}  // namespace

int main(int argc, char** argv) {
    if (fstracker::capture::is_parser(argc, argv)) return fstracker::capture::serve_parser();
    spdlog::set_default_logger(spdlog::stderr_logger_st("fstrackerd"));
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    if (arguments.empty()) return serve({});
    if (arguments.size() == 1 && arguments[0] == "--worker") return fstracker::daemon::run_worker();
    if (arguments.size() == 2 && arguments[0] == "--config") return serve(std::string(arguments[1]));
    if (arguments.size() == 1 && arguments[0] == "--version") {
        fmt::print("fstrackerd {}{}{}\n", fstracker::kVersion, fstracker::kCommit.empty() ? "" : " ",
                   fstracker::kCommit);
        return EX_OK;
    }
    if (arguments.size() == 1 && (arguments[0] == "--help" || arguments[0] == "-h")) {
        fmt::print("{}", kHelp);
        return EX_OK;
    }
    fmt::print(stderr, "fstrackerd: unknown argument\nhint: fstrackerd --help\n");
    return EX_USAGE;
}
