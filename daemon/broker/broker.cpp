// SPDX-License-Identifier: Apache-2.0
#include "daemon/broker/broker.hpp"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "capture/recover_runs.hpp"
#include "core/base/clock.hpp"
#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "core/base/time.hpp"
#include "daemon/broker/active_run.hpp"
#include "daemon/broker/describe.hpp"
#include "daemon/control/given_files.hpp"
#include "daemon/run/given.hpp"
#include "daemon/run/process.hpp"

namespace fstracker::daemon {

namespace {

using namespace std::chrono_literals;
using control::Refusal;

// Before a worker goes on where one has ended: at once, and then later and later.
constexpr std::array<std::chrono::milliseconds, 6> kPauses = {0ms, 200ms, 1s, 5s, 20s, 60s};
// Workers in a row that ended without getting anywhere, before the run is closed with what is there. One that cannot
// write its evidence has got somewhere, and is tried for as long as it takes.
constexpr int kMostFalls = 4;
// Nobody has recorded for so long: the kernel is left alone.
constexpr auto kRest = 10s;
constexpr const char* kRecovery = "recovery";  // the name of no run
constexpr std::size_t kLongestCommand = std::size_t{64} << 10;
constexpr std::size_t kLongestName = 256;  // of pipelines and steps
constexpr std::size_t kMostBefore = 64;    // runs that a run comes after

Refusal refused(const Error& error) {
    return control::Refused{error.message, error.hint.empty() ? std::nullopt : std::optional(error.hint)};
}

std::string new_run_id() {
    std::uint64_t random = 0;
    static_cast<void>(::getrandom(&random, sizeof random, 0) == sizeof random);
    return store::make_run_id(base::unix_time(), random);
}

// As much of it as an order carries.
std::vector<std::string> cut(const std::vector<control::Bytes>& command) {
    std::vector<std::string> arguments;
    std::size_t left = kLongestCommand;
    for (const control::Bytes& argument : command) {
        if (argument.bytes.size() > left) break;
        left -= argument.bytes.size();
        arguments.push_back(argument.bytes);
    }
    return arguments;
}

std::string_view word(control::Purpose purpose) {
    switch (purpose) {
        case control::Purpose::kProject: return "project";
        case control::Purpose::kBaseline: return "baseline";
        case control::Purpose::kBaselineSignature: return "baselineSignature";
        case control::Purpose::kBaselineKey: return "baselineKey";
        case control::Purpose::kRules: return "rules";
    }
    return {};
}

// What evidence and lists show as a name, on one line.
bool is_name(const std::string& text) {
    return !text.empty() && text.size() <= kLongestName && std::none_of(text.begin(), text.end(), [](char c) {
        return static_cast<unsigned char>(c) < ' ' || c == 0x7f;
    });
}

// "full", "none", or a number of bytes.
bool is_digest_mode(const std::string& text) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return text == "full" || text == "none" || (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size());
}

// The parameter that no run can have, if there is one.
std::optional<Refusal> fault_of(const control::StartRun::Parameters& asked) {
    if (!is_name(asked.pipeline)) return control::InvalidParameter{"pipeline"};
    if (!is_name(asked.step)) return control::InvalidParameter{"step"};
    if (asked.command.empty()) return control::InvalidParameter{"command"};
    if (!is_digest_mode(asked.digest.value_or("full"))) return control::InvalidParameter{"digest"};
    if (asked.after && asked.after->size() > kMostBefore) return control::LimitReached{"after", kMostBefore};
    return std::nullopt;
}

// The files as a worker gets them: all in one memory file.
Result<base::Fd> take_given(const std::vector<control::GivenFile>& files, const control::Descriptors& descriptors,
                            std::uint64_t most) {
    if (auto right = control::check_given_files(files, descriptors, most); !right) return fail(right.error());
    std::vector<Given> given;
    for (const control::GivenFile& file : files) {
        auto bytes = control::read_given_file(file, descriptors.at(file.descriptor.index));
        if (!bytes) return fail(bytes.error());
        given.push_back({file.path.bytes, std::string(word(file.purpose)), std::move(*bytes)});
    }
    return memory_file(pack(given));
}

}  // namespace

