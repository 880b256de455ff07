// SPDX-License-Identifier: Apache-2.0
// Pieces of the HTML report: they append to the page, and make what a step chose harmless themselves.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/report/markup.hpp"
#include "core/report/printable.hpp"
#include "core/report/story.hpp"

namespace fstracker::report {

// At most so many columns of it.
std::string html_code(const std::string& text, std::size_t most = 1'024);
std::string html_text(const std::string& text, std::size_t most = 1'024);
// "192.0.2.1:443", with the name where it is known.
std::string html_peer(const run::Connection& connection);

// An incident as a person settles it.
void html_incident(std::string& out, const Finding& finding, const std::string& run);
void html_file_row(std::string& out, const run::FileEntry& file);

// A table that the script can sort; `id` is also what html_filter() is for.
void html_table(std::string& out, const char* id, const char* caption, const std::vector<const char*>& columns);
// `all` rows were there, of which at most `most` were written.
void html_end_table(std::string& out, std::size_t all, std::size_t most);
void html_filter(std::string& out, const char* table, const char* label);

// At most so many, those that a person looks for first: of incidents, outputs, models, data, … Points into `record`.
std::vector<const run::FileEntry*> files_by_weight(const run::Record& record, const Story& story, std::size_t most);

// A page that a browser opens; what comes later is told by its number alone.
inline constexpr std::size_t kPageEnd = std::size_t{32} << 20;

// Writes the first `most`, as long as there is room; `more` has a place for how many are left out.
template <typename List, typename Write>
void html_each(std::string& out, const List& list, std::size_t most, const char* more, Write write) {
    std::size_t done = 0;
    for (const auto& one : list) {
        if (done == most || out.size() > kPageEnd) break;
        write(one);
        ++done;
    }
    if (done < list.size()) out += fmt::format(fmt::runtime(more), count_text(list.size() - done));
}

}  // namespace fstracker::report
