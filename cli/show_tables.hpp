// SPDX-License-Identifier: Apache-2.0
// A record as tables, or as the entries of its statement.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.hpp"
#include "core/run/record.hpp"

namespace fstracker::cli {

struct ShowOptions {
    std::string table = "files";
    std::string path;  // glob
    std::vector<std::string> access;
    std::string binding;
    std::optional<std::uint32_t> process;
    std::string role;
    std::string sort = "path";
    bool json = false;
};

// An error for a filter whose word is none.
Result<std::string> show(const run::Record& record, const ShowOptions& options);

}  // namespace fstracker::cli