Broker::Broker(Configuration configuration, Watcher& watcher)
    : configuration_(std::move(configuration)),
      watcher_(watcher),
      kernel_(configuration_.pins, configuration_.backend, configuration_.ring_bytes),
      store_(configuration_.store),
      started_(base::unix_time()) {}

Broker::~Broker() = default;

Status Broker::start() {
    auto pinned = kernel_.adopt();
    if (!pinned) return fail(pinned.error());
    std::map<std::string, const KernelSides::PinnedRun*> unclaimed;
    for (const auto& run : *pinned) unclaimed[run.run_pins] = &run;
    for (const auto& recording : store_.recordings()) {
        const auto note = capture::read_service_note(recording.working_path);
        auto order = note ? read_order(*note) : Result<Order>(fail(note.error()));
        if (!order || unclaimed.erase(order->run_pins) == 0) continue;
        spdlog::info("run {} goes on", order->run);
        auto run = std::make_unique<Active>();
        run->order = std::move(*order);
        run->armed = true;
        run->next_worker = Clock::now();
        runs_[run->order.run] = std::move(run);
    }
    // Of runs whose evidence is there, and of those that never began.
    for (const auto& [pins, run] : unclaimed) kernel_.release(run->kernel_pins, run->run_pins, run->number);
    for (auto& [id, run] : runs_) give_to_worker(*run);
    recover();
    if (const auto ready = kernel_.current(); !ready) {
        trouble_ = ready.error();
        spdlog::error("no run can be recorded: {}", ready.error().message);
    }
    idle_since_ = Clock::now();
    return {};
}

// What no worker can go on with becomes an incomplete run, in a process of its own.
void Broker::recover() {
    Order order;
    order.store_root = configuration_.store;
    for (const auto& [id, run] : runs_) order.after.push_back(id);
    auto worker = WorkerProcess::start();
    if (!worker || !worker->recover(order)) return;
    if (recovery_) watcher_.forget(recovery_->socket());
    recovery_.emplace(std::move(*worker));
    watcher_.watch(recovery_->socket(), kRecovery);
}

std::string Broker::working_path(const std::string& run) const {
    for (const auto& recording : store_.recordings())
        if (recording.id == run) return recording.working_path;
    return {};
}

void Broker::give_to_worker(Active& run) {
    run.next_worker.reset();
    run.has_no_evidence = false;
    const std::string there = run.armed ? working_path(run.order.run) : std::string();
    if (run.armed && there.empty()) {
        // Nothing is in the making: either the evidence got its name, or nothing had begun.
        WorkerWord word;
        if (const auto entry = store_.entry(run.order.run)) word = read_outcome(*entry);
        return concluded(run, word);
    }
    auto worker = WorkerProcess::start();
    Status begun = worker ? run.armed ? worker->resume(run.order, there) : worker->begin(run.order, run.project)
                          : Status(fail(worker.error()));
    if (!begun) return given_up(run, begun.error());
    run.project.reset();
    run.worker.emplace(std::move(*worker));
    watcher_.watch(run.worker->socket(), run.order.run);
}

Broker::Active* Broker::find(const control::Peer& peer, const std::string& run) {
    const auto found = runs_.find(run);
    return found != runs_.end() && may_see(peer, found->second->order.uid) ? found->second.get() : nullptr;
}

