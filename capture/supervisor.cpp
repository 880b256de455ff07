// SPDX-License-Identifier: Apache-2.0
#include "capture/supervisor.hpp"

#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"

namespace fstracker::capture {

namespace {

// The terminal's signals (si_code SI_KERNEL) went to the command as well; its own need not come back to it.
bool reached_the_child_already(const siginfo_t& signal, pid_t child) {
    return signal.si_code == SI_KERNEL || signal.si_pid == child;
}

bool is_stopped(pid_t child) {
    const auto stat = base::read_file("/proc/" + std::to_string(child) + "/stat", 4096);
    if (!stat) return false;
    const std::size_t end = stat->rfind(')');  // of the name, which may hold anything
    return end != std::string::npos && end + 2 < stat->size() && ((*stat)[end + 2] == 'T' || (*stat)[end + 2] == 't');
}

}  // namespace

Result<int> supervise(pid_t child) {
    sigset_t ours;
    sigemptyset(&ours);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGCHLD}) sigaddset(&ours, signal);
    for (;;) {
        int status = 0;
        const pid_t got = waitpid(child, &status, WNOHANG | WUNTRACED);
        if (got < 0 && errno != EINTR) return base::fail_errno(errno, "waiting for the command");
        if (got == child && WIFSTOPPED(status)) {
            raise(SIGSTOP);
            if (is_stopped(child)) kill(child, SIGCONT);
            continue;
        }
        if (got == child) return status;

        siginfo_t signal{};
        if (sigwaitinfo(&ours, &signal) < 0) {
            if (errno == EINTR) continue;
            return base::fail_errno(errno, "waiting for signals");
        }
        if (signal.si_signo == SIGCHLD) continue;
        if (!reached_the_child_already(signal, child)) kill(child, signal.si_signo);
    }
}

}  // namespace fstracker::capture
