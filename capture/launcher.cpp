// SPDX-License-Identifier: Apache-2.0
#include "capture/launcher.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "core/base/errno_error.hpp"

namespace fstracker::capture {

namespace {

// A descriptor that the command could expect to find free (0, 1, 2 may be closed) is moved out of the way.
// Sockets, since writing to one whose other end is gone can be an error without being a signal.
Result<std::array<base::Fd, 2>> pair_above_standard() {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return base::fail_errno(errno, "a pair of sockets");
    std::array<base::Fd, 2> result{base::Fd(ends[0]), base::Fd(ends[1])};
    for (base::Fd& end : result) {
        if (end.get() > 2) continue;
        base::Fd moved(fcntl(end.get(), F_DUPFD_CLOEXEC, 3));
        if (!moved) return base::fail_errno(errno, "a pair of sockets");
        end = std::move(moved);
    }
    return result;
}

// What is said through the gate.
struct Word {
    pid_t tracer = 0;  // 0: execute; else: prepare for it, and answer
};
struct Answer {
    int error = 0;
    Privileges privileges = Privileges::kKept;
};

template <typename Message>
bool say(int socket, const Message& message) {
    ssize_t got = 0;
    while ((got = send(socket, &message, sizeof message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    return got == static_cast<ssize_t>(sizeof message);
}

template <typename Message>
bool hear(int socket, Message& message) {
    ssize_t got = 0;
    while ((got = recv(socket, &message, sizeof message, MSG_WAITALL)) < 0 && errno == EINTR) {
    }
    return got == static_cast<ssize_t>(sizeof message);
}

Answer prepare(pid_t tracer) {
    prctl(PR_SET_PTRACER, tracer, 0, 0, 0);  // where Yama guards; elsewhere there is no such thing, and no need
    Answer answer;
    answer.error = install_seccomp_filter(answer.privileges);
    return answer;
}

[[noreturn]] void execute(int report, std::vector<char*>& arguments, const SignalState& signals) {
    sigaction(SIGCHLD, &signals.child, nullptr);
    sigprocmask(SIG_SETMASK, &signals.mask, nullptr);
    execvp(arguments[0], arguments.data());
    const int error = errno;
    say(report, error);
    _exit(127);
}

[[noreturn]] void run_child(int gate, int report, std::vector<char*>& arguments, const SignalState& signals) {
    for (Word word; hear(gate, word);) {
        if (word.tracer != 0) {
            say(gate, prepare(word.tracer));
            continue;
        }
        execute(report, arguments, signals);
    }
    _exit(125);
}

}  // namespace

SignalState take_over_signals() {
    SignalState state;
    sigset_t ours;
    sigemptyset(&ours);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD}) sigaddset(&ours, signal);
    // A write past the file size limit, or to a reader that has gone, is an error to us and not our end.
    for (const int signal : {SIGXFSZ, SIGPIPE}) sigaddset(&ours, signal);
    sigprocmask(SIG_BLOCK, &ours, &state.mask);
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    sigemptyset(&standard.sa_mask);
    sigaction(SIGCHLD, &standard, &state.child);
    return state;
}

Result<std::unique_ptr<Launcher>> Launcher::fork_gated(std::vector<std::string> command, const SignalState& signals) {
    auto gate = pair_above_standard();
    if (!gate) return fail(gate.error());
    auto report = pair_above_standard();
    if (!report) return fail(report.error());
    std::vector<char*> arguments;
    for (std::string& argument : command) arguments.push_back(argument.data());
    arguments.push_back(nullptr);

    std::unique_ptr<Launcher> launcher(new Launcher);
    launcher->pid_ = fork();
    if (launcher->pid_ < 0) return base::fail_errno(errno, "starting a process");
    if (launcher->pid_ == 0) {
        (*gate)[1].reset();
        (*report)[0].reset();
        run_child((*gate)[0].get(), (*report)[1].get(), arguments, signals);
    }
    launcher->gate_ = std::move((*gate)[1]);
    launcher->report_ = std::move((*report)[0]);
    return launcher;
}

Result<Privileges> Launcher::prepare_for_tracer(pid_t tracer) {
    Answer answer;
    if (!say(gate_.get(), Word{tracer}) || !hear(gate_.get(), answer))
        return base::fail_errno(errno, "talking to the command's process");
    if (answer.error != 0) return base::fail_errno(answer.error, "a seccomp filter for the command");
    return answer.privileges;
}

int Launcher::release() {
    released_ = true;
    if (!say(gate_.get(), Word{})) return errno;
    gate_.reset();
    int error = 0;
    const bool failed = hear(report_.get(), error);
    report_.reset();
    return failed ? error : 0;
}

Launcher::~Launcher() {
    if (pid_ <= 0 || released_) return;
    gate_.reset();        // the child reads end of file and leaves
    kill(pid_, SIGKILL);  // also when somebody has stopped it
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

}  // namespace fstracker::capture
