// SPDX-License-Identifier: Apache-2.0
#include "daemon/run/worker.hpp"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "capture/attached_run.hpp"
#include "capture/bell.hpp"
#include "capture/recover_runs.hpp"
#include "core/base/durable_file.hpp"
#include "core/report/printable.hpp"
#include "core/report/summary.hpp"
#include "core/store/run_directory.hpp"
#include "daemon/run/findings.hpp"
#include "daemon/run/judging.hpp"
#include "daemon/run/order.hpp"
#include "daemon/run/packets.hpp"
#include "daemon/run/process.hpp"
#include "fstracker/version.hpp"

namespace fstracker::daemon {

namespace {

void say(const WorkerWord& word) { static_cast<void>(send_packet(kWorkerSocket, to_text(word))); }

void say_finding(const control::Finding& finding) {
    WorkerWord word;
    word.kind = WorkerWord::Kind::kFinding;
    word.finding = to_text(finding);
    say(word);
}

int refuse(const Error& error) {
    WorkerWord word;
    word.kind = WorkerWord::Kind::kRefused;
    // Names and texts of files that somebody handed over may be in it, and it goes to the log as well.
    word.message = report::printable(error.message);
    word.hint = report::printable(error.hint);
    say(word);
    return EX_UNAVAILABLE;
}

// "begin", "resume PATH" or "recover" with the order in a memfd, and behind it the project's files, packed.
struct Assignment {
    bool recovers = false;
    std::string working_path;  // where a worker before this one was; empty: begin
    Order order;
    std::string project;
};

constexpr std::string_view kResume = "resume ";
constexpr std::size_t kLongestOrder = std::size_t{8} << 20;
constexpr std::size_t kLongestProject = std::size_t{512} << 20;

Result<std::string> content_of(const base::Fd& fd, std::size_t most) {
    return base::read_file("/proc/self/fd/" + std::to_string(fd.get()), most);
}

Result<Assignment> receive_assignment() {
    auto packet = receive_packet(kWorkerSocket, true);
    if (!packet) return fail(packet.error());
    if (!*packet || (*packet)->descriptors.empty()) return fail(ErrorKind::kSystem, "the service has gone");
    Assignment assignment;
    if ((*packet)->text.starts_with(kResume)) assignment.working_path = (*packet)->text.substr(kResume.size());
    assignment.recovers = (*packet)->text == "recover";
    const auto text = content_of((*packet)->descriptors.front(), kLongestOrder);
    if (!text) return fail(text.error());
    auto order = read_order(*text);
    if (!order) return fail(order.error());
    assignment.order = std::move(*order);
    if ((*packet)->descriptors.size() > 1) {
        auto project = content_of((*packet)->descriptors[1], kLongestProject);
        if (!project) return fail(project.error());
        assignment.project = std::move(*project);
    } else if (!assignment.working_path.empty()) {
        auto project = base::read_file(assignment.working_path + "/" + store::kProjectFile, kLongestProject);
        if (!project) return fail(project.error());
        assignment.project = std::move(*project);
    }
    return assignment;
}

// `judged` outlives the run.
capture::AttachedRun make_run(const Assignment& assignment, const OrderedJudging& judged) {
    const Order& order = assignment.order;
    capture::AttachedRun run;
    capture::RunRequest& request = run.request;
    request.command = order.command;
    request.pipeline = order.pipeline;
    request.step = order.step;
    request.store_root = order.store_root;
    request.cache_file = order.cache_file;
    request.key_path = order.key_path;
    request.key_path_given = true;
    request.backend = order.backend;
    request.digest = order.digest;
    request.version = std::string(kVersion);
    request.configuration = judged.judging.configuration;
    request.rules = &judged.judging.rules.rules;
    request.criteria = judged.judging.criteria.criteria;
    request.roles = judged.judging.roles;
    request.owner = order.uid;
    run.id = order.run;
    run.kernel_pins = order.kernel_pins;
    run.run_pins = order.run_pins;
    run.number = order.number;
    run.missed_before = order.missed_before;
    run.clock_offset = order.clock_offset;
    run.started = order.started;
    run.command_pid = order.pid;
    run.service_note = to_text(order);
    run.project = judged.project;
    return run;
}

// The thread beside the recording: hears the broker, and of the command's end where the kernel's record of it is lost.
class Listener {
  public:
    Listener(capture::AttachedRecording& recording, capture::CommandEnd& end, const Order& order)
        : recording_(recording), end_(end), process_(open_process(order.pid, order.pid_started)) {
        thread_ = std::thread([this] { listen(); });
    }
    ~Listener() { thread_.join(); }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;
    void stop() { stop_.ring(); }

