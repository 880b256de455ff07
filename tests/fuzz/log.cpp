// SPDX-License-Identifier: Apache-2.0
// Any bytes as a line of the event log: what is taken must be written again byte for byte.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/event/log.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto event = fstracker::event::parse_line(line);
    if (!event) return 0;
    std::string again;
    fstracker::event::append_line(again, *event);
    if (!line.ends_with('\n')) again.pop_back();
    if (again != line) std::abort();
    return 0;
}
