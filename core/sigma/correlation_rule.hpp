// SPDX-License-Identifier: Apache-2.0
// The `correlation` and `filter` documents, as they were read.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/sigma/document.hpp"
#include "core/sigma/expression.hpp"
#include "core/sigma/read_rule.hpp"

namespace fstracker::sigma {

struct Bound {
    enum class Order : std::uint8_t { kEqual, kNotEqual, kLess, kLessOrEqual, kGreater, kGreaterOrEqual };
    Order order = Order::kGreaterOrEqual;
    double limit = 0;
    bool admits(double value) const;
};

struct Correlation {
    enum class Type : std::uint8_t { kEventCount, kValueCount, kTemporal, kTemporalOrdered, kValueSum, kValueAverage };
    Type type = Type::kEventCount;
    std::vector<std::string> rules;                                     // ids or names, as written
    std::vector<std::size_t> targets;                                   // their positions in the set
    std::vector<std::string> group_by;                                  // fields or aliases
    std::map<std::string, std::map<std::string, std::string>> aliases;  // alias -> rule as written -> field
    std::int64_t timespan = 0;                                          // nanoseconds
    std::vector<Bound> bounds;                                          // all must admit
    std::vector<std::string> fields;                                    // whose values are counted, or summed
    bool generate = false;

    // Whether more events can only bring it nearer, so that it is told as soon as it holds. Otherwise it is decided
    // when the timespan after a group's first event has passed.
    bool grows() const;
    bool admits(double value) const;
};

// Targets are left empty.
std::optional<Rule> read_correlation_rule(const Node& document, Complaints& complaints);

struct Filter {
    LogSource logsource;
    std::vector<std::string> rules;  // ids or names; empty: every rule of the log source
    Expression expression;           // must hold as well for such a rule to fire
    std::string file;
    int line = 0;
};

std::optional<Filter> read_filter(const Node& document, Complaints& complaints);
bool applies(const Filter& filter, const Rule& rule);

}  // namespace fstracker::sigma
