// SPDX-License-Identifier: Apache-2.0
#include "core/judge/sentences.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "core/artifact/package_url.hpp"

namespace fstracker::judge {

namespace {

using baseline::Difference;
using baseline::Kind;

constexpr std::string_view kRulePrefix = "fstracker-baseline-";
constexpr std::uint32_t kWrites = event::kWrite | event::kCreate | event::kTruncate;

// python{version} is python.
std::string without_masks(std::string_view text) {
    std::string kept;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const std::size_t end = text[at] == '{' ? text.find('}', at) : std::string_view::npos;
        if (end == std::string_view::npos)
            kept.push_back(text[at]);
        else
            at = end;
    }
    return kept;
}

std::string parent_of(const Difference& difference, const baseline::Facts& facts) {
    const auto program = facts.programs.find(difference.program);
    if (program == facts.programs.end() || program->second.started_by.empty()) return {};
    return *program->second.started_by.begin();
}

std::string deed(std::uint32_t access) {
    if ((access & event::kExecute) != 0) return "executed";
    if ((access & event::kLoad) != 0) return "loaded";
    if ((access & kWrites) != 0) return "wrote";
    if ((access & event::kUnlink) != 0) return "removed";
    if ((access & (event::kRename | event::kLink)) != 0) return "named";
    return "read";
}

std::string what_of(const Difference& difference) {
    return difference.role.empty() || difference.role == "other" ? "a file" : "a file of role " + difference.role;
}

std::string amount(const std::string& name, double value) {
    constexpr double kMegabyte = 1 << 20;
    if (name.find("bytes") != std::string::npos) return fmt::format("{:.0f} MiB", value / kMegabyte);
    if (name.starts_with("cpu")) return fmt::format("{:.1f} s", value / 1000);
    return fmt::format("{:.0f}", value);
}

std::string volume_of(const std::string& name) {
    if (name == "bytes read") return "reading";
    if (name == "bytes written") return "writing";
    if (name == "cpu milliseconds") return "processor time";
    if (name == "peak memory bytes") return "peak memory";
    return name;
}

}  // namespace

std::string rule_of(Kind kind) { return std::string(kRulePrefix) + baseline::to_text(kind); }

bool is_baseline_rule(const std::string& id) { return id.starts_with(kRulePrefix); }

std::string short_program(const std::string& program, const baseline::Facts& facts) {
    if (program.empty()) return "the command";
    const std::size_t space = program.find(' ');
    const auto fact = facts.programs.find(program);
    // A mask has no place in a name that is read: where the run has the program it has the name without.
    std::string name = fact != facts.programs.end() && !fact->second.path.empty()
                           ? std::string(baseline::file_name_of(fact->second.path))
                           : without_masks(baseline::file_name_of(program.substr(0, space)));
    if (space == std::string::npos) return name;
    const std::string_view rest = std::string_view(program).substr(space + 1);
    return name + ' ' + std::string(rest.starts_with('-') ? rest : baseline::file_name_of(rest));
}

