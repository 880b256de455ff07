// SPDX-License-Identifier: Apache-2.0
// Rules about several records: how many, how many different values, or which kinds within a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/sigma/record.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::sigma {

// One thing that a correlation says: once for each group, and again only after its window has passed.
struct CorrelationHit {
    const Rule* rule = nullptr;
    std::vector<std::pair<std::string, std::string>> group;  // group-by field (or alias) and value
    std::vector<std::uint64_t> records;                      // tags of the records that it rests on, oldest first
};

// Gathers what correlations need. The set must outlive it. Records must come in order of time. One thread's own.
class Correlator {
  public:
    explicit Correlator(const RuleSet& set);
    ~Correlator();
    Correlator(Correlator&&) noexcept;

    // `matcher` has just judged this record. What is complete with it.
    std::vector<CorrelationHit> feed(const Record& record, const Matcher& matcher);
    // After the last record: conditions that more events could have undone (lt, lte, eq, neq, averages).
    std::vector<CorrelationHit> finish();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::sigma
