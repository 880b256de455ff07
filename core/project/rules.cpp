// SPDX-License-Identifier: Apache-2.0
#include "core/project/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "core/project/project.hpp"
#include "core/sigma/document.hpp"

namespace fstracker::project {

namespace {

using Texts = std::vector<sigma::RuleText>;

void take_file(Files& files, const std::string& path, Texts& texts) {
    auto bytes = files.read(path, sigma::kLongestFile);
    if (bytes)
        texts.push_back({path, std::move(*bytes)});
    else if (bytes.error().kind == ErrorKind::kInvalid)
        texts.push_back({path, tl::unexpected(fmt::format("longer than {} bytes", sigma::kLongestFile))});
    else
        texts.push_back({path, tl::unexpected<std::string>("could not be read")});
}

void take_folder(Files& files, const std::string& folder, Texts& texts) {
    const auto listing = files.below(folder, sigma::is_rule_file, sigma::kMostFiles);
    if (listing.files.size() > sigma::kMostFiles) {
        texts.push_back({folder, tl::unexpected(fmt::format("more than {} rule files", sigma::kMostFiles))});
        return;
    }
    if (listing.fault) texts.push_back({folder, tl::unexpected("could not be read: " + *listing.fault)});
    for (const auto& file : listing.files) take_file(files, file, texts);
}

void take(Files& files, const std::string& path, Texts& texts) {
    const auto kind = files.kind(path);
    const auto fault = [&](const std::string& what) { texts.push_back({path, tl::unexpected(what)}); };
    if (!kind) return fault(kind.error().message);
    switch (*kind) {
        case Files::Kind::kNone: return fault("is not there");
        case Files::Kind::kFile: return take_file(files, path, texts);
        case Files::Kind::kFolder: return take_folder(files, path, texts);
        case Files::Kind::kOther: return fault("is neither a file nor a folder");
    }
}

std::string digest_of(const std::string& path, const sigma::RuleSet& rules) {
    const auto prefix = path.ends_with('/') ? path : path + '/';
    std::string list;
    for (const sigma::RuleFile& file : rules.files()) {
        if (file.path == path) return file.sha256;
        if (file.path.starts_with(prefix))
            list += fmt::format("{}  {}\n", file.sha256, file.path.substr(prefix.size()));
    }
    return base::to_hex(digest::sha256(list));
}

}  // namespace

Result<LoadedRules> load_rules(Files& files, const std::string& root, const RuleSources& sources) {
    std::vector<std::string> shipped;
    if (!sources.shipped.empty()) shipped.push_back(sources.shipped);
    std::vector<std::string> paths;
    if (const auto kind = files.kind(rules_folder(root)); kind && *kind == Files::Kind::kFolder)
        paths.push_back(rules_folder(root));
    paths.insert(paths.end(), sources.more.begin(), sources.more.end());
    Texts texts;
    for (const auto& path : paths) take(files, path, texts);
    sigma::RuleSet rules = sigma::load(shipped, texts);
    if (!rules.has_errors()) {
        LoadedRules loaded;
        for (const auto* list : {&shipped, &paths})
            for (const std::string& path : *list) loaded.digests[path] = digest_of(path, rules);
        loaded.rules = std::move(rules);
        return loaded;
    }
    const auto is_error = [](const sigma::Fault& fault) { return fault.severity == sigma::Fault::Severity::kError; };
    const auto& faults = rules.faults();
    const auto first = std::find_if(faults.begin(), faults.end(), is_error);
    const auto others = std::count_if(first + 1, faults.end(), is_error);
    return fail(ErrorKind::kInvalid, sigma::to_text(*first) + (others > 0 ? fmt::format(" (and {} more)", others) : ""),
                "mend or remove it; track rules check PATH lists all that is wrong");
}

bool is_own_rule(const std::string& root, const std::string& path) {
    return path.starts_with(rules_folder(root) + '/') && sigma::is_rule_file(path);
}

}  // namespace fstracker::project
