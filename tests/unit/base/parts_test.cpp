// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <stdexcept>

#include <catch2/catch.hpp>

#include "core/base/parts.hpp"

using namespace fstracker;

TEST_CASE("parts are in order, without gaps, and as long as is asked for") {
    for (const std::size_t count : {0U, 1U, 9U, 10U, 1000U, 100'003U}) {
        for (const std::size_t least : {0U, 1U, 10U, 1'000'000U}) {
            const auto parts = base::parts_of(count, least);
            REQUIRE_FALSE(parts.empty());
            CHECK(parts.size() <= 4);
            std::size_t at = 0;
            for (const base::Part& part : parts) {
                CHECK(part.begin == at);
                CHECK((parts.size() == 1 || part.end - part.begin >= least));
                at = part.end;
            }
            CHECK(at == count);
        }
    }
}

TEST_CASE("each part is worked on once, and what a part throws is thrown") {
    const std::vector<base::Part> parts{{0, 10}, {10, 20}, {20, 30}};
    std::vector<int> times(30);
    base::for_each_part(parts, [&](std::size_t which, base::Part part) {
        for (std::size_t i = part.begin; i < part.end; ++i) times[i] += static_cast<int>(i / 10 == which);
    });
    CHECK(times == std::vector<int>(30, 1));

    std::atomic<int> done = 0;
    const auto work = [&done](std::size_t which, base::Part) {
        ++done;
        if (which == 1) throw std::runtime_error("no");
    };
    CHECK_THROWS_AS(base::for_each_part(parts, work), std::runtime_error);
    CHECK(done == 3);
}
