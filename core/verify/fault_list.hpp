// SPDX-License-Identifier: Apache-2.0
// Faults as they are found. One place may name at most kMostPerPlace of them; the rest are counted.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "core/verify/verify.hpp"

namespace fstracker::verify {

class FaultList {
  public:
    static constexpr std::size_t kMostPerPlace = 50;

    void add(const std::string& place, const std::string& what) { add_at(place, place, what); }

    // `where` is more exact than `place`, by which faults are counted: "events.ndjson.zst line 12" in
    // "events.ndjson.zst".
    void add_at(const std::string& place, const std::string& where, const std::string& what);

    [[nodiscard]] std::size_t count() const { return total_; }

    // The faults, with "and N more" for each place that had too many.
    [[nodiscard]] std::vector<Fault> take() const;

  private:
    std::vector<Fault> faults_;
    std::map<std::string, std::size_t> per_place_;
    std::size_t total_ = 0;
};

}  // namespace fstracker::verify
