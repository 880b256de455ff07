// SPDX-License-Identifier: Apache-2.0
// A loop over many things that do not depend on each other, by a few threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <future>
#include <thread>
#include <vector>

namespace fstracker::base {

// A thread of its own, or, where none is to be had, whoever asks for the result.
inline constexpr auto kBesideOrLater = std::launch::async | std::launch::deferred;

struct Part {
    std::size_t begin = 0;
    std::size_t end = 0;
};

// Splits [0, count) into as many parts as there are cores, four at most, each of at least `least` things; one where
// that is not worth it. In order, without gaps.
inline std::vector<Part> parts_of(std::size_t count, std::size_t least) {
    constexpr std::size_t kMost = 4;
    const std::size_t cores = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, kMost);
    const std::size_t parts = std::clamp<std::size_t>(count / std::max<std::size_t>(least, 1), 1, cores);
    std::vector<Part> split;
    for (std::size_t i = 0; i < parts; ++i) split.push_back({count * i / parts, count * (i + 1) / parts});
    return split;
}

// Calls work(i, parts[i]) for each part, each on a thread of its own, and returns when all are done. Where no thread is
// to be had, the caller's does the work. What `work` throws is thrown here.
template <typename Work>
void for_each_part(const std::vector<Part>& parts, const Work& work) {
    std::vector<std::future<void>> others;
    for (std::size_t i = 1; i < parts.size(); ++i)
        others.push_back(std::async(kBesideOrLater, [&work, &parts, i] { work(i, parts[i]); }));
    if (!parts.empty()) work(0, parts[0]);
    for (std::future<void>& other : others) other.get();
}

}  // namespace fstracker::base
