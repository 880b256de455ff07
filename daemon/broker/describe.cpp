// SPDX-License-Identifier: Apache-2.0
#include "daemon/broker/describe.hpp"

#include <pwd.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include <nlohmann/json.hpp>

#include "core/base/durable_file.hpp"
#include "core/base/time.hpp"
#include "core/store/run_directory.hpp"

namespace fstracker::daemon {

namespace {

constexpr std::size_t kLongestSummary = std::size_t{1} << 20;

std::optional<std::string> user_name(std::uint32_t uid) {
    constexpr std::size_t kLongest = 4096;
    std::array<char, kLongest> text{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(uid, &entry, text.data(), text.size(), &found) != 0 || found == nullptr) return std::nullopt;
    return std::string(entry.pw_name);
}

std::optional<control::Verdict> verdict_of(const std::string& word) {
    if (word == "CLEAN") return control::Verdict::kClean;
    if (word == "REVIEW") return control::Verdict::kReview;
    if (word == "ALERT") return control::Verdict::kAlert;
    if (word == "INCOMPLETE") return control::Verdict::kIncomplete;
    return std::nullopt;
}

}  // namespace

control::Run describe_run(const Order& order, control::State state) {
    control::Run run;
    run.run = order.run;
    run.pipeline = order.pipeline;
    run.step = order.step;
    run.uid = order.uid;
    run.user = user_name(order.uid);
    run.state = state;
    run.backend = order.backend;
    for (const std::string& argument : order.command) run.command.push_back({argument});
    if (!order.selector.empty()) run.selector = order.selector;
    run.started = base::format_time(order.started);
    return run;
}

control::Run describe_run(const store::RunEntry& entry) {
    control::Run run;
    run.run = entry.id;
    run.pipeline = entry.pipeline;
    run.step = entry.step;
    run.uid = entry.uid.value_or(0);
    run.user = user_name(entry.uid.value_or(0));
    run.verdict = verdict_of(entry.verdict);
    run.state = run.verdict ? control::State::kDone : control::State::kInterrupted;
    run.backend = entry.backend;
    run.started = base::format_time(entry.started);
    run.complete = entry.complete;
    return run;
}

control::Phase phase_of(std::string_view word) {
    if (word == "digests") return control::Phase::kDigests;
    if (word == "looking") return control::Phase::kLooking;
    if (word == "judging") return control::Phase::kJudging;
    if (word == "writing") return control::Phase::kWriting;
    return control::Phase::kRecording;
}

control::Outcome outcome_of(const WorkerWord& word) {
    control::Outcome outcome;
    outcome.exit_code = word.exit_code;
    if (!word.summary.empty()) outcome.summary = control::JsonObject{word.summary};
    for (const auto& [message, hint] : word.problems)
        outcome.problems.push_back({message, hint.empty() ? std::nullopt : std::optional(hint)});
    return outcome;
}

WorkerWord read_outcome(const store::RunEntry& entry) {
    WorkerWord word;
    word.kind = WorkerWord::Kind::kOutcome;
    word.directory = entry.directory;
    auto text = base::read_regular_file(entry.directory + "/" + store::kSummaryFile, kLongestSummary);
    const auto json = nlohmann::json::parse(text.value_or(""), nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return word;
    word.summary = std::move(*text);
    if (const auto code = json.find("exitCode"); code != json.end() && code->is_number_integer())
        word.exit_code = code->get<int>();
    return word;
}

std::vector<std::pair<std::string, std::uint64_t>> files_of(const std::string& directory) {
    std::vector<std::pair<std::string, std::uint64_t>> files;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        std::error_code gone;
        if (!entry->is_symlink(gone) && entry->is_regular_file(gone))
            files.emplace_back(entry->path().filename().native(), entry->file_size(gone));
    }
    std::sort(files.begin(), files.end());
    return files;
}

std::optional<control::Store> describe_store(const std::string& path) {
    struct statvfs status {};
    if (::statvfs(path.c_str(), &status) != 0) return std::nullopt;
    control::Store store;
    store.path = path;
    store.free = std::uint64_t{status.f_bavail} * status.f_frsize;
    std::error_code error;
    for (std::filesystem::directory_iterator run(path, error), end; !error && run != end; run.increment(error)) {
        if (!store::is_run_id(run->path().filename().native())) continue;
        ++store.runs;
        for (const auto& [name, size] : files_of(run->path().native())) store.bytes += size;
    }
    return store;
}

}  // namespace fstracker::daemon
