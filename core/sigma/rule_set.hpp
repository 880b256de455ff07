// SPDX-License-Identifier: Apache-2.0
// Rules that are loaded, and what they say about a record.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "core/sigma/record.hpp"
#include "core/sigma/rule.hpp"

namespace fstracker::sigma {

class Index;  // core/sigma/index.hpp

struct RuleFile {
    std::string path;
    std::string sha256;  // hex, of the very bytes that were read as rules
};

// Immutable once loaded; may be shared by threads. Moving it leaves pointers to its rules valid.
class RuleSet {
  public:
    RuleSet() = default;

    const std::vector<Rule>& rules() const { return rules_; }      // correlations among them, in order of file and line
    const std::vector<Fault>& faults() const { return faults_; }   // likewise
    const std::vector<RuleFile>& files() const { return files_; }  // likewise
    bool has_errors() const;
    // By id or name; null where there is none.
    const Rule* find(std::string_view id_or_name) const;

    // The rules that this record fulfils and that are reported. For many records use a Matcher, which keeps its memory.
    std::vector<const Rule*> matching(const Record& record) const;

  private:
    friend class Loader;
    friend class Matcher;
    std::vector<Rule> rules_;
    std::vector<Fault> faults_;
    std::vector<RuleFile> files_;
    std::shared_ptr<const Index> index_;
};

// Reads files, and folders with all below them: *.yml and *.yaml, in sorted order. A file that is named is read
// whatever it is called. Never throws; what cannot be read or understood is among the faults, and the rest is loaded.
RuleSet load(const std::vector<std::string>& paths);
// The same with texts that somebody else has read, or could not, behind what is on the disk.
struct RuleText {
    std::string name;                              // stands for the file in faults
    tl::expected<std::string, std::string> bytes;  // or the fault
};
RuleSet load(const std::vector<std::string>& paths, const std::vector<RuleText>& texts);
// What load() takes from a folder, by its name, and how many of them.
bool is_rule_file(const std::string& path);
inline constexpr std::size_t kMostFiles = 20'000;
// The same of a text in memory; `name` stands for the file in faults.
RuleSet load_text(std::string_view text, const std::string& name);

// Whether one rule's log source and detection fit one record. False for correlations. For tests and single records.
bool matches(const Rule& rule, const Record& record);

// Judges many records against one set, which must outlive it. One thread's own.
class Matcher {
  public:
    explicit Matcher(const RuleSet& set);
    ~Matcher();
    Matcher(Matcher&&) noexcept;

    // Rules that the record fulfils and that are reported, in the set's order. Valid until the next call.
    std::span<const Rule* const> matching(const Record& record);
    // Of the same record: all that it fulfils, also those that only correlations use.
    std::span<const Rule* const> matching_for_correlations() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fstracker::sigma
