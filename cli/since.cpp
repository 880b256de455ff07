// SPDX-License-Identifier: Apache-2.0
#include "cli/since.hpp"

#include <charconv>

#include "core/base/time.hpp"

namespace fstracker::cli {

Result<std::int64_t> parse_since(const std::string& text, std::int64_t now) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec == std::errc() && number >= 0 && end - parsed.ptr == 1) {
        const std::int64_t unit = *parsed.ptr == 's'   ? kSecond
                                  : *parsed.ptr == 'm' ? 60 * kSecond
                                  : *parsed.ptr == 'h' ? 3600 * kSecond
                                  : *parsed.ptr == 'd' ? 86400 * kSecond
                                                       : 0;
        std::int64_t age = 0;
        if (unit != 0 && !__builtin_mul_overflow(number, unit, &age)) return now - age;
    }
    const auto time = base::parse_time(text.size() == 10 ? text + "T00:00:00Z" : text);
    if (time) return *time;
    return fail(ErrorKind::kInvalid, "--since " + text + ": is no time",
                "write 2026-01-31, 2026-01-31T12:00:00Z, or an age as 90m, 36h, 7d");
}

}  // namespace fstracker::cli
