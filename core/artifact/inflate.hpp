// SPDX-License-Identifier: Apache-2.0
// Deflated bytes, inflated into memory up to a bound: what a bomb holds beyond it is not there.
#pragma once

#include <cstdint>
#include <vector>

#include "core/artifact/bytes.hpp"

namespace fstracker::artifact {

enum class Wrapping { kRaw, kZlib, kGzip };

struct Inflated {
    std::vector<std::uint8_t> bytes;
    bool whole = false;  // the stream's own end was reached
};

Inflated inflate(Bytes& from, Wrapping wrapping, std::size_t most);

}  // namespace fstracker::artifact
