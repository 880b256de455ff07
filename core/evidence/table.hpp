// SPDX-License-Identifier: Apache-2.0
// The tables of a trace statement (processes, files, network) as canonical JSON and back. Used by the trace's writer
// and reader alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/evidence/fields.hpp"
#include "core/evidence/json.hpp"
#include "core/evidence/trace.hpp"
#include "core/run/record.hpp"

namespace fstracker::evidence {

inline constexpr std::string_view kMonitorType = "urn:fstracker:monitor:v1";
inline constexpr std::string_view kStepType = "urn:fstracker:step:v1";
inline constexpr std::string_view kRunPrefix = "urn:fstracker:run:";
inline constexpr std::string_view kScope = "process-tree";
inline constexpr std::string_view kCompletenessField = "urn:fstracker:completeness:v1";
inline constexpr std::string_view kFilesSubjectName = "files.ndjson.zst";

void append_file_entry(std::string& out, const run::FileEntry& entry);
run::FileEntry read_file_fields(Fields fields);

void append_folded(std::string& out, const FoldedDirectory& directory);
FoldedDirectory read_folded(Fields fields);

void write_process(JsonWriter& json, const run::Process& process);
run::Process read_process(Fields fields);

void write_connection(JsonWriter& json, const run::Connection& connection);
run::Connection read_connection(Fields fields);

void write_completeness(JsonWriter& json, const run::Completeness& completeness);
run::Completeness read_completeness(Fields fields, Faults& faults);

// Whether an entry is a subject of the statement.
bool is_subject(const run::FileEntry& entry);

// The access table as it stands in the statement: lists of canonical JSON values, separated by commas.
struct Tables {
    std::string files;
    std::string subjects;          // of the outputs
    std::vector<Subject> outputs;  // the same as values
    bool folded = false;
};

// Every entry of the access table as files.ndjson has it: canonical JSON and a newline. Made once, by several threads
// where the table is long; the statement takes its entries from here as well.
class EntryLines {
  public:
    explicit EntryLines(const std::vector<run::FileEntry>& files);
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] std::string_view line(std::size_t index) const;  // without its newline
    [[nodiscard]] std::string as_list() &&;                        // with commas between the entries

  private:
    std::string text_;
    std::vector<std::size_t> ends_;  // of each line, its newline included
};

// Folds the fewest directories, longest first, that bring the outputs and the bytes of both lists within `outputs` and
// `bytes`. Where both are, none is folded, and Tables::files is left to `lines.as_list()`.
Tables make_tables(const std::vector<run::FileEntry>& files, const EntryLines& lines, std::size_t outputs,
                   std::size_t bytes);

}  // namespace fstracker::evidence
