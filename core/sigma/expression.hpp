// SPDX-License-Identifier: Apache-2.0
// A rule's detection, compiled: a tree of and, or, not over tests of fields.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/sigma/network.hpp"
#include "core/sigma/pattern.hpp"
#include "core/sigma/vocabulary.hpp"

namespace re2 {
class RE2;
}

namespace fstracker::sigma {

// What one value of a rule asks of a field's value.
struct Text {
    Pattern pattern;
    Pieces written;  // before encoding, for people
};
struct Regex {
    std::shared_ptr<const re2::RE2> compiled;
    std::string written;
};
struct Number {
    enum class Order : std::uint8_t { kEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
    Order order = Order::kEqual;
    std::int64_t integer = 0;
    double real = 0;
    bool is_integer = true;
    std::string written;
};
struct IsNull {};
struct Exists {
    bool wanted = true;
};
struct SameAs {  // another field of the same record
    std::string field;
    std::optional<Field> known;
    bool starts = false, ends = false;  // the other field's value is this one's beginning, end; both: anywhere within
    bool cased = false;
};
using Comparison = std::variant<Text, Regex, Number, IsNull, Exists, SameAs, Network>;

struct Test {
    std::string field;                   // as written; empty: any field (keywords)
    std::optional<Field> known;          // not there: no event of ours has it, and it counts as absent
    bool all = false;                    // every value must be met, not one
    bool negated = false;                // `neq`
    std::vector<std::string> modifiers;  // as written
    std::vector<Comparison> values;
    // How many of `values` each value of the rule became (`base64offset` makes three): one of them is enough for it.
    std::vector<std::size_t> groups;
};

struct Expression {
    enum class Kind : std::uint8_t { kAnd, kOr, kNot, kTest };
    Kind kind = Kind::kTest;
    std::vector<Expression> parts;  // one for kNot
    Test test;                      // of kTest
    std::string selection;          // the name that it has in the rule, where it is a whole selection
};

}  // namespace fstracker::sigma
