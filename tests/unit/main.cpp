// SPDX-License-Identifier: Apache-2.0
// Catch2's main, compiled once and shared by the unit tests of every room.
#define CATCH_CONFIG_RUNNER
#include <catch2/catch.hpp>

#include "tests/unit/executed_again.hpp"

// Where no test of the room executes its own program again.
__attribute__((weak)) std::optional<int> fstracker::testing::executed_again(int, char**) { return std::nullopt; }

int main(int argc, char** argv) {
    if (const auto status = fstracker::testing::executed_again(argc, argv)) return *status;
    return Catch::Session().run(argc, argv);
}
