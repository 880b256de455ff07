// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace fstracker::capture {

// The address of a kernel function from /proc/kallsyms; 0 when it is not there or addresses are hidden from us.
std::uint64_t kernel_symbol(std::string_view name);

}  // namespace fstracker::capture
