// SPDX-License-Identifier: Apache-2.0
#include "capture/recover_runs.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

#include "capture/write_evidence.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/event/decode.hpp"
#include "core/event/log.hpp"
#include "core/evidence/trace.hpp"
#include "core/run/run.hpp"
#include "core/sign/key.hpp"
#include "core/store/journal.hpp"
#include "core/store/run_store.hpp"

namespace fstracker::capture {

namespace {

constexpr std::size_t kLongestNote = std::size_t{1} << 20;
constexpr const char* kLeftLog = "events.left";  // the log as it was found
constexpr std::int32_t kTrackerFailed = 125 << 8;

struct Note {
    run::RunInfo info;
    std::string key_path;
    unsigned mode = 0700;
};

Result<Note> read_note(const std::string& path) {
    const auto bytes = base::read_regular_file(path, kLongestNote);
    if (!bytes) return fail(bytes.error());
    const auto json = nlohmann::json::parse(*bytes, nullptr, /*allow_exceptions=*/false);
    const auto damaged = [&] { return fail(ErrorKind::kInvalid, path + " is damaged"); };
    if (!json.is_object()) return damaged();
    const auto statement = json.find("statement");
    const auto key = json.find("key");
    const auto mode = json.find("mode");
    if (statement == json.end() || !statement->is_string() || key == json.end() || !key->is_string() ||
        mode == json.end() || !mode->is_number_unsigned())
        return damaged();
    auto trace = evidence::read_trace(statement->get<std::string>());
    if (!trace) return fail(trace.error().within(path));
    return Note{std::move(trace->record.info), key->get<std::string>(), mode->get<unsigned>() & 0777U};
}

// A log that ends anywhere, once more up to its last whole line, with an end that says what happened.
class Salvage {
  public:
    explicit Salvage(store::LogWriter& log) : log_(log) {}

    // How far the log could be read is what counts; that it has no end is known. What comes behind is in the journal.
    void read(const std::string& path, const std::string& journal) {
        std::uint64_t lines = 0;
        static_cast<void>(store::for_each_line(path, [&](std::string_view line) {
            auto taken = take(line);
            lines += taken ? 1U : 0U;
            return taken;
        }));
        const auto missing =
            store::Journal::read(journal, lines, [this](std::string_view line) { return take(line); });
        gaps_ += missing.value_or(0);
    }

    Status finish(run::RunInfo info, run::Record& record) {
        if (gaps_ != 0 && !counted_) {
            event::RecorderCounters counters;
            counters.sequence_gaps = gaps_;
            apply(counters);
        }
        event::RunEnded end{last_time_ != 0 ? last_time_ : info.started, status_.value_or(kTrackerFailed), true,
                            "it died before the evidence was written"};
        if (ended_) std::tie(end.time, end.status) = std::pair(ended_->time, ended_->status);
        apply(end);
        if (auto written = log_.append(lines_); !written) return written;
        record = run_.record(std::move(info));
        return {};
    }

  private:
    Status take(std::string_view line) {
        const auto event = event::parse_line(line);
        if (!event) return fail(event.error());
        if (const auto* end = std::get_if<event::RunEnded>(&*event)) {
            ended_ = *end;
            return {};
        }
        if (std::holds_alternative<event::RecorderCounters>(*event)) counted_ = true;
        if (const event::Common* common = event::common_of(*event)) {
            last_time_ = std::max(last_time_, common->time);
            if (common->sequence != 0) {
                std::uint64_t& last = sequences_[common->cpu];
                if (common->sequence != last + 1) ++gaps_;
                last = common->sequence;
            }
        }
        if (const auto* exit = std::get_if<event::Exit>(&*event); exit != nullptr && exit->common.process == first_)
            status_ = exit->status;
        if (const auto* exec = std::get_if<event::Exec>(&*event); exec != nullptr && first_ == 0)
            first_ = exec->common.process;
        apply(*event);
        if (lines_.size() < kChunk) return {};
        auto written = log_.append(lines_);
        lines_.clear();
        return written;
    }

    void apply(const event::Event& event) {
        event::append_line(lines_, event);
        run_.apply(event);
    }

