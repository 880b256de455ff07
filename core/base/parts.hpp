// SPDX-License-Identifier: Apache-2.0
// A loop over many things that do not depend on each other, by a few threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <future>
#include <system_error>
#include <thread>
#include <vector>

namespace fstracker::base {

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
    std::size_t own = 0;
    try {
        for (; own + 1 < parts.size(); ++own)
            others.push_back(std::async(std::launch::async, [&work, &parts, own] { work(own, parts[own]); }));
    } catch (const std::system_error&) {  // the parts from `own` on are left to this thread
    }
    for (; own < parts.size(); ++own) work(own, parts[own]);
    for (std::future<void>& other : others) other.get();
}

}  // namespace fstracker::base
