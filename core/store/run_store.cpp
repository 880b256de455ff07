// SPDX-License-Identifier: Apache-2.0
#include "core/store/run_store.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <system_error>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/time.hpp"

namespace fstracker::store {

namespace {

constexpr std::string_view kShape = "00000000T000000000Z-ffffffffffffffff";  // 0: a digit, f: a lower-case hex digit
constexpr std::string_view kElsewhere =
    ".recording";  // ".ID.recording": a symbolic link to the directory in the making
constexpr std::size_t kLongestSummary = std::size_t{1} << 20;

bool fits(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool digit = c >= '0' && c <= '9';
        const bool hex = digit || (c >= 'a' && c <= 'f');
        if (kShape[i] == '0' ? !digit : kShape[i] == 'f' ? !hex : c != kShape[i]) return false;
    }
    return true;
}

bool is_prefix(std::string_view text) { return !text.empty() && text.size() < kShape.size() && fits(text); }

std::int64_t started_of(std::string_view id) {
    const auto time =
        base::parse_time(fmt::format("{}-{}-{}T{}:{}:{}.{}Z", id.substr(0, 4), id.substr(4, 2), id.substr(6, 2),
                                     id.substr(9, 2), id.substr(11, 2), id.substr(13, 2), id.substr(15, 3)));
    return time.value_or(0);
}

bool has_trace(const std::string& directory) {
    struct stat status {};
    return ::stat((directory + "/" + kTraceFile).c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

std::string text_at(const nlohmann::json& json, const char* key) {
    const auto found = json.find(key);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

void read_summary(RunEntry& entry) {
    const auto bytes = base::read_regular_file(entry.directory + "/" + kSummaryFile, kLongestSummary);
    if (!bytes) return;
    const auto json = nlohmann::json::parse(*bytes, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return;
    entry.pipeline = text_at(json, "pipeline");
    entry.step = text_at(json, "step");
    entry.verdict = text_at(json, "verdict");
    entry.backend = text_at(json, "backend");
    if (const auto uid = json.find("uid"); uid != json.end() && uid->is_number_unsigned())
        entry.uid = uid->get<std::uint32_t>();
    const auto complete = json.find("complete");
    entry.complete = complete != json.end() && complete->is_boolean() && complete->get<bool>();
}

Result<std::string> real_path(const std::string& path) {
    char resolved[PATH_MAX];
    if (::realpath(path.c_str(), resolved) == nullptr)
        return base::fail_errno(errno, "cannot find the run directory " + path);
    return std::string(resolved);
}

}  // namespace

std::string make_run_id(std::int64_t unix_nanoseconds, std::uint64_t random) {
    std::string digits;
    for (const char c : base::format_time(unix_nanoseconds)) {
        if (c != '-' && c != ':' && c != '.') digits.push_back(c);
    }
    return fmt::format("{}Z-{:016x}", digits.substr(0, kShape.find('Z')), random);
}

bool is_run_id(std::string_view text) { return text.size() == kShape.size() && fits(text); }

Result<RunEntry> read_entry(const std::string& directory) {
    if (!has_trace(directory)) return fail(ErrorKind::kNotFound, "there is no run in " + directory);
    RunEntry entry;
    entry.directory = directory;
    read_summary(entry);
    return entry;
}

RunStore::RunStore(std::string root) : root_(std::move(root)) {}

const std::string& RunStore::root() const { return root_; }

Result<std::string> RunStore::directory_for(const std::string& id) const {
    if (!is_run_id(id)) return fail(ErrorKind::kInvalid, "'" + id + "' is not a run id");
    if (auto made = base::make_directories(root_, 0700); !made)
        return fail(made.error().within("cannot make the run store"));
    return root_ + "/" + id;
}

Status RunStore::remember(const std::string& id, const std::string& directory) const {
    const auto name = directory_for(id);
    if (!name) return fail(name.error());
    const auto target = real_path(directory);
    if (!target) return fail(target.error());
    if (::symlink(target->c_str(), name->c_str()) == 0) return {};
    const int number = errno;
    const auto known = number == EEXIST ? real_path(*name) : Result<std::string>(std::string());
    if (known && *known == *target) return {};
    return base::fail_errno(number, "cannot note the run in the run store as " + *name);
}

Status RunStore::note_recording(const std::string& id, const std::string& working_path) const {
    const auto name = directory_for(id);
    if (!name) return fail(name.error());
    const std::string link = root_ + "/." + id + std::string(kElsewhere);
    if (::symlink(working_path.c_str(), link.c_str()) != 0) return base::fail_errno(errno, "cannot make " + link);
    return {};
}

void RunStore::forget_recording(const std::string& id) const {
    ::unlink((root_ + "/." + id + std::string(kElsewhere)).c_str());
}

std::vector<RunStore::Recording> RunStore::recordings() const {
    std::vector<Recording> found;
    std::error_code error;
    for (std::filesystem::directory_iterator entry(root_, error), end; !error && entry != end; entry.increment(error)) {
        const std::string name = entry->path().filename().native();
        if (name.size() <= kShape.size() + 1 || name.front() != '.') continue;
        Recording one{name.substr(1, kShape.size()), entry->path().native(), false};
        const std::string_view rest = std::string_view(name).substr(1 + kShape.size());
        if (!is_run_id(one.id) || (rest != kElsewhere && !rest.starts_with(".new-"))) continue;
        if (rest == kElsewhere) {
            one.elsewhere = true;
            one.working_path = std::filesystem::read_symlink(entry->path(), error).native();
            if (error) {
                error.clear();
                continue;
            }
        }
        found.push_back(std::move(one));
    }
    return found;
}

Result<std::vector<std::string>> RunStore::ids() const {
    std::vector<std::string> ids;
    std::error_code error;
    std::filesystem::directory_iterator entries(root_, error);
    if (error == std::errc::no_such_file_or_directory) return ids;
    while (!error && entries != std::filesystem::directory_iterator()) {
        std::string name = entries->path().filename().native();
        if (is_run_id(name)) ids.push_back(std::move(name));
        entries.increment(error);
    }
    if (error) return base::fail_errno(error.value(), "cannot read the run store " + root_);
    std::sort(ids.begin(), ids.end(), std::greater<>());
    return ids;
}

Result<std::string> RunStore::directory_of(const std::string& id) const {
    const std::string name = root_ + "/" + id;
    char target[PATH_MAX];
    const ssize_t length = ::readlink(name.c_str(), target, sizeof target);
    if (length < 0) return name;
    std::string directory(target, static_cast<std::size_t>(length));
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0 && (errno == ENOENT || errno == ENOTDIR))
        return fail(ErrorKind::kNotFound, "run " + id + " was written to " + directory + ", which is gone",
                    "it was moved or removed: give the run directory itself");
    return directory;
}

Result<std::string> RunStore::resolve(const std::string& run) const {
    const auto known = ids();
    if (run == "latest") {
        if (!known) return fail(known.error());
        for (const std::string& id : *known) {
            if (const auto directory = directory_of(id); directory && has_trace(*directory)) return *directory;
        }
        return fail(ErrorKind::kNotFound, "there is no run in the run store " + root_,
                    "record one with 'track -- COMMAND', or name another store with FSTRACKER_STORE");
    }
    if (known && (is_run_id(run) || is_prefix(run))) {
        std::vector<std::string> matches;
        std::copy_if(known->begin(), known->end(), std::back_inserter(matches),
                     [&](const std::string& id) { return id.starts_with(run); });
        if (matches.size() == 1) return directory_of(matches.front());
        if (matches.size() > 1) {
            static constexpr std::size_t kShown = 8;
            const std::size_t more = matches.size() > kShown ? matches.size() - kShown : 0;
            matches.resize(matches.size() - more);
            return fail(ErrorKind::kInvalid,
                        fmt::format("'{}' begins more than one run id: {}{}", run, fmt::join(matches, ", "),
                                    more > 0 ? fmt::format(" and {} more", more) : ""),
                        "give more of the run id");
        }
    }
    struct stat status {};
    if (run.empty() || ::stat(run.c_str(), &status) != 0) {
        if (!known) return fail(known.error());
        return fail(ErrorKind::kNotFound,
                    "there is no run '" + run + "' in the run store " + root_ + ", nor a directory of that name",
                    "'track runs' lists the runs that are known");
    }
    if (!S_ISDIR(status.st_mode))
        return fail(ErrorKind::kInvalid, run + " is not a run directory: it is not a directory");
    if (!has_trace(run))
        return fail(ErrorKind::kNotFound,
                    run + " is not a run directory: there is no " + std::string(kTraceFile) + " in it",
                    "give the directory that --out named, or a run id");
    return real_path(run);
}

Result<std::vector<RunEntry>> RunStore::list() const {
    const auto known = ids();
    if (!known) return fail(known.error());
    std::vector<RunEntry> entries;
    for (const std::string& id : *known) {
        if (auto one = entry(id)) entries.push_back(std::move(*one));
    }
    return entries;
}

Result<RunEntry> RunStore::entry(const std::string& id) const {
    if (!is_run_id(id)) return fail(ErrorKind::kInvalid, "'" + id + "' is not a run id");
    const auto directory = directory_of(id);
    if (!directory) return fail(directory.error());
    auto entry = read_entry(*directory);
    if (!entry) return entry;
    entry->id = id;
    entry->started = started_of(id);
    return entry;
}

}  // namespace fstracker::store