void Broker::start_run(const control::Peer& peer, control::StartRun::Parameters parameters,
                       control::Descriptors descriptors, control::Answer<control::StartRun> answer) {
    if (const auto fault = fault_of(parameters)) return answer.refuse(*fault);
    const auto process = facts_of(descriptors.at(parameters.process.index).get());
    if (!process) return answer.refuse(refused(process.error()));
    if (peer.uid != 0 && (process->uid != peer.uid || !process->one_user))
        return answer.refuse(control::PermissionDenied{"record a process that is not the caller's"});
    const auto& limits = configuration_.limits;
    if (runs_.size() >= limits.runs) return answer.refuse(control::LimitReached{"runs", limits.runs});
    const auto own = std::count_if(runs_.begin(), runs_.end(),
                                   [&](const auto& run) { return run.second->order.uid == process->uid; });
    if (peer.uid != 0 && static_cast<std::uint64_t>(own) >= limits.runs_of_user)
        return answer.refuse(control::LimitReached{"runs_of_user", limits.runs_of_user});
    for (const auto& run : parameters.after.value_or(std::vector<std::string>{})) {
        const auto entry = store_.entry(run);
        if (!entry || !may_see(peer, entry->uid)) return answer.refuse(control::NoSuchRun{run});
    }
    auto project =
        take_given(parameters.files.value_or(std::vector<control::GivenFile>{}), descriptors, limits.given_bytes);
    if (!project) return answer.refuse(refused(project.error()));

    auto place = kernel_.begin(process->pid);
    trouble_ = place ? std::nullopt : std::optional(place.error());
    if (!place) return answer.refuse(refused(place.error()));
    // It was joined by its number, which another process has by now if it has ended meanwhile.
    const auto joined = facts_of(descriptors.at(parameters.process.index).get());
    const std::string wanted = parameters.backend.value_or("auto");
    if (!joined || joined->started != process->started || (wanted != "auto" && wanted != place->backend)) {
        kernel_.release(place->kernel_pins, place->run_pins, place->number);
        if (joined) return answer.refuse(control::InvalidParameter{"backend"});
        return answer.refuse(refused(joined.error()));
    }
    auto run = std::make_unique<Active>();
    Order& order = run->order;
    order.run = new_run_id();
    order.store_root = configuration_.store;
    order.cache_file = configuration_.cache + "/digests";
    order.key_path = configuration_.key;
    order.rules = configuration_.rules;
    order.kernel_pins = place->kernel_pins;
    order.run_pins = place->run_pins;
    order.number = place->number;
    order.missed_before = place->missed_before;
    order.backend = place->backend;
    order.started = base::unix_time();
    order.clock_offset = order.started - base::time_since_boot();
    order.uid = process->uid;
    order.gid = process->gid;
    order.pid = process->pid;
    order.pid_started = process->started;
    order.here = process->here;
    order.command = cut(parameters.command);
    order.pipeline = parameters.pipeline;
    order.step = parameters.step;
    order.digest = parameters.digest.value_or("full");
    order.project = parameters.project.value_or(control::Bytes{}).bytes;
    order.after = parameters.after.value_or(std::vector<std::string>{});
    run->project = std::move(*project);
    run->starting.emplace(std::move(answer));
    idle_since_.reset();
    Active& active = *(runs_[order.run] = std::move(run));
    give_to_worker(active);
}

void Broker::on_worker(const std::string& id) {
    if (id == kRecovery && recovery_ && !recovery_->hear()) {
        watcher_.forget(recovery_->socket());
        recovery_->reap();
        recovery_.reset();
    }
    const auto found = runs_.find(id);
    if (found == runs_.end() || !found->second->worker) return;
    Active& run = *found->second;
    for (;;) {
        const auto word = run.worker->hear();
        if (!word) return worker_ended(run);
        if (!*word) return;
        switch ((*word)->kind) {
            case WorkerWord::Kind::kArmed: armed(run); break;
            case WorkerWord::Kind::kRefused:
                if (!run.armed) return given_up(run, {ErrorKind::kSystem, (*word)->message, (*word)->hint});
                spdlog::warn("run {}: a worker cannot go on: {}", id, (*word)->message);
                break;
            case WorkerWord::Kind::kPhase: {
                run.state = control::State::kFinishing;
                control::FinishRun::Reply reply;
                reply.progress.emplace();
                reply.progress->phase = phase_of((*word)->phase);
                for (auto& waiting : run.waiting) waiting.progress(reply);
                break;
            }
            case WorkerWord::Kind::kFinding: tell_finding(run, (*word)->finding); break;
            case WorkerWord::Kind::kNothing: return concluded(run, **word);
            case WorkerWord::Kind::kOutcome:
                if (!(*word)->directory.empty()) return concluded(run, **word);
                run.has_no_evidence = true;
                for (const auto& [message, hint] : (*word)->problems) spdlog::error("run {}: {}", id, message);
                break;
        }
    }
}

void Broker::armed(Active& run) {
    run.falls = 0;
    if (run.armed) return;
    run.armed = true;
    spdlog::info("run {} of uid {}: {} / {}", run.order.run, run.order.uid, run.order.pipeline, run.order.step);
    if (!run.starting) return;
    run.starting->reply({run.order.run, run.order.backend});
    run.starting.reset();
}

