// SPDX-License-Identifier: Apache-2.0
// Any bytes as a statement (a baseline's comes back as it was) or an entry of the access table; an entry that is taken
// must come back from what is written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/evidence/baseline_statement.hpp"
#include "core/evidence/trace.hpp"
#include "core/evidence/verdict.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fstracker::evidence;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    (void)read_trace(text);
    (void)read_verdict(text);
    if (const auto baseline = read_baseline_statement(text))
        if (write_baseline_statement(*baseline) != text) std::abort();
    const auto entry = read_file_entry(text);
    if (!entry) return 0;
    const auto again = read_file_entry(write_file_entry(*entry));
    if (!again || !(*again == *entry)) std::abort();
    return 0;
}
