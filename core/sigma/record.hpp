// SPDX-License-Identifier: Apache-2.0
// One event or one fact of a run, as rules see it. A record borrows its texts: they must live as long as it is judged.
// Meant to be reused: clear() keeps the memory.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "core/sigma/vocabulary.hpp"

namespace fstracker::sigma {

// A text, an integer, a real number, or null (there, and known to be nothing). Truth values are the texts "true" and
// "false".
struct Value {
    enum class Kind : std::uint8_t { kNull, kText, kInteger, kReal };

    Value() = default;
    Value(std::string_view value) : kind(Kind::kText), text(value) {}    // NOLINT(google-explicit-constructor)
    Value(const std::string& value) : Value(std::string_view(value)) {}  // NOLINT(google-explicit-constructor)
    Value(const char* value) : Value(std::string_view(value)) {}         // NOLINT(google-explicit-constructor)

    static Value of_integer(std::int64_t value) {
        Value made;
        made.kind = Kind::kInteger;
        made.integer = value;
        return made;
    }
    static Value of_real(double value) {
        Value made;
        made.kind = Kind::kReal;
        made.real = value;
        return made;
    }
    static Value of_truth(bool value) { return {value ? "true" : "false"}; }

    Kind kind = Kind::kNull;
    std::string_view text;
    std::int64_t integer = 0;
    double real = 0;
};

// A field that is named more than once is a list: a test on it holds when any element fulfils it.
struct Record {
    Source source = Source::kProcessCreation;
    std::int64_t time =
        0;  // nanoseconds since any fixed moment of the run; what correlations measure their timespans by
    std::uint64_t tag = 0;  // the caller's own: correlations name the records that they rest on by it
    std::vector<std::pair<Field, Value>> values;

    void add(Field field, Value value) { values.emplace_back(field, value); }
    void clear(Source next) {
        source = next;
        time = 0;
        tag = 0;
        values.clear();
    }
};

}  // namespace fstracker::sigma
