// SPDX-License-Identifier: Apache-2.0
// The project's files that a run is judged by, as they were when it began: handed over by whoever started it, kept in the
// run's directory until its evidence is there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace fstracker::daemon {

struct Given {
    std::string path;     // what evidence calls it; any bytes
    std::string purpose;  // as the interface calls it
    std::string bytes;
    bool operator==(const Given&) const = default;
};

std::string pack(const std::vector<Given>& files);
Result<std::vector<Given>> unpack(std::string_view packed);

}  // namespace fstracker::daemon