std::string title_of(const Difference& difference, const baseline::Facts& facts) {
    const std::string who = short_program(difference.program, facts);
    const std::string& path = difference.path;
    switch (difference.kind) {
        case Kind::kNewProgram: {
            const std::string parent = parent_of(difference, facts);
            const std::string what =
                difference.name.find(' ') == std::string::npos ? path : fmt::format("{} ({})", who, path);
            return parent.empty()
                       ? fmt::format("The command is {}, which this step never ran.", what)
                       : fmt::format("{} started {}, which this step never ran.", short_program(parent, facts), what);
        }
        case Kind::kNewParent:
            return fmt::format("{} started {}, which it never did.", short_program(difference.name, facts), path);
        case Kind::kNewFile:
        case Kind::kNewPlace:
            return fmt::format("{} {} {}, {} it never touched.", who, deed(difference.access), path,
                               what_of(difference));
        case Kind::kNewMember:
            return fmt::format("{} {} {}, one more of files it knows.", who, deed(difference.access), path);
        case Kind::kOutOfRange:
            return fmt::format("{} {} {}, which is out of the range that it knows there.", who, deed(difference.access),
                               path);
        case Kind::kUnlikeSiblings:
            return fmt::format("{} {} {}, which is unlike all other files that it knows there.", who,
                               deed(difference.access), path);
        case Kind::kNewUser:
            return fmt::format("{} {} {}, which only other programs of this step did.", who, deed(difference.access),
                               path);
        case Kind::kNewAccess: return fmt::format("{} {} {}, which it never did.", who, deed(difference.access), path);
        case Kind::kOtherContent:
            return fmt::format("{} has other content than {} ever {}.", path, who, deed(difference.access));
        case Kind::kNewPeer: return fmt::format("{} connected to {}, which it never did.", who, difference.name);
        case Kind::kAbsentFile: return fmt::format("{} did not touch {}, as it always did.", who, path);
        case Kind::kAbsentProgram:
            return fmt::format("{} was not executed, as it always was.", short_program(difference.name, facts));
        case Kind::kVolume:
            return fmt::format("The step's {} came to {}, usually {}.", volume_of(difference.name),
                               amount(difference.name, difference.found), amount(difference.name, difference.usual));
    }
    return {};
}

std::string why_of(const Difference& difference, const baseline::Baseline& baseline, double bits,
                   const std::vector<std::string>& also) {
    constexpr std::size_t kMostAlso = 5;
    const std::size_t runs = baseline.runs.size();
    const auto brought = baseline.novelty.find(difference.novelty);
    std::string why;
    switch (difference.kind) {
        case Kind::kOtherContent:
            why = fmt::format("It had one content in all {} runs that had it", difference.known_runs);
            break;
        case Kind::kAbsentFile:
        case Kind::kAbsentProgram: why = fmt::format("It was in all {} runs", difference.known_runs); break;
        case Kind::kVolume: why = fmt::format("Far outside of what {} runs came to", difference.known_runs); break;
        case Kind::kNewUser:
            why = fmt::format("Others had it in {} of {} runs, this program in none", difference.known_runs, runs);
            break;
        case Kind::kNewProgram:
        case Kind::kNewParent:
        case Kind::kNewFile:
        case Kind::kNewPlace:
        case Kind::kNewMember:
        case Kind::kOutOfRange:
        case Kind::kUnlikeSiblings:
        case Kind::kNewAccess:
        case Kind::kNewPeer: why = fmt::format("Never in {} runs", runs); break;
    }
    if (difference.kind != Kind::kVolume && runs > 1)
        why += fmt::format("; something new of its kind ({}) came in {} of {} later runs, so this is worth {:.1f} bits",
                           difference.novelty, brought == baseline.novelty.end() ? 0 : brought->second, runs - 1, bits);
    why += fmt::format(" (baseline: {}, {}).", runs == 1 ? "1 run" : fmt::format("{} runs", runs),
                       baseline::to_text(baseline::maturity_of(baseline)));
    for (std::size_t i = 0; i < std::min(also.size(), kMostAlso); ++i) why += (i == 0 ? " Also: " : " ") + also[i];
    if (also.size() > kMostAlso) why += fmt::format(" And {} more.", also.size() - kMostAlso);
    return why;
}

