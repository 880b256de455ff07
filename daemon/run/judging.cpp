// SPDX-License-Identifier: Apache-2.0
#include "daemon/run/judging.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/time.hpp"
#include "daemon/control/fields.hpp"
#include "daemon/run/given.hpp"

namespace fstracker::daemon {

namespace {

using control::Purpose;

// No word of the interface, so that nobody can hand it over: ids of runs, each ended by a line feed.
constexpr std::string_view kInputs = "inputs";

struct Sorted {
    std::map<std::string, std::string> files;         // path -> bytes
    std::array<std::optional<std::string>, 4> paths;  // by purpose, but for rules
    std::vector<std::string> rules;                   // beside the project's own
    std::optional<std::vector<std::string>> inputs;

    [[nodiscard]] std::string path(Purpose purpose) const {
        return paths.at(static_cast<std::size_t>(purpose)).value_or("");
    }
};
static_assert(static_cast<std::size_t>(Purpose::kRules) == std::tuple_size_v<decltype(Sorted::paths)>);

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1))
        lines.emplace_back(text.substr(0, end));
    return lines;
}

Status sort_one(const std::string& root, Given file, Sorted& sorted) {
    if (file.purpose == kInputs) {
        sorted.inputs = lines_of(file.bytes);
        return {};
    }
    const auto& words = control::Words<Purpose>::kWords;
    const auto word = std::find(words.begin(), words.end(), file.purpose);
    if (word == words.end()) return fail(ErrorKind::kInvalid, "there is no purpose " + file.purpose);
    if (file.path.empty() || file.path.find('\0') != std::string::npos)
        return fail(ErrorKind::kInvalid, fmt::format("a file of purpose {} is called as no file can be", file.purpose));
    const auto purpose = static_cast<std::size_t>(word - words.begin());
    if (static_cast<Purpose>(purpose) != Purpose::kRules) {
        if (sorted.paths.at(purpose))
            return fail(ErrorKind::kInvalid, fmt::format("{}: another file has purpose {}", file.path, file.purpose));
        sorted.paths.at(purpose) = file.path;
    } else if (!project::is_own_rule(root, file.path)) {
        sorted.rules.push_back(file.path);
    }
    const auto known = sorted.files.find(file.path);
    if (known != sorted.files.end() && known->second != file.bytes)
        return fail(ErrorKind::kInvalid, file.path + ": was handed over twice, and differs");
    sorted.files.emplace(file.path, std::move(file.bytes));
    return {};
}

// Names that do not fit together: a file that then would not be found must not be left out in silence.
Status check_names(const std::string& root, const Sorted& sorted) {
    if (!root.starts_with('/')) return fail(ErrorKind::kInvalid, "the project's folder is no absolute path: " + root);
    const auto project = sorted.path(Purpose::kProject);
    if (!project.empty() && project != project::project_file_path(root))
        return fail(ErrorKind::kInvalid,
                    fmt::format("{}: the project file has to be {}", project, project::project_file_path(root)));
    const auto baseline = sorted.path(Purpose::kBaseline), signature = sorted.path(Purpose::kBaselineSignature);
    if (!signature.empty() && (baseline.empty() || signature != project::signature_path(baseline)))
        return fail(ErrorKind::kInvalid, signature + ": is not beside a baseline that was handed over",
                    "the bundle of a baseline is called as the baseline, with .sigstore.json behind it");
    return {};
}

Result<Sorted> sort(const std::string& root, std::string_view packed) {
    auto given = unpack(packed);
    if (!given) return fail(given.error());
    Sorted sorted;
    for (Given& file : *given)
        if (auto taken = sort_one(root, std::move(file), sorted); !taken) return fail(taken.error());
    if (auto fit = check_names(root, sorted); !fit) return fail(fit.error());
    return sorted;
}

project::PastRuns runs_of(const Order& order) {
    const auto key = [path = order.key_path] {
        return sign::load_private_key(path, {}).map([](const sign::PrivateKey& own) { return own.public_key(); });
    };
    return {order.store_root, key, order.uid, {}};
}

}  // namespace

Result<OrderedJudging> load_judging(const Order& order, std::string_view packed) {
    const std::string root = !order.project.empty() ? order.project : !order.here.empty() ? order.here : "/";
    auto sorted = sort(root, packed);
    if (!sorted) return fail(sorted.error());
    project::Asked asked;
    asked.pipeline = order.pipeline;
    asked.step = order.step;
    asked.here = order.here;
    // Of the day when it began, also for a worker that goes on with it later.
    asked.today = base::format_time(order.started).substr(0, std::string_view("YYYY-MM-DD").size());
    asked.baseline = sorted->path(Purpose::kBaseline);
    asked.baseline_key = sorted->path(Purpose::kBaselineKey);
    if (sorted->inputs)
        asked.after = sorted->inputs;
    else if (!order.after.empty())
        asked.after = order.after;
    project::MemoryFiles files(std::move(sorted->files));
    const auto project = project::load_project(files, root);
    if (!project) return fail(project.error());
    const auto runs = runs_of(order);
    auto judging = project::load_judging(files, *project, {order.rules, sorted->rules}, asked, &runs);
    if (!judging) return fail(judging.error());
    OrderedJudging loaded{std::move(*judging), std::string(packed)};
    if (!asked.after) {
        std::string ids;
        for (const auto& run : loaded.judging.criteria.inputs_from) ids += run + '\n';
        loaded.project += pack({{"", std::string(kInputs), ids}});
    }
    return loaded;
}

}  // namespace fstracker::daemon
