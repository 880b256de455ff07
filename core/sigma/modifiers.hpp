// SPDX-License-Identifier: Apache-2.0
// "Field|modifier|modifier": what is asked of a field's values, by the words behind its name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/sigma/document.hpp"
#include "core/sigma/expression.hpp"

namespace fstracker::sigma {

struct FieldKey {
    std::string field;  // empty: keywords
    std::vector<std::string> modifiers;
    bool all = false;
    bool negated = false;
};

// Unknown modifiers, those that mean nothing for our events, and combinations that Sigma does not have are errors.
Result<FieldKey> read_field_key(std::string_view written);

// One value under that key, as one or more comparisons of which one must hold.
Result<std::vector<Comparison>> read_value(const FieldKey& key, const Node& value);

}  // namespace fstracker::sigma
