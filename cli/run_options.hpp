// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace fstracker::cli {

struct RunOptions {
    std::string pipeline;
    std::string step;
    std::string out;
    std::string baseline;
    std::string baseline_key;
    std::vector<std::string> after;
    std::vector<std::string> rules;
    std::string fail_on = "never";
    std::string backend = "auto";
    bool local = false;
    std::string key;
    std::string digest = "full";
    std::string summary;
    bool quiet = false;
    bool verbose = false;
    bool json = false;
};

void declare_run_options(CLI::App& app, RunOptions& options);

// "full", "none", or a size such as 4GiB as a number of bytes.
Result<std::string> digest_mode(const std::string& text);

}  // namespace fstracker::cli
