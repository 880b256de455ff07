// SPDX-License-Identifier: Apache-2.0
// What `track baseline ACTION` does. Each gives the exit status, or an error that main prints.
#pragma once

#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace fstracker::cli {

struct BaselineOptions {
    std::string what;
    std::vector<std::string> words;  // runs; for accept a run and findings; for sign baselines
    std::string file;
    std::string reason;
    std::string key;
    bool replace = false;
    bool shape = false;
    bool json = false;
};

Result<int> learn_baseline(const BaselineOptions& options);
Result<int> show_baseline(const BaselineOptions& options);
Result<int> diff_baseline(const BaselineOptions& options);
Result<int> accept_findings(const BaselineOptions& options);
Result<int> review_run(const BaselineOptions& options);
Result<int> sign_baseline(const BaselineOptions& options);

}  // namespace fstracker::cli
