// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include <unistd.h>

#include <algorithm>

#include "cli/terminal.hpp"
#include "core/report/printable.hpp"

namespace fstracker::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kLeastLast = 20;

}  // namespace

std::string table(const std::vector<Column>& head, const std::vector<std::vector<std::string>>& rows, unsigned width) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < head.size(); ++i) {
        auto most = report::columns(head[i].title);
        for (const auto& row : rows) most = std::max(most, report::columns(row[i]));
        widths.push_back(most);
    }
    std::string out;
    const auto line = [&](const auto& cell_of) {
        std::size_t used = 0;
        for (std::size_t i = 0; i < head.size(); ++i) {
            std::string cell = cell_of(i);
            const bool last = i + 1 == head.size();
            if (last && width > 0)
                cell = report::shortened(cell, std::max<std::size_t>(kLeastLast, width > used ? width - used : 0));
            const std::string space(widths[i] - std::min(widths[i], report::columns(cell)), ' ');
            if (head[i].align == Align::kRight) out += space;
            out += cell;
            if (last) break;
            if (head[i].align == Align::kLeft) out += space;
            out += std::string(kGap, ' ');
            used += widths[i] + kGap;
        }
        out += '\n';
    };
    line([&](std::size_t i) { return head[i].title; });
    for (const auto& row : rows) line([&](std::size_t i) { return row[i]; });
    return out;
}

unsigned table_width() { return ::isatty(STDOUT_FILENO) == 1 ? width_of(STDOUT_FILENO) : 0; }

}  // namespace fstracker::cli
