// SPDX-License-Identifier: Apache-2.0
#include "core/base/time.hpp"

#include <chrono>

#include <fmt/format.h>

namespace fstracker::base {

namespace {
constexpr std::int64_t kSecond = 1'000'000'000;
}

std::string format_time(std::int64_t unix_nanoseconds) {
    std::int64_t seconds = unix_nanoseconds / kSecond;
    std::int64_t fraction = unix_nanoseconds % kSecond;
    if (fraction < 0) {
        fraction += kSecond;
        --seconds;
    }
    const std::chrono::sys_seconds point{std::chrono::seconds{seconds}};
    const auto day = std::chrono::floor<std::chrono::days>(point);
    const std::chrono::year_month_day date{day};
    const std::chrono::hh_mm_ss clock{point - day};
    // Digits by hand: a long table has 100,000 of these.
    std::string text = "0000-00-00T00:00:00.000000000Z";
    const auto put = [&text](std::size_t end, std::size_t digits, std::int64_t value) {
        for (std::size_t i = 0; i < digits; ++i, value /= 10) text[end - 1 - i] = static_cast<char>('0' + value % 10);
    };
    put(4, 4, int(date.year()));
    put(7, 2, unsigned(date.month()));
    put(10, 2, unsigned(date.day()));
    put(13, 2, clock.hours().count());
    put(16, 2, clock.minutes().count());
    put(19, 2, clock.seconds().count());
    put(29, 9, fraction);
    return text;
}

namespace {

// Reads exactly `digits` decimal digits at `position`, or returns -1.
int number_at(std::string_view text, std::size_t position, std::size_t digits) {
    if (position + digits > text.size()) return -1;
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
        const char c = text[position + i];
        if (c < '0' || c > '9') return -1;
        value = value * 10 + (c - '0');
    }
    return value;
}

bool has(std::string_view text, std::size_t position, char wanted) {
    return position < text.size() && text[position] == wanted;
}

}  // namespace

Result<std::int64_t> parse_time(std::string_view text) {
    const auto bad = [&] {
        return fail(ErrorKind::kInvalid, fmt::format("not a UTC time as in RFC 3339: '{}'", text));
    };
    const int year = number_at(text, 0, 4), month = number_at(text, 5, 2), day = number_at(text, 8, 2);
    const int hour = number_at(text, 11, 2), minute = number_at(text, 14, 2), second = number_at(text, 17, 2);
    const bool shaped =
        has(text, 4, '-') && has(text, 7, '-') && has(text, 10, 'T') && has(text, 13, ':') && has(text, 16, ':');
    if (!shaped || year < 0 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59)
        return bad();
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{unsigned(month)},
                                           std::chrono::day{unsigned(day)}};
    if (!date.ok()) return bad();
    std::size_t position = 19;
    std::int64_t fraction = 0;
    if (has(text, position, '.')) {
        ++position;
        std::int64_t unit = kSecond;
        const std::size_t first = position;
        while (position < text.size() && text[position] >= '0' && text[position] <= '9' && unit > 1) {
            unit /= 10;
            fraction += (text[position] - '0') * unit;
            ++position;
        }
        if (position == first) return bad();
    }
    if (position + 1 != text.size() || text[position] != 'Z') return bad();
    const auto point = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                       std::chrono::seconds{second};
    return point.time_since_epoch().count() * kSecond + fraction;
}

}  // namespace fstracker::base
