// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/mentions.hpp"

#include <algorithm>
#include <variant>

#include "core/sigma/correlation_rule.hpp"
#include "core/sigma/expression.hpp"

namespace fstracker::sigma {
namespace {

bool mentions(const Expression& expression, Field field) {
    if (expression.kind != Expression::Kind::kTest)
        return std::any_of(expression.parts.begin(), expression.parts.end(),
                           [field](const Expression& part) { return mentions(part, field); });
    const Test& test = expression.test;
    return test.known == field ||
           std::any_of(test.values.begin(), test.values.end(), [field](const Comparison& comparison) {
               const auto* other = std::get_if<SameAs>(&comparison);
               return other != nullptr && other->known == field;
           });
}

}  // namespace

bool mentions(const Rule& rule, Field field) { return rule.detection && mentions(*rule.detection, field); }

bool rests_on(const RuleSet& set, const Rule& rule, Field field) {
    if (!rule.correlation) return mentions(rule, field);
    const auto& parts = rule.correlation->targets;  // without circles, or it would not have been loaded
    return std::any_of(parts.begin(), parts.end(),
                       [&](std::size_t part) { return rests_on(set, set.rules()[part], field); });
}

}  // namespace fstracker::sigma
