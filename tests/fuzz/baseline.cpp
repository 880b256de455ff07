// SPDX-License-Identifier: Apache-2.0
// Any bytes as a baseline: told what is wrong with them, or the same baseline when it is written and read again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/baseline/baseline_text.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fstracker::baseline;
    const auto baseline = read_baseline({reinterpret_cast<const char*>(data), size}, "fuzz.yaml");
    if (!baseline) return 0;
    const auto again = read_baseline(write_baseline(*baseline), "again.yaml");
    if (!again || !(*again == *baseline)) std::abort();
    return 0;
}
