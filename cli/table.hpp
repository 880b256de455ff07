// SPDX-License-Identifier: Apache-2.0
// Rows under a heading. On a terminal a row is one line: the last column gives way. Elsewhere nothing is cut.
#pragma once

#include <string>
#include <vector>

namespace fstracker::cli {

enum class Align { kLeft, kRight };

struct Column {
    std::string title;
    Align align = Align::kLeft;
};

// `width`: columns of the terminal, 0 for none. Cells must be printable; a row has a cell for each column.
std::string table(const std::vector<Column>& head, const std::vector<std::vector<std::string>>& rows, unsigned width);

// width_of(standard output) when it is a terminal, else 0.
unsigned table_width();

}  // namespace fstracker::cli
