// SPDX-License-Identifier: Apache-2.0
// Any bytes as arguments: whatever stands before it, a word after --password goes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/event/redact.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using fstracker::event::Ending;
    std::vector<std::string> arguments(1);
    for (const char c : std::string_view(reinterpret_cast<const char*>(data), size)) {
        if (c == '\0')
            arguments.emplace_back();
        else
            arguments.back() += c;
    }
    const std::size_t count = arguments.size() + 3;
    arguments.insert(arguments.end(), {"--", "--password", "Hunter2"});
    fstracker::event::redact(arguments, size % 2 == 0 ? Ending::kWhole : Ending::kCut);
    if (arguments.size() != count || arguments.back() != fstracker::event::kRedacted) std::abort();
    return 0;
}
