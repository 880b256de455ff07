// SPDX-License-Identifier: Apache-2.0
// Many texts looked for at once, in one pass over a value, whatever the case of its ASCII letters (Aho-Corasick, with a
// table of transitions over classes of bytes).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fstracker::sigma {

class Automaton {
  public:
    using Number = std::uint32_t;
    static constexpr std::size_t kMostBytes = 65'536;  // of all needles together

    // Needles are folded and not empty; each has the number that is given back when it is found.
    explicit Automaton(const std::vector<std::pair<std::string, Number>>& needles);

    // Calls found(number), for some more than once.
    template <typename Found>
    void scan(std::string_view text, const Found& found) const {
        std::uint32_t at = 0;
        for (const char c : text) {
            at = table_[(at & kPlace) + classes_[static_cast<unsigned char>(c)]];
            if ((at & kHit) == 0) continue;
            const auto& [begin, end] = hits_[(at & kPlace) / width_];
            for (auto i = begin; i < end; ++i) found(numbers_[i]);
        }
    }

  private:
    static constexpr std::uint32_t kHit = 0x80000000U;
    static constexpr std::uint32_t kPlace = 0x7FFFFFFFU;

    std::array<std::uint8_t, 256> classes_{};  // of a byte; 0 for those in no needle
    std::uint32_t width_ = 1;                  // number of classes
    std::vector<std::uint32_t> table_;         // state * width + class -> next state * width, and kHit
    std::vector<std::pair<std::uint32_t, std::uint32_t>> hits_;  // of a state: its part of numbers_
    std::vector<Number> numbers_;
};

}  // namespace fstracker::sigma
