// SPDX-License-Identifier: Apache-2.0
#include "core/verify/fault_list.hpp"

#include <fmt/format.h>

namespace fstracker::verify {

void FaultList::add_at(const std::string& place, const std::string& where, const std::string& what) {
    ++total_;
    if (++per_place_[place] <= kMostPerPlace) faults_.push_back({where, what});
}

std::vector<Fault> FaultList::take() const {
    auto all = faults_;
    for (const auto& [place, count] : per_place_) {
        if (count > kMostPerPlace) all.push_back({place, fmt::format("and {} more", count - kMostPerPlace)});
    }
    return all;
}

}  // namespace fstracker::verify
