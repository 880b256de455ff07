// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "core/sigma/correlation_rule.hpp"
#include "core/sigma/index.hpp"
#include "core/sigma/read_rule.hpp"
#include "core/sigma/rule_set.hpp"

namespace fstracker::sigma {

namespace fs = std::filesystem;

class Loader {
  public:
    void read_path(const std::string& path) {
        std::error_code error;
        const auto status = fs::status(path, error);
        if (!fs::exists(status))
            file_fault(path, error && error != std::errc::no_such_file_or_directory ? error.message() : "is not there");
        else if (fs::is_directory(status))
            read_folder(path);
        else
            read_file(path);
    }

    void read_text(std::string_view text, const std::string& name) {
        set_.files_.push_back({name, base::to_hex(digest::sha256(text))});
        const auto read = read_documents(text);
        Complaints complaints(name, set_.faults_);
        for (const auto& document : read.documents) read_document(document, complaints);
        for (const auto& fault : read.faults)
            set_.faults_.push_back({name, fault.line, fault.column, Fault::Severity::kError, fault.message});
    }

    void read(const RuleText& text) {
        if (text.bytes)
            read_text(*text.bytes, text.name);
        else
            file_fault(text.name, text.bytes.error());
    }

    RuleSet finish() {
        refuse_duplicates();
        apply_filters();
        link_correlations();
        sort_faults();
        set_.index_ = std::make_shared<const Index>(set_.rules_);
        return std::move(set_);
    }

  private:
    void file_fault(const std::string& path, const std::string& message) {
        set_.faults_.push_back({path, 0, 0, Fault::Severity::kError, message});
    }

    void read_folder(const std::string& folder) {
        std::vector<std::string> files;
        std::error_code error;
        for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
            std::error_code unknown;
            if (is_rule_file(at->path().string()) && at->is_regular_file(unknown)) files.push_back(at->path().string());
            if (files.size() > kMostFiles)
                return file_fault(folder, fmt::format("more than {} rule files", kMostFiles));
        }
        if (error) file_fault(folder, "could not be read: " + error.message());
        std::sort(files.begin(), files.end());
        for (const auto& file : files) read_file(file);
    }

    void read_file(const std::string& path) {
        std::error_code error;
        if (!fs::is_regular_file(path, error)) return file_fault(path, "is neither a file nor a folder");
        if (fs::file_size(path, error) > kLongestFile)
            return file_fault(path, fmt::format("longer than {} bytes", kLongestFile));
        std::ifstream file(path, std::ios::binary);
        std::string text(kLongestFile + 1, '\0');
        file.read(text.data(), static_cast<std::streamsize>(text.size()));
        if (!file.is_open() || file.bad()) return file_fault(path, "could not be read");
        text.resize(static_cast<std::size_t>(file.gcount()));
        read_text(text, path);
    }

    void read_document(const Node& document, Complaints& complaints) {
        if (!document.is(Node::Kind::kMap)) return complaints.error(document, "a rule must be a mapping");
        switch (kind_of(document)) {
            case DocumentKind::kDetection:
                if (auto rule = read_detection_rule(document, complaints)) set_.rules_.push_back(std::move(*rule));
                return;
            case DocumentKind::kCorrelation:
                if (auto rule = read_correlation_rule(document, complaints)) set_.rules_.push_back(std::move(*rule));
                return;
            case DocumentKind::kFilter:
                if (auto filter = read_filter(document, complaints)) filters_.push_back(std::move(*filter));
                return;
        }
    }

    void apply_filters() {
        for (const auto& filter : filters_) {
            bool used = false;
            for (auto& rule : set_.rules_) {
                if (!applies(filter, rule)) continue;
                Expression both;
                both.kind = Expression::Kind::kAnd;
                both.parts = {*rule.detection, filter.expression};
                rule.detection = std::make_shared<const Expression>(std::move(both));
                used = true;
            }
            if (!used)
                set_.faults_.push_back({filter.file, filter.line, 0, Fault::Severity::kWarning,
                                        "none of the rules that this filter is about is loaded"});
        }
    }

    std::map<std::string, std::size_t, std::less<>> positions() const {
        std::map<std::string, std::size_t, std::less<>> found;
        for (std::size_t i = 0; i < set_.rules_.size(); ++i) {
            found.emplace(set_.rules_[i].id, i);
            if (!set_.rules_[i].name.empty()) found.emplace(set_.rules_[i].name, i);
        }
        return found;
    }