void Broker::concluded(Active& run, const WorkerWord& word) {
    spdlog::info("run {}: {}", run.order.run, word.summary.empty() ? "nothing was recorded" : "its evidence is there");
    control::FinishRun::Reply reply;
    reply.outcome = outcome_of(word);
    for (auto& waiting : run.waiting) waiting.reply(reply);
    remove(run);
}

void Broker::worker_ended(Active& run) {
    watcher_.forget(run.worker->socket());
    run.worker.reset();
    const Error why{ErrorKind::kSystem, "the process that was to record the run has ended",
                    "the service's log says more"};
    if (!run.armed) return given_up(run, why);
    run.falls += run.has_no_evidence ? 0 : 1;
    if (run.falls > kMostFalls) return given_up(run, why);
    const auto pause = std::min<std::size_t>(static_cast<std::size_t>(std::max(run.falls, run.has_no_evidence ? 3 : 0)),
                                             kPauses.size() - 1);
    spdlog::warn("run {}: its worker ended before its time; another one goes on", run.order.run);
    run.next_worker = Clock::now() + kPauses.at(pause);
}

void Broker::given_up(Active& run, const Error& why) {
    spdlog::error("run {}: given up: {}", run.order.run, why.message);
    if (run.starting) run.starting->refuse(refused(why));
    WorkerWord word;
    word.problems.emplace_back(why.message, why.hint);
    control::FinishRun::Reply reply;
    reply.outcome = outcome_of(word);
    for (auto& waiting : run.waiting) waiting.reply(reply);
    const bool was_armed = run.armed;
    remove(run);
    if (was_armed) recover();
}

void Broker::remove(Active& run) {
    for (auto one = subscribers_.begin(); one != subscribers_.end();) {
        if (one->run != run.order.run) {
            ++one;
            continue;
        }
        one->answer.reply({});
        one = subscribers_.erase(one);
    }
    if (run.worker) watcher_.forget(run.worker->socket());
    kernel_.release(run.order.kernel_pins, run.order.run_pins, run.order.number);
    runs_.erase(std::string(run.order.run));
    if (runs_.empty()) idle_since_ = Clock::now();
}

std::optional<Broker::Clock::time_point> Broker::on_time(Clock::time_point now) {
    std::vector<Active*> due;
    std::optional<Clock::time_point> next;
    for (auto& [id, run] : runs_) {
        if (!run->next_worker) continue;
        if (*run->next_worker <= now)
            due.push_back(run.get());
        else
            next = std::min(next.value_or(*run->next_worker), *run->next_worker);
    }
    for (Active* run : due) give_to_worker(*run);
    if (idle_since_ && runs_.empty()) {
        if (*idle_since_ + kRest <= now) {
            kernel_.rest();
            idle_since_.reset();
        } else {
            next = std::min(next.value_or(*idle_since_ + kRest), *idle_since_ + kRest);
        }
    }
    return next;
}

void Broker::finish_run(const control::Peer& peer, control::FinishRun::Parameters parameters,
                        control::Answer<control::FinishRun> answer) {
    if (Active* run = find(peer, parameters.run)) {
        control::FinishRun::Reply reply;
        reply.progress.emplace();
        answer.progress(reply);
        run->waiting.remove_if([](const auto& waiting) { return waiting.gone(); });
        run->waiting.push_back(std::move(answer));
        return;
    }
    const auto entry = store_.entry(parameters.run);
    if (!entry || !may_see(peer, entry->uid)) return answer.refuse(control::NoSuchRun{parameters.run});
    control::FinishRun::Reply reply;
    reply.outcome = outcome_of(read_outcome(*entry));
    answer.reply(reply);
}

void Broker::abort_run(const control::Peer& peer, control::AbortRun::Parameters parameters,
                       control::Answer<control::AbortRun> answer) {
    Active* run = find(peer, parameters.run);
    if (run == nullptr) return answer.refuse(control::NoSuchRun{parameters.run});
    if (!run->worker || !run->worker->abort()) return answer.refuse(control::NotReady{"its recorder starts again"});
    answer.reply({});
}

}  // namespace fstracker::daemon
