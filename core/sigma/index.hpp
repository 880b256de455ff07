// SPDX-License-Identifier: Apache-2.0
// Which rules may fit a record at all: those of its log source, less those that need a text that its values do not
// have.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/sigma/automaton.hpp"
#include "core/sigma/evaluate.hpp"
#include "core/sigma/rule.hpp"

namespace fstracker::sigma {

class Index {
  public:
    // Positions in `rules` are what it gives back.
    explicit Index(const std::vector<Rule>& rules);

    // One bit for each rule of a log source, in the rules' order.
    using Bits = std::vector<std::uint64_t>;
    // Calls candidate(position) in ascending order.
    template <typename Candidate>
    void each(Subject& subject, Source source, Bits& scratch, const Candidate& candidate) const {
        const auto& bucket = buckets_[static_cast<std::size_t>(source)];
        if (bucket.rules.empty()) return;
        narrow(subject, bucket, scratch);
        for (std::size_t word = 0; word < scratch.size(); ++word)
            for (auto rest = scratch[word]; rest != 0; rest &= rest - 1)
                candidate(bucket.rules[word * 64 + static_cast<unsigned>(__builtin_ctzll(rest))]);
    }

  private:
    struct Bucket {
        std::vector<std::uint32_t> rules;
        Bits always;  // rules that need no particular text
        std::vector<std::pair<Field, Automaton>> automata;
    };
    static void narrow(Subject& subject, const Bucket& bucket, Bits& scratch);
    static Bucket make_bucket(const std::vector<Rule>& rules, Source source);

    std::array<Bucket, kSources> buckets_;
};

}  // namespace fstracker::sigma
