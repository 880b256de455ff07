// SPDX-License-Identifier: Apache-2.0
#include "capture/ptrace/source.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "capture/backends.hpp"
#include "core/base/errno_error.hpp"

namespace fstracker::capture {

namespace {

constexpr const char* kTracerGone = "the tracing process has ended";

Error cannot_trace(Error error) {
    if (error.kind == ErrorKind::kPermission)
        error.hint =
            "is track traced itself (strace, a debugger), does /proc/sys/kernel/yama/ptrace_scope forbid it, "
            "or does a container's seccomp profile?";
    else
        error.hint = "this needs a kernel with seccomp filters and ptrace";
    return error;
}

std::vector<event::Counters> counters_of(const std::array<fst_counters, FST_KINDS>& kinds) {
    std::vector<event::Counters> all;
    for (std::size_t kind = 1; kind < FST_KINDS; ++kind) {
        const fst_counters& from = kinds.at(kind);
        event::Counters to;
        to.kind = event::kKindNames.at(kind);
        to.seen = from.seen;
        to.folded = from.folded;
        to.delivered = from.delivered;
        to.truncated = from.truncated;
        to.unreadable = from.unreadable;
        for (std::size_t reason = 0; reason < FST_LOSSES; ++reason) {
            if (from.lost[reason] != 0) to.lost[event::kLossNames.at(reason)] += from.lost[reason];
        }
        all.push_back(std::move(to));
    }
    return all;
}

}  // namespace

Result<std::unique_ptr<PtraceSource>> PtraceSource::open(Launcher& launcher, std::size_t ring_bytes) {
    auto ring = SharedRing::create(ring_bytes);
    if (!ring) return fail(ring.error());
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return base::fail_errno(errno, "a pair of sockets");
    base::Fd ours(ends[0]);
    base::Fd theirs(ends[1]);
    // The tracing process gives up its standard streams, which may be where these ended up.
    for (base::Fd* end : {&ours, &theirs}) {
        if (end->get() > 2) continue;
        base::Fd moved(fcntl(end->get(), F_DUPFD_CLOEXEC, 3));
        if (!moved) return base::fail_errno(errno, "a pair of sockets");
        *end = std::move(moved);
    }
    std::unique_ptr<PtraceSource> source(new PtraceSource(std::move(*ring)));
    source->tracer_ = fork();
    if (source->tracer_ < 0) return base::fail_errno(errno, "starting the tracing process");
    if (source->tracer_ == 0) {
        ours.reset();
        run_tracer(source->ring_, std::move(theirs));
    }
    source->control_ = std::move(ours);
    auto privileges = launcher.prepare_for_tracer(source->tracer_);
    if (!privileges) return fail(cannot_trace(privileges.error()));
    source->privileges_ = *privileges;
    source->info_.backend = "ptrace";
    source->info_.sees_writers = false;
    source->info_.hooks = {"seccomp/trace", "ptrace/syscall-exit", "ptrace/fork", "ptrace/exec", "ptrace/exit"};
    source->info_.blind_spots = ptrace_blind_spots(*privileges);
    return source;
}

PtraceSource::~PtraceSource() {
    control_.reset();
    if (tracer_ > 0) waitpid(tracer_, nullptr, WNOHANG);
}

bool PtraceSource::hear_bytes(void* bytes, std::size_t size) {
    auto* at = static_cast<char*>(bytes);
    while (size != 0) {
        const ssize_t got = recv(control_.get(), at, size, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        at += got;
        size -= static_cast<std::size_t>(got);
    }
    return true;
}

Result<TracerMessage> PtraceSource::hear(TracerMessage::Kind kind) {
    TracerMessage message;
    do {
        if (!hear_bytes(&message, sizeof message)) return fail(ErrorKind::kSystem, kTracerGone);
    } while (message.kind != kind);
    return message;
}

Status PtraceSource::request(Request what, pid_t child) {
    const RequestMessage message{what, child};
    if (send(control_.get(), &message, sizeof message, MSG_NOSIGNAL) != sizeof message)
        return fail(ErrorKind::kSystem, kTracerGone);
    return {};
}

Status PtraceSource::start(pid_t child) {
    if (auto asked = request(Request::kStart, child); !asked) return asked;
    const auto answer = hear(TracerMessage::Kind::kStarted);
    if (!answer) return fail(answer.error());
    if (answer->error != 0) return fail(cannot_trace(base::errno_error(answer->error, "attaching to the command")));
    return {};
}

Result<std::size_t> PtraceSource::poll(int milliseconds, const Sink& sink) {
    if (wake_.wait_with(control_.get(), milliseconds)) {
        TracerMessage message;
        if (!hear_bytes(&message, sizeof message)) {
            ring_.consume(sink);
            return fail(ErrorKind::kSystem, kTracerGone,
                        "it was killed, by the step itself or for want of memory; the step has ended with it");
        }
    }
    return ring_.consume(sink);
}

std::vector<event::FoldTotal> PtraceSource::harvest(const std::function<bool(event::ProcessId)>& /*ended*/) {
    return {};  // folds are kept by process, and shrink when one ends
}

Status PtraceSource::end(const Sink& sink) {
    if (auto asked = request(Request::kEnd, 0); !asked) return asked;
    // The tracer may be waiting for room before it can answer.
    pollfd said{control_.get(), POLLIN, 0};
    do {
        kill(tracer_, kRequestSignal);
        ring_.consume(sink);
    } while (::poll(&said, 1, 1) == 0);
    return {};
}

Result<SourceTotals> PtraceSource::stop(const Sink& sink) {
    TracerMessage message;
    for (;;) {
        if (!hear_bytes(&message, sizeof message)) return fail(ErrorKind::kSystem, kTracerGone);
        ring_.consume(sink);
        if (message.kind == TracerMessage::Kind::kTotals) break;
    }
    std::vector<std::pair<fst_fold_key, fst_fold>> folds(message.folds);
    if (!hear_bytes(folds.data(), folds.size() * sizeof folds[0])) return fail(ErrorKind::kSystem, kTracerGone);
    ring_.consume(sink);
    SourceTotals totals;
    totals.kernel = counters_of(message.counters);
    for (const auto& [key, fold] : folds) {
        totals.folds.push_back(event::FoldTotal{key.process,
                                                {key.device, key.inode, key.generation},
                                                key.access,
                                                fold.count,
                                                static_cast<std::int64_t>(fold.last),
                                                key.name});
    }
    return totals;
}

Result<Privileges> probe_ptrace() {
    SignalState signals;
    sigprocmask(SIG_BLOCK, nullptr, &signals.mask);
    auto launcher = Launcher::fork_gated({"/"}, signals);
    if (!launcher) return fail(launcher.error());
    auto source = PtraceSource::open(**launcher, 0);
    if (!source) return fail(source.error());
    if (auto started = (*source)->start((*launcher)->pid()); !started) return fail(started.error());
    launcher->reset();  // while there is a tracer that sees it end
    return (*source)->privileges();
}

}  // namespace fstracker::capture
