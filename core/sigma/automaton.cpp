// SPDX-License-Identifier: Apache-2.0
#include "core/sigma/automaton.hpp"

#include <algorithm>
#include <deque>

namespace fstracker::sigma {

Automaton::Automaton(const std::vector<std::pair<std::string, Number>>& needles) {
    for (const auto& [needle, number] : needles)
        for (const char c : needle) {
            auto& known = classes_[static_cast<unsigned char>(c)];
            if (known == 0 && width_ < 256) known = static_cast<std::uint8_t>(width_++);
        }
    for (unsigned c = 'A'; c <= 'Z'; ++c) classes_[c] = classes_[c + ('a' - 'A')];

    // The tree of needles; 0 stands for no child, since nothing leads back to the root.
    std::vector<std::vector<Number>> found(1);
    table_.assign(width_, 0);
    for (const auto& [needle, number] : needles) {
        std::uint32_t state = 0;
        for (const char c : needle) {
            const std::size_t slot = std::size_t{state} * width_ + classes_[static_cast<unsigned char>(c)];
            if (table_[slot] == 0) {
                table_[slot] = static_cast<std::uint32_t>(found.size());
                found.emplace_back();
                table_.resize(table_.size() + width_, 0);
            }
            state = table_[slot];
        }
        found[state].push_back(number);
    }

    // Breadth first: a missing child is that of the longest other needle's beginning that ends here.
    std::vector<std::uint32_t> fallback(found.size(), 0);
    std::deque<std::uint32_t> waiting;
    for (std::uint32_t c = 0; c < width_; ++c)
        if (table_[c] != 0) waiting.push_back(table_[c]);
    while (!waiting.empty()) {
        const auto state = waiting.front();
        waiting.pop_front();
        const auto& inherited = found[fallback[state]];
        found[state].insert(found[state].end(), inherited.begin(), inherited.end());
        for (std::uint32_t c = 0; c < width_; ++c) {
            auto& next = table_[std::size_t{state} * width_ + c];
            const auto other = table_[std::size_t{fallback[state]} * width_ + c];
            if (next == 0) {
                next = other;
            } else {
                fallback[next] = other;
                waiting.push_back(next);
            }
        }
    }

    for (auto& numbers : found) {
        std::sort(numbers.begin(), numbers.end());
        numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
        const auto begin = static_cast<std::uint32_t>(numbers_.size());
        numbers_.insert(numbers_.end(), numbers.begin(), numbers.end());
        hits_.emplace_back(begin, static_cast<std::uint32_t>(numbers_.size()));
    }
    for (auto& next : table_) next = next * width_ | (found[next].empty() ? 0U : kHit);
}

}  // namespace fstracker::sigma
