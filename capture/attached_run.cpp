// SPDX-License-Identifier: Apache-2.0
#include "capture/attached_run.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "capture/bpf/source.hpp"
#include "capture/recover_runs.hpp"
#include "capture/run_parts.hpp"
#include "core/base/clock.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/hex.hpp"
#include "core/report/summary.hpp"
#include "core/store/journal.hpp"
#include "core/store/run_store.hpp"

namespace fstracker::capture {

namespace {

constexpr const char* kLeftLog = "events.left";  // the log of the recorder before

// What the inspector said, line by line in a file: "DIGEST KIND DETAILS".
class KeptInspections {
  public:
    static Result<KeptInspections> open(const std::string& path) {
        KeptInspections kept;
        if (const auto text = base::read_file(path)) kept.read(*text);
        kept.file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!kept.file_) return base::fail_errno(errno, "cannot make " + path);
        kept.path_ = path;
        return kept;
    }

    // They count even where the disk has no room for them.
    void add(const digest::Inspections& more) {
        std::string lines;
        for (const auto& [digest, kind] : more.kinds()) {
            const std::string* details = more.details(digest);
            lines += fmt::format("{} {} {}\n", base::to_hex(digest), kind, details != nullptr ? *details : "");
        }
        static_cast<void>(base::write_all(file_.get(), lines, path_));
        known_.add(more);
    }

    [[nodiscard]] const digest::Inspections& all() const { return known_; }

  private:
    void read(std::string_view text) {
        constexpr std::size_t kHex = 64;
        for (std::size_t end = 0; (end = text.find('\n')) != std::string_view::npos; text.remove_prefix(end + 1)) {
            const std::string_view line = text.substr(0, end);
            const std::size_t space = line.find(' ', kHex + 1);
            const auto bytes = base::from_hex(std::string(line.substr(0, kHex)));
            event::Sha256 digest{};
            digest::Inspection said;
            if (space == std::string_view::npos || !bytes || bytes->size() != digest.size()) continue;
            std::from_chars(line.data() + kHex + 1, line.data() + space, said.kind);
            said.details = line.substr(space + 1);
            std::copy(bytes->begin(), bytes->end(), digest.begin());
            known_.add(digest, std::move(said));
        }
    }

    base::Fd file_;
    std::string path_;
    digest::Inspections known_;
};

Status put_aside(const std::string& directory) {
    const std::string log = directory + "/" + store::kEventsFile;
    const std::string left = directory + "/" + kLeftLog;
    if (::access(left.c_str(), F_OK) == 0) {  // a resumption that was killed itself: what it had written is in `left`
        ::unlink(log.c_str());
        return {};
    }
    if (std::rename(log.c_str(), left.c_str()) != 0 && errno != ENOENT)
        return base::fail_errno(errno, "cannot rename " + log);
    return {};
}

}  // namespace

struct AttachedRecording::State {
    AttachedRun run;
    std::optional<sign::PrivateKey> key;
    std::unique_ptr<store::RunDirectoryWriter> directory;
    std::unique_ptr<BpfSource> source;
    std::unique_ptr<store::LogWriter> log;
    std::unique_ptr<digest::Hasher> hasher;
    std::unique_ptr<store::Journal> journal;
    std::optional<KeptInspections> inspections;
    std::optional<judge::Watch> watch;
    std::unique_ptr<Recorder> recorder;
    run::RunInfo info;

    // All but the directory.
    Status open() {
        auto loaded = signing_key(run.request);
        if (!loaded) return fail(loaded.error());
        key.emplace(std::move(*loaded));
        auto options = hasher_options(run.request);
        if (!options) return fail(options.error());
        auto kernel = Kernel::adopt(run.kernel_pins);
        if (!kernel) return fail(kernel.error());
        auto place = KernelRun::reopen(std::move(*kernel), run.number, run.run_pins);
        if (!place) return fail(place.error());
        auto attached = BpfSource::attach(std::move(*place), run.missed_before);
        if (!attached) return fail(attached.error());
        source = std::move(*attached);
        set_apart_from_watched(source->info(), *options);
        const std::string& working = directory->working_path();
        auto writer = store::LogWriter::create(working + "/" + store::kEventsFile);
        if (!writer) return fail(writer.error());
        log = std::move(*writer);
        auto kept = KeptInspections::open(working + "/" + store::kInspectionsFile);
        if (!kept) return fail(kept.error());
        inspections.emplace(std::move(*kept));
        auto started = digest::Hasher::start(*options);
        if (!started) return fail(started.error());
        hasher = std::move(*started);
        info = describe(run.request, source->info(), run.id);
        info.started = run.started;
        if (run.request.rules != nullptr) watch.emplace(*run.request.rules, info.pipeline, info.step);
        recorder = std::make_unique<Recorder>(*source, *hasher, *log, event::ClockOffset{run.clock_offset},
                                              watch ? &*watch : nullptr);
        recorder->follow(run.command_pid);
        return {};
    }

