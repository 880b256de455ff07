// SPDX-License-Identifier: Apache-2.0
#include "capture/record_run.hpp"

#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <exception>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "capture/launcher.hpp"
#include "capture/open_source.hpp"
#include "capture/recorder.hpp"
#include "capture/recover_runs.hpp"
#include "capture/supervisor.hpp"
#include "capture/write_evidence.hpp"
#include "core/artifact/inspector.hpp"
#include "core/base/clock.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/parts.hpp"
#include "core/digest/hasher.hpp"
#include "core/report/summary.hpp"
#include "core/sign/key.hpp"
#include "core/store/run_store.hpp"

namespace fstracker::capture {

namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

Result<sign::PrivateKey> signing_key(const RunRequest& request) {
    auto key = sign::load_private_key(request.key_path, request.key_passphrase);
    if (key || request.key_path_given || key.error().kind != ErrorKind::kNotFound) return key;
    auto made = sign::create_key_files(request.key_path, sign::KeyType::kEcdsaP256);
    if (made) return made;
    key = sign::load_private_key(request.key_path, request.key_passphrase);  // another first run may have been faster
    return key ? std::move(key) : std::move(made);
}

Result<digest::HasherOptions> hasher_options(const RunRequest& request) {
    digest::HasherOptions options;
    options.cache = request.cache_file;
    options.inspector = artifact::content_inspector();
    if (request.digest == "full") return options;
    std::uint64_t largest = 0;
    if (request.digest != "none") {
        const char* end = request.digest.data() + request.digest.size();
        if (const auto parsed = std::from_chars(request.digest.data(), end, largest);
            parsed.ec != std::errc() || parsed.ptr != end)
            return fail(ErrorKind::kInvalid,
                        fmt::format("digest mode '{}' is not full, none or a number of bytes", request.digest));
    }
    options.largest = largest;
    return options;
}

// The index of what dpkg lists lies beside the digest cache.
artifact::PackageLists package_lists(const RunRequest& request) {
    artifact::PackageLists lists;
    const std::size_t slash = request.cache_file.rfind('/');
    if (slash != std::string::npos) lists.dpkg_index = request.cache_file.substr(0, slash) + "/dpkg";
    return lists;
}

run::RunInfo describe(const RunRequest& request, const SourceInfo& source, std::string id) {
    run::RunInfo info;
    utsname machine{};
    uname(&machine);
    info.id = std::move(id);
    info.pipeline = request.pipeline;
    info.step = request.step;
    info.host = std::string("urn:fstracker:host:") + machine.nodename;
    info.backend = source.backend;
    info.hooks = source.hooks;
    info.digest_mode = request.digest;
    info.version = request.version;
    info.kernel = machine.release;
    info.configuration = request.configuration;
    info.started = base::unix_time();
    return info;
}

mode_t current_umask() {
    const mode_t mask = umask(0);
    umask(mask);
    return mask;
}

Result<std::unique_ptr<store::RunDirectoryWriter>> open_directory(const RunRequest& request,
                                                                  const store::RunStore& store, const std::string& id,
                                                                  unsigned mode) {
    if (!request.out.empty()) {
        store::RunDirectoryOptions options;
        options.mode = mode;
        return store::RunDirectoryWriter::create(request.out, options);
    }
    auto directory = store.directory_for(id);
    if (!directory) return fail(directory.error());
    return store::RunDirectoryWriter::create(*directory);
}

// A run outside the store can be found there as long as its directory is in the making. A store that cannot be written
// is told of at the end, when the run is remembered.
class NotedRecording {
  public:
    NotedRecording(const store::RunStore& store, const RunRequest& request, std::string id, const std::string& path)
        : store_(store), id_(std::move(id)) {
        if (!request.out.empty()) static_cast<void>(store_.note_recording(id_, path));
    }
    ~NotedRecording() {
        if (!left_) store_.forget_recording(id_);
    }
    NotedRecording(const NotedRecording&) = delete;
    NotedRecording& operator=(const NotedRecording&) = delete;
    void leave() { left_ = true; }

  private:
    const store::RunStore& store_;
    std::string id_;
    bool left_ = false;
};

// Frees it while the evidence is written, which comes first.
std::future<void> free_beside(run::Run run) {
    return std::async(base::kBesideOrLater, [run = std::move(run)]() mutable {
        constexpr int kLeast = 19;
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLeast);
        run = run::Run();
    });
}

// Writes the evidence of what was recorded; `freed` is what is freed meanwhile.
Result<WrittenEvidence> conclude(Recorder& recorder, run::RunInfo info, const EvidenceRequest& request,
                                 std::future<void>& freed) {
    try {
        run::Record record = recorder.take_record(std::move(info));
        freed = free_beside(recorder.take_run());
        return write_evidence(std::move(record), request);
    } catch (const std::exception& problem) {
        return fail(ErrorKind::kSystem, problem.what());
    }
}

// Memory may run out anywhere. The command goes on all the same, and the record says that it ends early.
void record_or_give_up(Recorder& recorder, const CommandEnd& end) {
    try {
        recorder.record(end);
    } catch (const std::exception& problem) {
        recorder.give_up(
            Error{ErrorKind::kSystem, problem.what(), "is there memory enough, by ulimit and cgroup too?"});
    }
}