    // Correlations find what they refer to; those that cannot, and those that rest on them, are left out.
    void link_correlations() {
        refuse_unfounded();
        const auto known = positions();
        std::map<std::size_t, bool> generated;
        for (auto& rule : set_.rules_) {
            if (!rule.correlation) continue;
            Correlation linked = *rule.correlation;
            for (const auto& name : linked.rules) {
                linked.targets.push_back(known.at(name));
                generated[linked.targets.back()] |= linked.generate;
            }
            rule.correlation = std::make_shared<const Correlation>(std::move(linked));
        }
        for (const auto& [target, reported] : generated) set_.rules_[target].reported = reported;
    }

    void refuse_unfounded() {
        constexpr int kDeepestChain = 16;
        const auto known = positions();
        auto& rules = set_.rules_;
        std::vector<bool> founded(rules.size());
        for (std::size_t i = 0; i < rules.size(); ++i) founded[i] = !rules[i].correlation;
        for (int pass = 0; pass < kDeepestChain; ++pass) {
            const auto before = founded;
            const auto is_founded = [&](const std::string& name) {
                const auto found = known.find(name);
                return found != known.end() && before[found->second];
            };
            for (std::size_t i = 0; i < rules.size(); ++i) {
                if (before[i]) continue;
                const auto& names = rules[i].correlation->rules;
                founded[i] = std::all_of(names.begin(), names.end(), is_founded);
            }
            if (founded == before) break;
        }
        std::vector<Rule> kept;
        for (std::size_t i = 0; i < rules.size(); ++i) {
            if (founded[i]) {
                kept.push_back(std::move(rules[i]));
                continue;
            }
            const auto& names = rules[i].correlation->rules;
            const auto missing = std::find_if(names.begin(), names.end(),
                                              [&](const std::string& name) { return known.find(name) == known.end(); });
            set_.faults_.push_back(
                {rules[i].file, rules[i].line, 0, Fault::Severity::kError,
                 missing != names.end()
                     ? fmt::format("the correlation refers to {}, which is not loaded", *missing)
                     : fmt::format(
                           "the correlation rests on one that is not loaded, on itself, or on more than {} others "
                           "in a row",
                           kDeepestChain)});
        }
        rules = std::move(kept);
    }

    // Read file by file, but correlations are linked last.
    void sort_faults() {
        std::map<std::string, std::size_t> order;
        for (std::size_t i = 0; i < set_.files_.size(); ++i) order.emplace(set_.files_[i].path, i + 1);
        std::stable_sort(set_.faults_.begin(), set_.faults_.end(), [&order](const Fault& a, const Fault& b) {
            const auto place = [&order](const Fault& fault) {
                const auto found = order.find(fault.file);
                return std::pair(found == order.end() ? order.size() + 1 : found->second, fault.line);
            };
            return place(a) < place(b);
        });
    }

    // Two rules of one id, or of one name, could not be told apart: the later one is not loaded.
    void refuse_duplicates() {
        std::map<std::string, const Rule*, std::less<>> known;
        std::vector<Rule> distinct;
        distinct.reserve(set_.rules_.size());
        for (auto& rule : set_.rules_) {
            const Rule* other = nullptr;
            for (const auto* word : {&rule.id, &rule.name})
                if (const auto found = known.find(*word); !word->empty() && found != known.end()) other = found->second;
            if (other != nullptr) {
                set_.faults_.push_back(
                    {rule.file, rule.line, 0, Fault::Severity::kError,
                     fmt::format("the id or name {} is already that of the rule at {}:{}",
                                 rule.id == other->id ? rule.id : rule.name, other->file, other->line)});
                continue;
            }
            distinct.push_back(std::move(rule));
            known.emplace(distinct.back().id, &distinct.back());
            if (!distinct.back().name.empty()) known.emplace(distinct.back().name, &distinct.back());
        }
        set_.rules_ = std::move(distinct);
    }

    RuleSet set_;
    std::vector<Filter> filters_;
};

bool is_rule_file(const std::string& path) {
    const auto extension = fs::path(path).extension();
    return extension == ".yml" || extension == ".yaml";
}

RuleSet load(const std::vector<std::string>& paths) { return load(paths, {}); }

RuleSet load(const std::vector<std::string>& paths, const std::vector<RuleText>& texts) {
    Loader loader;
    for (const auto& path : paths) loader.read_path(path);
    for (const auto& text : texts) loader.read(text);
    return loader.finish();
}

RuleSet load_text(std::string_view text, const std::string& name) {
    Loader loader;
    loader.read_text(text, name);
    return loader.finish();
}

}  // namespace fstracker::sigma