    static constexpr std::size_t kChunk = 256 * 1024;
    store::LogWriter& log_;
    run::Run run_;
    std::string lines_;
    std::map<std::uint32_t, std::uint64_t> sequences_;
    std::uint64_t gaps_ = 0;
    bool counted_ = false;
    event::ProcessId first_ = 0;
    std::optional<std::int32_t> status_;
    std::int64_t last_time_ = 0;
    std::optional<event::RunEnded> ended_;
};

// The log of the recorder under another name, so that a recovery that fails can be tried again.
Result<std::string> put_aside(const std::string& directory) {
    const std::string log = directory + "/" + store::kEventsFile;
    const std::string left = directory + "/" + kLeftLog;
    struct stat status {};
    if (::lstat(left.c_str(), &status) == 0) {
        ::unlink(log.c_str());
        return left;
    }
    if (std::rename(log.c_str(), left.c_str()) != 0 && errno != ENOENT)
        return base::fail_errno(errno, "cannot rename " + log);
    return left;
}

Result<RecoveredRun> recover(store::RunDirectoryWriter& directory, const Note& note, const std::string& passphrase) {
    auto key = sign::load_private_key(note.key_path, passphrase);
    if (!key) return fail(key.error());
    directory.set_mode(note.mode);
    const auto left = put_aside(directory.working_path());
    if (!left) return fail(left.error());
    auto log = store::LogWriter::create(directory.working_path() + "/" + store::kEventsFile);
    if (!log) return fail(log.error());
    run::Record record;
    Salvage salvage(**log);
    salvage.read(*left, directory.working_path() + "/" + store::kJournalFile);
    if (auto finished = salvage.finish(note.info, record); !finished) return fail(finished.error());
    if (::unlink(left->c_str()) != 0 && errno != ENOENT) return base::fail_errno(errno, "cannot remove " + *left);
    const EvidenceRequest request{directory, **log,           *key, 125, 0, std::chrono::steady_clock::now(),
                                  0,         Recording::kDied};
    if (auto written = write_evidence(std::move(record), request); !written) return fail(written.error());
    return RecoveredRun{note.info.id, directory.final_path()};
}

bool is_there(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0;
}

Result<RecoveredRun> name(store::RunDirectoryWriter& directory, const std::string& id) {
    struct stat status {};
    if (::stat(directory.working_path().c_str(), &status) == 0) directory.set_mode(status.st_mode & 0777U);
    if (auto committed = directory.commit(); !committed) return fail(committed.error());
    return RecoveredRun{id, directory.final_path()};
}

}  // namespace

Status write_note(store::RunDirectoryWriter& directory, const run::RunInfo& info, const std::string& key_path,
                  unsigned mode, const std::string& service) {
    run::Record record;
    record.info = info;
    const auto document = evidence::write_trace(record, {}, {}, [](const std::string&) { return event::Sha256{}; });
    std::error_code error;
    const std::string key = std::filesystem::absolute(key_path, error).native();
    nlohmann::json note = {{"statement", document.statement}, {"key", error ? key_path : key}, {"mode", mode}};
    if (!service.empty()) note["service"] = service;
    return directory.write(store::kNoteFile,
                           note.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

Result<std::string> read_service_note(const std::string& working_path) {
    const auto bytes = base::read_regular_file(working_path + "/" + store::kNoteFile, kLongestNote);
    if (!bytes) return fail(bytes.error());
    const auto json = nlohmann::json::parse(*bytes, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object() || !json.contains("service") || !json["service"].is_string())
        return fail(ErrorKind::kNotFound, working_path + " is no run of the service's");
    return json["service"].get<std::string>();
}

Recovery recover_runs(const std::string& store_root, const std::string& key_passphrase,
                      const std::function<bool(const std::string&)>& keep) {
    Recovery recovery;
    const store::RunStore store(store_root);
    for (const store::RunStore::Recording& recording : store.recordings()) {
        if (keep && keep(recording.working_path)) continue;
        auto directory = store::RunDirectoryWriter::take_over(recording.working_path);
        if (!directory || *directory == nullptr) {
            struct stat status {};
            if (recording.elsewhere && ::lstat(recording.working_path.c_str(), &status) != 0 && errno == ENOENT)
                store.forget_recording(recording.id);
            continue;
        }
        const auto note = read_note((*directory)->working_path() + "/" + store::kNoteFile);
        const bool whole = !note && is_there((*directory)->working_path() + "/" + store::kSummaryFile);
        if (!note && !whole && note.error().kind == ErrorKind::kNotFound) continue;  // nothing had begun: it is removed
        auto recovered = note    ? recover(**directory, *note, key_passphrase)
                         : whole ? name(**directory, recording.id)
                                 : Result<RecoveredRun>(fail(note.error()));
        if (!recovered) {
            (*directory)->leave();
            recovery.problems.push_back(
                recovered.error().within("cannot recover the run in " + (*directory)->working_path()));
            continue;
        }
        if (recording.elsewhere) {
            static_cast<void>(store.remember(recording.id, recovered->directory));
            store.forget_recording(recording.id);
        }
        recovery.recovered.push_back(std::move(*recovered));
    }
    return recovery;
}

}  // namespace fstracker::capture