// What env(1) ends with, and why, when the command could not be executed.
Error not_executed(int error, const std::string& command) {
    Error result = base::errno_error(error, command);
    result.hint = error == ENOENT ? "check the name and PATH" : "is it a program, and may you execute it?";
    return result;
}

}  // namespace

Result<RunOutcome> record_run(const RunRequest& request) {
    if (request.command.empty()) return fail(ErrorKind::kInvalid, "no command given", "track -- COMMAND");
    auto options = hasher_options(request);
    if (!options) return fail(options.error());
    auto key = signing_key(request);
    if (!key) return fail(key.error());

    std::uint64_t random = 0;
    if (getrandom(&random, sizeof(random), 0) != static_cast<ssize_t>(sizeof(random)))
        return base::fail_errno(errno, "random bytes");
    const std::string id = store::make_run_id(base::unix_time(), random);
    const store::RunStore store(request.store_root);
    const unsigned mode = request.out.empty() ? 0700 : 0777 & ~current_umask();
    auto directory = open_directory(request, store, id, mode);
    if (!directory) return fail(directory.error());
    NotedRecording noted(store, request, id, (*directory)->working_path());

    // The child is made before there are threads, and before any descriptor of ours that it could inherit.
    const SignalState signals = take_over_signals();
    auto launcher = Launcher::fork_gated(request.command, signals);
    if (!launcher) return fail(launcher.error());
    auto source = open_source({request.backend, request.ring_bytes, request.btf}, **launcher);
    if (!source) return fail(source.error());
    auto log = store::LogWriter::create((*directory)->working_path() + "/" + store::kEventsFile);
    if (!log) return fail(log.error());
    // A digest taken while an unseen writer had the file mapped must not pass for one of a quiet file in a later run.
    if (!(*source)->info().sees_writers && !options->cache.empty()) options->cache += ".unwatched";
    auto hasher = digest::Hasher::start(*options);
    if (!hasher) return fail(hasher.error());

    run::RunInfo info = describe(request, (*source)->info(), id);
    const event::ClockOffset clock{base::unix_time() - base::time_since_boot()};
    std::optional<judge::Watch> watch;
    if (request.rules != nullptr) watch.emplace(*request.rules, info.pipeline, info.step);
    Recorder recorder(**source, **hasher, **log, clock, watch ? &*watch : nullptr);
    if (auto note = write_note(**directory, info, request.key_path, mode); !note) return fail(note.error());
    recorder.begin();
    if (auto room = recorder.make_room(); !room) return fail(room.error());
    if (auto started = (*source)->start((*launcher)->pid()); !started) return fail(started.error());

    // The reader's thread is there before the command is, so that nothing can fail in between.
    CommandEnd end;
    std::promise<bool> started;
    std::thread reader;
    try {
        reader = std::thread([&, command = started.get_future()]() mutable {
            if (command.get()) record_or_give_up(recorder, end);
        });
    } catch (const std::system_error& error) {
        return base::fail_errno(error.code().value(), "a thread that reads what the kernel sees");
    }

    RunOutcome outcome;
    outcome.run_id = id;
    const SteadyClock::time_point command_start = SteadyClock::now();
    const int error = (*launcher)->release();
    started.set_value(error == 0);
    if (error != 0) {
        reader.join();
        waitpid((*launcher)->pid(), nullptr, 0);
        outcome.exit_status = error == ENOENT ? 127 : 126;
        outcome.problems.push_back(not_executed(error, request.command.front()));
        return outcome;
    }
    outcome.command_started = true;

    auto status = supervise((*launcher)->pid());
    outcome.command_seconds = seconds_since(command_start);
    const SteadyClock::time_point finish_start = SteadyClock::now();
    if (status) end.status = *status;
    if (!status) end.failure = status.error();
    end.over.store(true, std::memory_order_release);
    (*source)->wake();
    reader.join();

    outcome.bytes_hashed = (*hasher)->totals().bytes_hashed;
    outcome.exit_status = status ? report::shell_status(*status) : 125;
    if (recorder.failure()) {
        outcome.problems.push_back(recorder.failure()->within("recording"));
        outcome.exit_status = 125;
    }

    const digest::Inspections inspections = (*hasher)->take_inspections();
    EvidenceRequest evidence{**directory,
                             **log,
                             *key,
                             outcome.exit_status,
                             outcome.command_seconds,
                             finish_start,
                             outcome.bytes_hashed,
                             Recording::kLived,
                             watch ? &*watch : nullptr,
                             &inspections,
                             request.roles,
                             package_lists(request),
                             request.criteria};
    std::future<void> freed;
    Result<WrittenEvidence> written = conclude(recorder, std::move(info), evidence, freed);
    if (!written) {
        Error problem = written.error().within("writing the evidence");
        problem.hint = "what was recorded is kept; 'track runs' makes an incomplete run of it once that is mended";
        outcome.problems.push_back(std::move(problem));
        (*directory)->leave();
        noted.leave();
        outcome.exit_status = 125;
        return outcome;
    }
    outcome.directory = (*directory)->final_path();
    if (!request.out.empty()) {
        if (auto remembered = store.remember(id, outcome.directory); !remembered)
            outcome.problems.push_back(remembered.error().within("the run store"));
    }
    outcome.record = std::move(written->record);
    outcome.judgement = std::move(written->judgement);
    outcome.finish_seconds = seconds_since(finish_start);
    return outcome;
}

}  // namespace fstracker::capture
