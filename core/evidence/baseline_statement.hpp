// SPDX-License-Identifier: Apache-2.0
// The statement by which somebody vouches for a baseline's file: in-toto Statement v1, whose subject is the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.hpp"
#include "core/event/event.hpp"

namespace fstracker::evidence {

inline constexpr std::string_view kBaselinePredicate = "urn:fstracker:baseline:v1";

struct BaselineStatement {
    std::string file;  // its name, without folders
    event::Sha256 digest{};
    std::string pipeline;
    std::string step;
    std::uint64_t runs = 0;  // that taught
    bool operator==(const BaselineStatement&) const = default;
};

std::string write_baseline_statement(const BaselineStatement& baseline);
Result<BaselineStatement> read_baseline_statement(std::string_view statement);

}  // namespace fstracker::evidence