namespace {

struct PackageChange {
    std::string was, now;  // versions; `was` is empty for a package that is new
    std::size_t files = 0, verified = 0;
};

constexpr std::string_view kHub = "pkg:huggingface/";

// "torch" and "2.4.1" of "pkg:pypi/torch@2.4.1?arch=amd64".
std::string package_name(std::string_view url) {
    const std::string_view whole = artifact::without_version(url);
    return std::string(whole.substr(std::min(whole.find('/'), whole.size() - 1) + 1));
}
std::string version_of(std::string_view url) {
    const std::size_t at = url.find('@');
    if (at == std::string_view::npos) return {};
    const std::string_view version = url.substr(at + 1, url.find('?') - at - 1);
    constexpr std::size_t kCommitShown = 12;
    return std::string(url.starts_with(kHub) ? version.substr(0, kCommitShown) : version);
}

std::map<std::string, PackageChange> package_changes(const std::vector<const Difference*>& differences) {
    std::map<std::string, PackageChange> changes;
    for (const Difference* difference : differences) {
        PackageChange& change = changes[package_name(difference->owner)];
        change.was = version_of(difference->owner_was);
        change.now = version_of(difference->owner);
        ++change.files;
        if (difference->owner_verified == true || difference->kind == Kind::kAbsentFile) ++change.verified;
    }
    return changes;
}

std::string files_of(std::size_t number) { return fmt::format("{} file{}", number, number == 1 ? "" : "s"); }

}  // namespace

std::string title_of_packages(const std::vector<const Difference*>& differences, const baseline::Facts& facts) {
    const auto changes = package_changes(differences);
    const auto& [name, first] = *changes.begin();
    const bool of_the_hub = differences.front()->owner.starts_with(kHub);
    std::string title =
        first.was.empty()
            ? fmt::format("{} uses package {} {}, which this step never had ({})",
                          short_program(differences.front()->program, facts), name, first.now, files_of(first.files))
            : fmt::format("{} {} is {}, and was {} ({})", of_the_hub ? "Repository" : "Package", name, first.now,
                          first.was, files_of(first.files));
    if (changes.size() > 1)
        title += fmt::format(", and {} more {}", changes.size() - 1, changes.size() == 2 ? "package" : "packages");
    return title + '.';
}

std::string why_of_packages(const std::vector<const Difference*>& differences, const baseline::Baseline& baseline) {
    constexpr std::size_t kMostTold = 10;
    const auto changes = package_changes(differences);
    std::size_t verified = 0;
    std::string others;
    std::size_t told = 0;
    for (const auto& [name, change] : changes) {
        verified += change.verified;
        if (told++ == 0 || told > kMostTold) continue;
        others += fmt::format(" {} is {}{}.", name, change.now, change.was.empty() ? "" : ", and was " + change.was);
    }
    const std::size_t files = differences.size();
    return fmt::format(
        "{} (baseline: {} runs, {}).{}",
        verified == files
            ? (differences.front()->owner.starts_with(kHub) ? "Each file is what the cache calls it"
                                                            : "Each file is as its package's own list says")
            : fmt::format("Of {} of {} the package's own list has no digest", files - verified, files_of(files)),
        baseline.runs.size(), baseline::to_text(baseline::maturity_of(baseline)), others);
}

std::vector<std::string> innocent_reasons(const Difference& difference) {
    switch (difference.kind) {
        case Kind::kNewProgram:
        case Kind::kNewParent:
            return {"The step's code or one of its libraries was changed to use another program.",
                    "A path of the code was taken that no learned run took."};
        case Kind::kNewMember:
        case Kind::kOutOfRange:
        case Kind::kUnlikeSiblings:
        case Kind::kAbsentFile: return {"The dataset was extended, renamed or cut on purpose."};
        case Kind::kOtherContent: return {"A new release, a rebuilt file or a corrected dataset."};
        case Kind::kNewPeer: return {"A mirror, a proxy or a service that moved to another address."};
        case Kind::kVolume: return {"A larger dataset, more epochs, or another machine."};
        case Kind::kAbsentProgram: return {"The check was moved to another step."};
        case Kind::kNewFile:
        case Kind::kNewPlace:
        case Kind::kNewUser:
        case Kind::kNewAccess: break;
    }
    return {"The step's code, its configuration or its packages were changed on purpose."};
}

}  // namespace fstracker::judge
