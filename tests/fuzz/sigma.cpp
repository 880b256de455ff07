// SPDX-License-Identifier: Apache-2.0
// Any bytes as rules; what loads judges a record, with the index and without it to the same end, and can be explained.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/sigma/explain.hpp"
#include "core/sigma/rule_set.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace fstracker::sigma;
    const auto set = load_text({reinterpret_cast<const char*>(data), size}, "fuzz.yml");
    Matcher matcher(set);
    Record record;
    for (std::size_t source = 0; source < kSources; ++source) {
        record.clear(static_cast<Source>(source));
        record.add(Field::kImage, "/usr/bin/Python3");
        record.add(Field::kCommandLine, "python3 -c 'import os; print(\"a*b?\")' \xC3\xBC \xFF");
        record.add(Field::kAncestorImage, "/bin/sh");
        record.add(Field::kAncestorImage, Value{});
        record.add(Field::kDestinationIp, "10.0.0.1");
        record.add(Field::kDestinationPort, Value::of_integer(443));
        record.add(Field::kSurprise, Value::of_real(2.5));
        matcher.matching(record);
        std::size_t expected = 0;
        for (const auto& rule : set.rules()) expected += matches(rule, record) ? 1 : 0;
        if (matcher.matching_for_correlations().size() != expected) std::abort();
    }
    for (const auto& rule : set.rules()) (void)explain(rule);
    return 0;
}
