// SPDX-License-Identifier: Apache-2.0
// YAML documents as trees with the place of each node, within bounds: hostile text costs no more than friendly text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fstracker::sigma {

struct Node {
    enum class Kind : unsigned char { kNull, kScalar, kList, kMap };
    Kind kind = Kind::kNull;
    bool plain = false;  // a scalar without quotes: it may be a number or a truth value
    int line = 0;        // from 1
    int column = 0;      // from 1
    std::string text;    // of a scalar

    // Elements of a list. Of a map the values, with the key of each beside it.
    std::vector<Node> children;
    std::vector<Node> keys;

    bool is(Kind wanted) const { return kind == wanted; }
    // The value of a key of a map, or null.
    const Node* find(std::string_view key) const;
};

struct DocumentFault {
    int line = 0;
    int column = 0;
    std::string message;
};

struct Documents {
    std::vector<Node> documents;        // those before the first fault; empty ones are left out
    std::vector<DocumentFault> faults;  // at most one: nothing is read after it
};

constexpr std::size_t kLongestFile = 1U << 20U;
constexpr std::size_t kMostNodes = 100'000;  // in one file, aliases counted as often as they are used
constexpr std::size_t kDeepest = 32;

Documents read_documents(std::string_view text);

// Whether a map's keys are distinct scalars: the first that is not, or null.
const Node* odd_key(const Node& map);

}  // namespace fstracker::sigma
