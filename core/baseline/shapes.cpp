// SPDX-License-Identifier: Apache-2.0
#include "core/baseline/shapes.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/baseline/path_names.hpp"

namespace fstracker::baseline {

namespace {

PathEntry merged(const Siblings& siblings) {
    PathEntry mask;
    std::set<std::uint32_t> seen;
    mask.varies = true;
    mask.seen.first = siblings.front()->second.seen.first;
    for (const auto& sibling : siblings) {
        const PathEntry& entry = sibling->second;
        mask.role = entry.role;
        mask.access |= entry.access;
        mask.seen.first = std::min(mask.seen.first, entry.seen.first);
        mask.seen.last = std::max(mask.seen.last, entry.seen.last);
        // At least so many runs had one of them: those that some file was in, and those in which others came or went.
        mask.seen.runs = std::max(mask.seen.runs, entry.seen.runs);
        seen.insert(entry.seen.first);
        seen.insert(entry.seen.last);
        std::vector<std::uint64_t> numbers;
        skeleton_of(sibling->first, &numbers);
        widen(mask, numbers);
    }
    mask.seen.runs = std::max(mask.seen.runs, static_cast<std::uint32_t>(seen.size()));
    mask.members = siblings.size();
    return mask;
}

}  // namespace

bool may_be_generalised(const std::string& role) {
    constexpr std::array<std::string_view, 4> kRoles{"data", "cache", "temp", "output"};
    return std::find(kRoles.begin(), kRoles.end(), role) != kRoles.end();
}

void widen(PathEntry& mask, const std::vector<std::uint64_t>& numbers) {
    if (mask.ranges.empty())
        for (const std::uint64_t number : numbers) mask.ranges.emplace_back(number, number);
    for (std::size_t i = 0; i < std::min(numbers.size(), mask.ranges.size()); ++i) {
        mask.ranges[i].first = std::min(mask.ranges[i].first, numbers[i]);
        mask.ranges[i].second = std::max(mask.ranges[i].second, numbers[i]);
    }
}

std::map<std::string, Siblings> siblings_by_shape(ProgramEntry& program) {
    std::map<std::string, Siblings> shapes;
    for (auto file = program.files.begin(); file != program.files.end(); ++file) {
        if (file->second.is_mask() || !may_be_generalised(file->second.role)) continue;
        const std::string shape = skeleton_of(file->first);
        if (shape != file->first) shapes[shape].push_back(file);
    }
    return shapes;
}

void fold(ProgramEntry& program, const std::string& shape, const Siblings& siblings) {
    PathEntry mask = merged(siblings);
    for (const auto& sibling : siblings) program.files.erase(sibling);
    program.files.insert_or_assign(shape, std::move(mask));
}

}  // namespace fstracker::baseline
