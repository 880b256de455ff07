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
#include "capture/run_parts.hpp"
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
    set_apart_from_watched((*source)->info(), *options);
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

    outcome.exit_status = status ? report::shell_status(*status) : 125;
    RunParts parts{request, std::move(info), **directory, **log, **hasher, recorder, watch ? &*watch : nullptr, *key};
    write_down(parts, finish_start, outcome);
    if (!outcome.judgement) {
        (*directory)->leave();
        noted.leave();
        return outcome;
    }
    outcome.directory = (*directory)->final_path();
    if (!request.out.empty()) {
        if (auto remembered = store.remember(id, outcome.directory); !remembered)
            outcome.problems.push_back(remembered.error().within("the run store"));
    }
    note_in_index(request.store_root, id, *outcome.record);
    outcome.finish_seconds = seconds_since(finish_start);
    return outcome;
}

}  // namespace fstracker::capture
