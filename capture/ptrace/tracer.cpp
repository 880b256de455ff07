// SPDX-License-Identifier: Apache-2.0
#include "capture/ptrace/tracer.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include <poll.h>

#include "capture/ptrace/observe.hpp"
#include "core/base/durable_file.hpp"

namespace fstracker::capture {

namespace {

constexpr std::size_t kWakeAt = std::size_t{256} << 10;  // bytes waiting; below it the reader's own clock decides
constexpr int kRoomMilliseconds = 1;
constexpr std::uint64_t kUntraced = 0x00800000;  // CLONE_UNTRACED

bool is_syscall_stop(int status) { return WSTOPSIG(status) == (SIGTRAP | 0x80); }
int event_of(int status) { return status >> 16; }

class Tracer {
  public:
    Tracer(SharedRing& ring, base::Fd control)
        : ring_(ring), control_(std::move(control)), journal_(ring, [this] { return wait_for_room(); }) {}

    void run();

  private:
    enum class Resume { kFreely, kToReturn, kListening, kNot };

    void hear(int flags);
    int start(pid_t child);
    void tell_totals();
    bool say(const void* bytes, std::size_t size);
    bool wait_for_room();
    void wake_reader();

    void handle(pid_t tid, int status, const rusage& used);
    void stopped(Task& task, int status);
    void resume(Task& task, Resume how, int signal);
    Resume at_event(Task& task, int event, int status, int& signal);
    Resume entering(Task& task);
    Follow look_at_entry(Task& task);
    Resume returned(Task& task);
    void look_at_return(Task& task, std::int64_t result, const GoOn& go_on);
    void made(Task& parent, int event);
    void adopt(pid_t tid, Task& parent, bool is_thread);
    void adopt_orphans(pid_t tgid, Task& parent);
    void executed(Task& task);
    void ending(Task& task);
    void ended(Task& task, int status, const rusage& used);
    bool keep_traced(Task& task);

