// SPDX-License-Identifier: Apache-2.0
#include <exception>

#include "cli/dispatch.hpp"
#include "cli/terminal.hpp"

int main(int argc, char** argv) {
    constexpr int kTrackerFailed = 125;
    try {
        return fstracker::cli::dispatch({argv + (argc > 0 ? 1 : 0), argv + argc});
    } catch (const std::exception& error) {
        fstracker::cli::tell_error({fstracker::ErrorKind::kSystem, std::string("unforeseen: ") + error.what(),
                                    "this is a fault of track: please report it"});
    }
    return kTrackerFailed;
}
