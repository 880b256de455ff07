// SPDX-License-Identifier: Apache-2.0
// Every line of a log that docs/events.md shows is one, and every kind is shown.
#include <catch2/catch.hpp>
#include <fstream>
#include <set>
#include <string>
#include <variant>

#include "core/event/log.hpp"

TEST_CASE("the lines shown in docs/events.md parse, one of each kind at least") {
    std::ifstream page(std::string(FSTRACKER_SOURCE_DIR) + "/docs/events.md");
    REQUIRE(page.good());
    std::set<std::size_t> kinds;
    for (std::string line; std::getline(page, line);) {
        if (!line.starts_with("{\"event\"")) continue;
        CAPTURE(line);
        const auto event = fstracker::event::parse_line(line);
        if (!event) FAIL(event.error().message);
        kinds.insert(event->index());
    }
    CHECK(kinds.size() == std::variant_size_v<fstracker::event::Event>);
}
