// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <system_error>

#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
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

    RuleSet finish() {
        refuse_duplicates();
        set_.index_ = std::make_shared<const Index>(set_.rules_);
        return std::move(set_);
    }

  private:
    static constexpr std::size_t kMostFiles = 20'000;

    void file_fault(const std::string& path, const std::string& message) {
        set_.faults_.push_back({path, 0, 0, Fault::Severity::kError, message});
    }

    void read_folder(const std::string& folder) {
        std::vector<std::string> files;
        std::error_code error;
        for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
            const auto extension = at->path().extension();
            std::error_code unknown;
            if ((extension == ".yml" || extension == ".yaml") && at->is_regular_file(unknown))
                files.push_back(at->path().string());
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
                return complaints.error(*document.find("correlation"), "correlations are not supported");
            case DocumentKind::kFilter: return complaints.error(*document.find("filter"), "filters are not supported");
        }
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
};

RuleSet load(const std::vector<std::string>& paths) {
    Loader loader;
    for (const auto& path : paths) loader.read_path(path);
    return loader.finish();
}

RuleSet load_text(std::string_view text, const std::string& name) {
    Loader loader;
    loader.read_text(text, name);
    return loader.finish();
}

}  // namespace fstracker::sigma