  private:
    void listen() {
        for (bool gone = false;;) {
            // Once the command is gone the kernel's record of that is in the ring: it has this long to be read.
            constexpr int kGrace = 5000;
            std::array<pollfd, 3> wanted{pollfd{kWorkerSocket, POLLIN, 0}, pollfd{stop_.fd(), POLLIN, 0},
                                         pollfd{gone ? -1 : process_.get(), POLLIN, 0}};
            const int ready = ::poll(wanted.data(), wanted.size(), gone || !process_ ? kGrace : -1);
            if (wanted[1].revents != 0) return;
            if (ready == 0) return finish({});
            if (wanted[2].revents != 0) gone = true;
            if (wanted[0].revents == 0) continue;
            const auto packet = receive_packet(kWorkerSocket, false);
            if (!packet || !*packet) ::_exit(EX_TEMPFAIL);  // the broker has gone: the next one starts another worker
            if ((*packet)->text == kAbort)
                return finish(Error{ErrorKind::kSystem, "the run was given up at its user's request", ""});
        }
    }

    void finish(std::optional<Error> why) {
        end_.failure = std::move(why);
        end_.over.store(true, std::memory_order_release);
        recording_.wake();
    }

    capture::AttachedRecording& recording_;
    capture::CommandEnd& end_;
    base::Fd process_;  // none: it has gone
    capture::Bell stop_;
    std::thread thread_;
};

int record(const Assignment& assignment) {
    const auto judged = load_judging(assignment.order, assignment.project);
    if (!judged) return refuse(judged.error());
    capture::AttachedRun run = make_run(assignment, *judged);
    auto recording = assignment.working_path.empty()
                         ? capture::AttachedRecording::begin(std::move(run))
                         : capture::AttachedRecording::resume(std::move(run), assignment.working_path);
    if (!recording) return refuse(recording.error());
    say({});
    (*recording)->tell_hits([](const judge::Hit& hit, const judge::Actor* actor) {
        say_finding(finding_of(hit, actor));
    });
    capture::CommandEnd end;
    capture::RunOutcome outcome;
    {
        Listener listener(**recording, end, assignment.order);
        outcome = (*recording)->record(end);
        listener.stop();
    }
    WorkerWord word;
    word.kind = outcome.command_started ? WorkerWord::Kind::kOutcome : WorkerWord::Kind::kNothing;
    word.exit_code = outcome.exit_status;
    word.directory = outcome.directory;
    for (const Error& problem : outcome.problems) word.problems.emplace_back(problem.message, problem.hint);
    for (const std::string& note : judged->judging.criteria.missing) word.problems.emplace_back(note, "");
    if (outcome.record && outcome.judgement) {
        for (const judge::Incident& incident : outcome.judgement->incidents)
            if (!incident.suppressed) say_finding(finding_of(incident, *outcome.record));
        word.summary = report::summary_json(*outcome.record, *outcome.judgement, outcome.directory, outcome.exit_status,
                                            {outcome.command_seconds, outcome.finish_seconds, outcome.bytes_hashed},
                                            assignment.order.uid);
    }
    say(word);
    return outcome.judgement || !outcome.command_started ? EX_OK : EX_CANTCREAT;
}

int recover(const Order& order) {
    const auto kept = [&](const std::string& working_path) {
        return std::any_of(order.after.begin(), order.after.end(),
                           [&](const std::string& run) { return working_path.find("/." + run) != std::string::npos; });
    };
    const auto recovery = capture::recover_runs(order.store_root, {}, kept);
    for (const auto& run : recovery.recovered)
        spdlog::warn("run {}: its recorder had died; what it had recorded is in {}, incomplete", run.id, run.directory);
    for (const Error& problem : recovery.problems) spdlog::error("{}", problem.message);
    return EX_OK;
}

}  // namespace

int run_worker() {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_NAME, "fstracker-run");
    auto assignment = receive_assignment();
    if (!assignment) return refuse(assignment.error());
    return assignment->recovers ? recover(assignment->order) : record(*assignment);
}

}  // namespace fstracker::daemon