    Status keep() {
        auto opened = store::Journal::open(directory->working_path() + "/" + store::kJournalFile);
        if (!opened) return fail(opened.error());
        journal = std::move(*opened);
        recorder->keep_in(*journal, [this] { inspections->add(hasher->take_inspections()); });
        return {};
    }

    Status begin() {
        if (auto opened = open(); !opened) return opened;
        if (auto kept = keep(); !kept) return kept;
        recorder->begin();
        if (auto written = directory->write(store::kProjectFile, run.project); !written) return written;
        if (auto note = write_note(*directory, info, run.request.key_path, 0700, run.service_note); !note) return note;
        return recorder->make_room();
    }

    Status resume() {
        const std::string& working = directory->working_path();
        if (auto aside = put_aside(working); !aside) return aside;
        if (auto opened = open(); !opened) return opened;
        std::uint64_t lines = 0;
        const auto replay = [&](std::string_view line) {
            auto taken = recorder->replay(line);
            lines += taken ? 1U : 0U;
            return taken;
        };
        // A log ends where its recorder was killed.
        static_cast<void>(store::for_each_line(working + "/" + kLeftLog, replay));
        const auto lost = store::Journal::read(working + "/" + store::kJournalFile, lines, replay);
        if (auto resumed = recorder->resume(lost.value_or(1)); !resumed) return resumed;
        if (recorder->command_status()) source->expect_ended();
        if (::unlink((working + "/" + kLeftLog).c_str()) != 0 && errno != ENOENT)
            return base::fail_errno(errno, "cannot remove " + working + "/" + kLeftLog);
        if (auto kept = keep(); !kept) return kept;
        return recorder->make_room();
    }
};

AttachedRecording::AttachedRecording(std::unique_ptr<State> state) : state_(std::move(state)) {}

// Without evidence the directory stays as it is, for the next recorder.
AttachedRecording::~AttachedRecording() = default;

Result<std::unique_ptr<AttachedRecording>> AttachedRecording::begin(AttachedRun run) {
    auto state = std::make_unique<State>();
    const auto path = store::RunStore(run.request.store_root).directory_for(run.id);
    if (!path) return fail(path.error());
    auto directory = store::RunDirectoryWriter::create(*path);
    if (!directory) return fail(directory.error());
    state->directory = std::move(*directory);
    state->run = std::move(run);
    if (auto begun = state->begin(); !begun) return fail(begun.error());
    return std::unique_ptr<AttachedRecording>(new AttachedRecording(std::move(state)));
}

Result<std::unique_ptr<AttachedRecording>> AttachedRecording::resume(AttachedRun run, const std::string& working_path) {
    auto state = std::make_unique<State>();
    auto directory = store::RunDirectoryWriter::take_over(working_path);
    if (!directory) return fail(directory.error());
    if (*directory == nullptr) return fail(ErrorKind::kNotFound, working_path + " has a recorder");
    (*directory)->leave();
    state->directory = std::move(*directory);
    state->run = std::move(run);
    if (auto resumed = state->resume(); !resumed) return fail(resumed.error());
    return std::unique_ptr<AttachedRecording>(new AttachedRecording(std::move(state)));
}

void AttachedRecording::tell_hits(judge::Watch::Listener listener) {
    if (state_->watch) state_->watch->tell(std::move(listener));
}

RunOutcome AttachedRecording::record(const CommandEnd& end) {
    State& s = *state_;
    s.directory->leave();
    RunOutcome outcome;
    outcome.run_id = s.run.id;
    outcome.command_started = true;
    record_or_give_up(*s.recorder, end);
    const auto finish_start = std::chrono::steady_clock::now();
    const std::int64_t now = base::unix_time();
    outcome.command_seconds = static_cast<double>(now - s.run.started) / 1e9;
    const auto status = s.recorder->command_status();
    if (status && !s.recorder->command_executed()) {
        outcome.command_started = false;
        s.directory->discard();
        return outcome;
    }
    outcome.exit_status = status ? report::shell_status(*status) : 125;
    RunParts parts{s.run.request,
                   std::move(s.info),
                   *s.directory,
                   *s.log,
                   *s.hasher,
                   *s.recorder,
                   s.watch ? &*s.watch : nullptr,
                   *s.key,
                   &s.inspections->all()};
    write_down(parts, finish_start, outcome);
    if (outcome.judgement) {
        outcome.directory = s.directory->final_path();
        note_in_index(s.run.request.store_root, s.run.id, *outcome.record);
    }
    outcome.finish_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - finish_start).count();
    return outcome;
}

void AttachedRecording::wake() { state_->source->wake(); }

}  // namespace fstracker::capture
