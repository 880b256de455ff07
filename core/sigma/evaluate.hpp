// SPDX-License-Identifier: Apache-2.0
// Whether an expression holds for one record. What several rules need of the record is made once.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "core/sigma/expression.hpp"
#include "core/sigma/record.hpp"

namespace fstracker::sigma {

// A record laid out for judging. Reused from record to record; borrows the record.
class Subject {
  public:
    void set(const Record& record);
    bool fulfils(const Expression& expression);

    // Its value as text: numbers are written out. Empty for null.
    std::string_view text_of(std::size_t index);
    // The first value of a field, or none.
    static constexpr std::uint16_t kNone = 0xFFFF;
    std::uint16_t first(Field field) const { return first_[static_cast<std::size_t>(field)]; }
    std::uint16_t next(std::uint16_t index) const { return values_[index].next; }
    std::size_t size() const { return values_.size(); }

  private:
    static constexpr std::uint16_t kAsItIs = 0xFFFE;
    struct Prepared {
        std::uint16_t next = kNone;        // of the same field
        std::uint16_t own_text = kNone;    // where in texts_ a number was written
        std::uint16_t own_folded = kNone;  // where in texts_ the folded text is; kAsItIs: it has nothing to fold
    };

    std::string_view folded_of(std::size_t index);
    std::uint16_t keep(std::string_view text, bool fold);
    bool holds(const Test& test);
    bool compares(const Comparison& comparison, const Test& test);
    bool value_holds(const Comparison& comparison, std::uint16_t index);
    bool same(const SameAs& other, std::uint16_t mine);

    const Record* record_ = nullptr;
    std::array<std::uint16_t, kFields> first_{};
    std::vector<Prepared> values_;
    std::deque<std::string> texts_;  // only the first used_ are of this record; the rest is memory kept
    std::uint16_t used_ = 0;
};

// Records with more values than this are cut: no event has so many.
constexpr std::size_t kMostRecordValues = 20'000;

}  // namespace fstracker::sigma
