// SPDX-License-Identifier: Apache-2.0
// What the disassembler keeps of a value on the unpickler's stack: enough to name what is imported, and to know how
// long an array of joblib's is. Internal to pickle.cpp and pickle_value.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/artifact/bytes.hpp"

namespace fstracker::artifact {

struct Value {
    enum class Kind : std::uint8_t {
        kNothing,  // a place of the memo that was never filled
        kOther,
        kText,        // UTF-8, `length` bytes at `at`
        kQuoted,      // the same, of opcode STRING: quotes and escapes
        kRawEscaped,  // of opcode UNICODE: \u escapes
        kGlobal,      // `at` is a Known
        kNumber,      // `at`
        kNumbers,     // a tuple of numbers, `at` is their product
        kTextFirst,   // a tuple that begins with a text, at `at`
        kTypeState,   // of numpy.dtype: `at` are its flags
        kArrayType,   // numpy.dtype; `at` is its number among those of the pickle
        kArray,       // joblib's wrapper of an array
    };
    enum Known : std::uint8_t { kAny, kNumpyType, kJoblibWrapper };
    static constexpr std::uint64_t kNotKnown = UINT64_MAX;  // of kNumbers

    Kind kind = Kind::kOther;
    std::uint32_t length = 0;
    std::uint64_t at = 0;
};

// The text that a value stands for, decoded; none where it is no text, or longer than any name.
std::optional<std::string> text_of(Bytes& bytes, const Value& value);
inline constexpr std::uint32_t kLongestText = 4096;

// The tuple of these.
Value tuple_of(std::span<const Value> values);

// How many bytes an element of an array has.
struct ArrayType {
    bool known = false;
    bool objects = false;  // pickled, instead
    bool fields = false;   // of which some may be objects: its state tells
    std::uint64_t width = 0;
};

// numpy.dtype(*arguments): "f8", "O8", "U5", "V56".
ArrayType array_type_of(Bytes& bytes, const Value& arguments);

}  // namespace fstracker::artifact