    SharedRing& ring_;
    base::Fd control_;
    Journal journal_;
    bool recording_ = false;
    bool views_move_ =
        false;  // somebody has changed a root, or has mounts of its own: in a chroot its root looks another
    bool asked_for_room_ = false;
    std::uint32_t last_entry_ = 0;
    std::unordered_map<pid_t, Task> tasks_;
    std::unordered_map<pid_t, int> early_;  // stopped before their parent said that it has made them
};

bool Tracer::say(const void* bytes, std::size_t size) {
    const auto* at = static_cast<const char*>(bytes);
    while (size != 0) {
        const ssize_t sent = ::send(control_.get(), at, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) continue;
        if (sent <= 0) {
            recording_ = false;
            return false;
        }
        at += sent;
        size -= static_cast<std::size_t>(sent);
    }
    return true;
}

void Tracer::wake_reader() {
    if (asked_for_room_) return;
    asked_for_room_ = true;
    const TracerMessage message;
    say(&message, sizeof message);
}

// The step waits rather than that something is lost.
bool Tracer::wait_for_room() {
    wake_reader();
    pollfd gone{control_.get(), POLLRDHUP, 0};
    ::poll(&gone, 1, kRoomMilliseconds);
    if ((gone.revents & (POLLHUP | POLLRDHUP | POLLERR)) != 0) recording_ = false;
    return recording_;
}

int Tracer::start(pid_t child) {
    if (ptrace(PTRACE_SEIZE, child, 0, trace_options()) != 0) return errno;
    Task task;
    task.tid = child;
    task.process = std::make_shared<TracedProcess>();
    task.process->tgid = child;
    task.process->alive = 1;
    recording_ = true;
    tell_inherited(task, journal_, 1);  // the entry that the command's execution is going to be
    tasks_.emplace(child, std::move(task));
    return 0;
}

void Tracer::tell_totals() {
    const auto folds = journal_.folds();
    TracerMessage message;
    message.kind = TracerMessage::Kind::kTotals;
    message.folds = folds.size();
    message.counters = journal_.counters();
    if (!say(&message, sizeof message)) return;
    static_assert(sizeof folds[0] == sizeof(fst_fold_key) + sizeof(fst_fold));
    say(folds.data(), folds.size() * sizeof folds[0]);
}

// One request; with MSG_DONTWAIT none, where there is none.
void Tracer::hear(int flags) {
    RequestMessage request;
    ssize_t got = 0;
    while ((got = ::recv(control_.get(), &request, sizeof request, flags)) < 0 && errno == EINTR) {
    }
    if (got < 0) return;
    if (got != sizeof request) {  // nobody is there any more
        recording_ = false;
        control_.reset();
        return;
    }
    switch (request.request) {
        case Request::kStart: {
            TracerMessage answer;
            answer.kind = TracerMessage::Kind::kStarted;
            answer.error = start(request.child);
            say(&answer, sizeof answer);
            return;
        }
        case Request::kEnd:
            tell_totals();
            recording_ = false;
            return;
    }
}

// The wait for the next stop is a plain wait4(): the scheduler then hands the processor from the stopped thread
// straight to the tracer, which halves what a stop costs beside waiting for SIGCHLD. Requests interrupt it by
// kRequestSignal, sent until they are answered.
void Tracer::run() {
    hear(0);
    while (true) {
        int status = 0;
        rusage used{};
        const pid_t tid = wait4(-1, &status, __WALL, &used);
        if (tid > 0) {
            handle(tid, status, used);
            if (ring_.waiting() < kWakeAt)
                asked_for_room_ = false;
            else if (recording_)
                wake_reader();
        } else if (errno == EINTR) {
            if (control_) hear(MSG_DONTWAIT);
        } else {  // nothing is left to trace
            if (!control_) return;
            hear(0);
        }
    }
}

void Tracer::handle(pid_t tid, int status, const rusage& used) {
    const auto found = tasks_.find(tid);
    if (WIFSTOPPED(status)) {
        if (found == tasks_.end())
            early_[tid] = status;
        else
            stopped(found->second, status);
        return;
    }
    early_.erase(tid);
    if (found == tasks_.end()) return;
    ended(found->second, status, used);
    tasks_.erase(tid);
}

void Tracer::resume(Task& task, Resume how, int signal) {
    switch (how) {
        case Resume::kFreely: ptrace(PTRACE_CONT, task.tid, 0, signal); break;
        case Resume::kToReturn: ptrace(PTRACE_SYSCALL, task.tid, 0, signal); break;
        case Resume::kListening: ptrace(PTRACE_LISTEN, task.tid, 0, 0); break;
        case Resume::kNot: break;
    }
}

void Tracer::stopped(Task& task, int status) {
    int signal = 0;
    Resume how = Resume::kFreely;
    if (event_of(status) != 0) {
        how = at_event(task, event_of(status), status, signal);
    } else if (is_syscall_stop(status)) {
        how = returned(task);
    } else {
        signal = WSTOPSIG(status);  // on its way to the task, which gets it
    }
    if (how == Resume::kFreely && task.call) how = Resume::kToReturn;
    resume(task, how, signal);
}

Tracer::Resume Tracer::at_event(Task& task, int event, int status, int& signal) {
    signal = 0;
    switch (event) {
        case PTRACE_EVENT_SECCOMP: return entering(task);
        case PTRACE_EVENT_FORK:
        case PTRACE_EVENT_VFORK:
        case PTRACE_EVENT_CLONE: made(task, event); break;
        case PTRACE_EVENT_EXEC: executed(task); break;
        case PTRACE_EVENT_EXIT: ending(task); break;
        case PTRACE_EVENT_STOP: {
            const int stop = WSTOPSIG(status);
            const bool is_group_stop = stop == SIGSTOP || stop == SIGTSTP || stop == SIGTTIN || stop == SIGTTOU;
            return is_group_stop ? Resume::kListening : Resume::kFreely;
        }
        default: break;
    }
    return Resume::kFreely;
}

Tracer::Resume Tracer::entering(Task& task) {
    __ptrace_syscall_info info{};
    task.call.reset();
    if (ptrace(PTRACE_GET_SYSCALL_INFO, task.tid, sizeof info, &info) <= 0) return Resume::kFreely;
    CurrentCall& call = task.call.emplace();
    call.call = static_cast<Call>(info.seccomp.ret_data);
    std::copy(std::begin(info.seccomp.args), std::end(info.seccomp.args), call.arguments.begin());
    if (call.call == Call::kForeign && recording_)
        journal_.blind(task.actor(), FST_BLIND_COMPAT_SYSCALL, static_cast<std::int32_t>(info.seccomp.nr));
    if (views_move_) task.process->view.root = path_of_link(proc_path(task.tid, "root"), View{}).bytes;
    if (look_at_entry(task) == Follow::kToItsReturn) return Resume::kToReturn;
    task.call.reset();
    return Resume::kFreely;
}

Follow Tracer::look_at_entry(Task& task) {
    const Family family = family_of(task.call->call);
    if (family == Family::kClone) keep_traced(task);
    if (!recording_) return Follow::kNo;
    switch (family) {
        case Family::kOpen: return entering_open(task);
        case Family::kName: return entering_name(task);
        case Family::kSend: return task.call->call == Call::kSendto ? Follow::kToItsReturn : entering_send(task);
        case Family::kReceive: return entering_receive(task);
        case Family::kMap:
        case Family::kProtect:
        case Family::kConnect:
        case Family::kBlind:
        case Family::kView: return Follow::kToItsReturn;
        case Family::kNone:
        case Family::kClone:
        case Family::kForeign: return Follow::kNo;
    }
    return Follow::kNo;
}

Tracer::Resume Tracer::returned(Task& task) {
    if (!task.call) return Resume::kFreely;
    __ptrace_syscall_info info{};
    const bool had = ptrace(PTRACE_GET_SYSCALL_INFO, task.tid, sizeof info, &info) > 0;
    bool goes_on = false;
    const auto go_on = [&] {
        resume(task, Resume::kFreely, 0);
        goes_on = true;
    };
    if (had && recording_) look_at_return(task, info.exit.rval, go_on);
    task.call.reset();
    return goes_on ? Resume::kNot : Resume::kFreely;
}

void Tracer::look_at_return(Task& task, std::int64_t result, const GoOn& go_on) {
    switch (family_of(task.call->call)) {
        case Family::kOpen: return returned_from_open(task, journal_, result, go_on);
        case Family::kMap: return returned_from_map(task, journal_, result);
        case Family::kProtect: return returned_from_protect(task, journal_, result);
        case Family::kName: return returned_from_name(task, journal_, result);
        case Family::kConnect: return returned_from_connect(task, journal_, result);
        case Family::kSend: return returned_from_send(task, journal_, result);
        case Family::kReceive: return returned_from_receive(task, journal_, result);
        case Family::kBlind: return returned_from_blind(task, journal_, result);
        case Family::kView: views_move_ = views_move_ || result == 0; return;
        case Family::kNone:
        case Family::kClone:
        case Family::kForeign: return;
    }
}

// A child that nobody traces could open nothing: under the filter its calls would fail. So it is traced whatever the
// flags ask for.
bool Tracer::keep_traced(Task& task) {
    if (task.call->call == Call::kClone3) {
        std::uint64_t flags = 0;
        const std::uint64_t address = task.call->arguments[0];
        const bool readable = read_value(task.tid, address, flags);
        views_move_ = views_move_ || (flags & CLONE_NEWNS) != 0;
        if (!readable || (flags & kUntraced) == 0) return true;
        flags &= ~kUntraced;
        iovec ours{&flags, sizeof flags};
        iovec theirs{reinterpret_cast<void*>(address), sizeof flags};
        return process_vm_writev(task.tid, &ours, 1, &theirs, 1, 0) == static_cast<ssize_t>(sizeof flags);
    }
#if defined(__x86_64__)
    user_regs_struct registers{};
    if (ptrace(PTRACE_GETREGS, task.tid, 0, &registers) != 0) return false;
    views_move_ = views_move_ || (registers.rdi & CLONE_NEWNS) != 0;
    registers.rdi &= ~kUntraced;
    return ptrace(PTRACE_SETREGS, task.tid, 0, &registers) == 0;
#else
    return false;
#endif
}

void Tracer::made(Task& parent, int event) {
    unsigned long number = 0;
    if (ptrace(PTRACE_GETEVENTMSG, parent.tid, 0, &number) != 0 || number == 0) return;
    const auto tid = static_cast<pid_t>(number);
    if (tasks_.contains(tid)) return;
    const bool is_thread = event == PTRACE_EVENT_CLONE &&
                           ::access(proc_path(parent.process->tgid, "task/" + std::to_string(tid)).c_str(), F_OK) == 0;
    adopt(tid, parent, is_thread);
}

void Tracer::adopt(pid_t tid, Task& parent, bool is_thread) {
    Task task;
    task.tid = tid;
    if (is_thread) {
        task.process = parent.process;
        ++task.process->alive;
    } else {
        task.process = std::make_shared<TracedProcess>();
        task.process->tgid = tid;
        task.process->entry = ++last_entry_;
        parent.process->has_forked = true;
        task.process->uid = parent.process->uid;
        task.process->view = parent.process->view;
        task.process->alive = 1;
        if (recording_) journal_.forked(task.actor(), parent.process->entry, task.process->uid);
    }
    Task& added = tasks_.insert_or_assign(tid, std::move(task)).first->second;
    if (const auto early = early_.find(tid); early != early_.end()) {
        const int status = early->second;
        early_.erase(early);
        stopped(added, status);
    }
}

// Children whose parent was killed before it could say that it has made them.
void Tracer::adopt_orphans(pid_t tgid, Task& parent) {
    const auto early = early_;
    for (const auto& [tid, status] : early) {
        const auto text = base::read_file(proc_path(tid, "status"), std::size_t{1} << 16);
        if (!text) continue;
        const auto says = [&](const char* key) {
            return text->find(key + std::to_string(tgid) + "\n") != std::string::npos;
        };
        const bool is_thread = says("\nTgid:\t");
        const bool is_orphan = tasks_.size() == 1 || says("\nPPid:\t") || says("\nPPid:\t1\n");
        if (is_thread || is_orphan) adopt(tid, parent, is_thread);
    }
}

// Every other thread of the process is gone, the one that executed has the leader's number.
void Tracer::executed(Task& task) {
    const std::shared_ptr<TracedProcess> process = task.process;
    std::erase_if(tasks_, [&](const auto& one) { return one.second.process == process && one.first != task.tid; });
    process->alive = 1;
    task.ended = false;
    task.call.reset();
    task.handle.reset();
    task.handle_tried = false;
    if (recording_)
        tell_execution(task, journal_, ++last_entry_);
    else
        process->entry = ++last_entry_;
}

void Tracer::ending(Task& task) {
    task.call.reset();
    if (task.ended) return;
    task.ended = true;
    if (--task.process->alive == 0 && recording_) task.process->spent = resources_of(task);
}

void Tracer::ended(Task& task, int status, const rusage& used) {
    TracedProcess& process = *task.process;
    if (!task.ended) --process.alive;
    if (!early_.empty()) adopt_orphans(process.tgid, task);
    if (task.tid != process.tgid || !recording_) return;
    fst_exit spent = process.spent.value_or(fst_exit{});
    // What wait(2) says includes children that were waited for. It has to do where a process was killed so that it
    // could not be looked at.
    if (!process.has_forked || spent.cpu_time == 0) {
        const auto nanoseconds = [](const timeval& time) {
            return (static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(time.tv_usec)) *
                   1000;
        };
        spent.cpu_time = nanoseconds(used.ru_utime) + nanoseconds(used.ru_stime);
        spent.peak_memory = static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
    }
    spent.status = status;
    journal_.exited(process.actor(), spent);
    journal_.entry_ended(process.entry);
}

void leave_the_recorder(int control) {
    ::setsid();
    ::prctl(PR_SET_NAME, "track-tracer", 0, 0, 0);
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(kRequestSignal, &action, nullptr);  // interrupts, and does no more
    action.sa_handler = SIG_DFL;
    action.sa_flags = SA_NOCLDSTOP;
    ::sigaction(SIGCHLD, &action, nullptr);
    sigset_t all_others;
    sigfillset(&all_others);
    sigdelset(&all_others, kRequestSignal);
    ::sigprocmask(SIG_SETMASK, &all_others, nullptr);
    if (::chdir("/") != 0) ::_exit(1);
    // Everything else that is open is the recorder's: its streams above all, whose end somebody may wait for.
    const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int stream : {0, 1, 2}) ::dup2(nothing, stream);
    const auto below = static_cast<unsigned>(control);
    if (below > 3) ::close_range(3, below - 1, 0);
    ::close_range(below + 1, ~0U, 0);
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
}

}  // namespace

unsigned long trace_options() {
    return PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
           PTRACE_O_TRACEEXIT | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
}

void run_tracer(SharedRing& ring, base::Fd control) {
    leave_the_recorder(control.get());
    Tracer(ring, std::move(control)).run();
    ::_exit(0);
}

}  // namespace fstracker::capture
