// SPDX-License-Identifier: Apache-2.0
// The command's process: behind its gate, let go, watched to its end.
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "capture/launcher.hpp"
#include "capture/supervisor.hpp"
#include "tests/unit/scratch.hpp"

namespace {

using namespace fstracker;
using namespace fstracker::capture;
using fstracker::testing::content_of;
using fstracker::testing::put;
using fstracker::testing::Scratch;

// take_over_signals(), given back to the next test.
struct TakenOver {
    SignalState state = take_over_signals();
    TakenOver() = default;
    TakenOver(const TakenOver&) = delete;
    TakenOver& operator=(const TakenOver&) = delete;
    ~TakenOver() {
        sigset_t now;
        sigprocmask(SIG_SETMASK, nullptr, &now);
        const timespec at_once{};
        while (sigtimedwait(&now, nullptr, &at_once) > 0) {  // what is pending is this test's
        }
        sigaction(SIGCHLD, &state.child, nullptr);
        sigprocmask(SIG_SETMASK, &state.mask, nullptr);
    }
};

bool eventually(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
        if (condition()) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

char state_of(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const std::size_t name_end = text.rfind(')');
    return name_end == std::string::npos ? '\0' : text[name_end + 2];
}

std::string status_line(const std::string& status, const std::string& name) {
    const std::size_t at = status.find(name + ":\t");
    return at == std::string::npos ? "" : status.substr(at, status.find('\n', at) - at);
}

std::unique_ptr<Launcher> gated(std::vector<std::string> command, const TakenOver& signals) {
    auto launcher = Launcher::fork_gated(std::move(command), signals.state);
    if (!launcher) FAIL(launcher.error().message);
    return std::move(*launcher);
}

int run_to_its_end(std::vector<std::string> command, const TakenOver& signals) {
    const auto launcher = gated(std::move(command), signals);
    REQUIRE(launcher->release() == 0);
    const auto status = supervise(launcher->pid());
    REQUIRE(status);
    return *status;
}

TEST_CASE("nothing of the command runs before it is let go") {
    const Scratch scratch;
    const TakenOver signals;
    const auto launcher = gated({"/bin/sh", "-c", "echo here > " + scratch / "file"}, signals);
    REQUIRE(eventually([&] { return state_of(launcher->pid()) == 'S'; }));
    const std::string program = "/proc/" + std::to_string(launcher->pid()) + "/exe";
    CHECK(std::filesystem::read_symlink(program) == std::filesystem::read_symlink("/proc/self/exe"));
    CHECK_FALSE(std::filesystem::exists(scratch / "file"));
    REQUIRE(launcher->release() == 0);
    const auto status = supervise(launcher->pid());
    REQUIRE(status);
    CHECK(*status == 0);
    CHECK(content_of(scratch / "file") == "here\n");
}

TEST_CASE("an execution that fails gives its errno") {
    const Scratch scratch;
    const TakenOver signals;
    put(scratch / "plain", "no program\n");
    struct Row {
        std::string command;
        int error;
    };
    const Row rows[] = {{scratch / "missing", ENOENT},
                        {"no-such-command-of-that-name", ENOENT},
                        {scratch / "plain", EACCES},
                        {scratch.path(), EACCES},
                        {"", ENOENT}};
    for (const auto& [command, error] : rows) {
        CAPTURE(command);
        const auto launcher = gated({command}, signals);
        CHECK(launcher->release() == error);
        int status = 0;
        REQUIRE(waitpid(launcher->pid(), &status, 0) == launcher->pid());
        CHECK(WIFEXITED(status));
    }
}

TEST_CASE("a child that was never let go leaves with its launcher") {
    const TakenOver signals;
    auto launcher = gated({"/bin/sleep", "1000"}, signals);
    const pid_t child = launcher->pid();
    if (GENERATE(false, true)) {
        REQUIRE(kill(child, SIGSTOP) == 0);
        REQUIRE(eventually([&] { return state_of(child) == 'T'; }));
    }
    launcher.reset();
    CHECK(kill(child, 0) == -1);
    CHECK(errno == ESRCH);
}

TEST_CASE("a child that was never let go ends without executing when its parent dies") {
    const Scratch scratch;
    const TakenOver signals;
    REQUIRE(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
    const pid_t parent = fork();
    if (parent == 0) {
        auto launcher = Launcher::fork_gated({"/bin/sh", "-c", "echo ran > " + scratch / "ran"}, signals.state);
        _exit(launcher ? 0 : 1);  // without the destructor
    }
    REQUIRE(parent > 0);
    int status = 0;
    REQUIRE(waitpid(parent, &status, 0) == parent);
    REQUIRE(status == 0);
    const pid_t child = waitpid(-1, &status, 0);
    CHECK(prctl(PR_SET_CHILD_SUBREAPER, 0) == 0);
    REQUIRE(child > 0);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 125);
    CHECK_FALSE(std::filesystem::exists(scratch / "ran"));
}

TEST_CASE("a child that was killed at its gate is an error and not our end") {
    const TakenOver signals;
    const auto launcher = gated({"/bin/true"}, signals);
    REQUIRE(kill(launcher->pid(), SIGKILL) == 0);
    REQUIRE(eventually([&] { return state_of(launcher->pid()) == 'Z'; }));
    CHECK(launcher->release() == EPIPE);
    CHECK(waitpid(launcher->pid(), nullptr, 0) == launcher->pid());
}

TEST_CASE("the command finds signals and descriptors as the caller left them") {
    const Scratch scratch;
    sigset_t mask;
    sigset_t before;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGWINCH);
    sigprocmask(SIG_SETMASK, &mask, &before);
    const std::string list = "exec ls /proc/self/fd > ";
    REQUIRE(std::system((list + "'" + scratch / "plain descriptors'").c_str()) == 0);
    const bool ignored = GENERATE(false, true);
    auto* const handler = std::signal(SIGCHLD, ignored ? SIG_IGN : SIG_DFL);
    const std::string ours = content_of("/proc/self/status");
    {
        const TakenOver signals;
        CHECK(run_to_its_end({"/bin/cp", "/proc/self/status", scratch / "status"}, signals) == 0);
        CHECK(run_to_its_end({"/bin/sh", "-c", list + scratch / "descriptors"}, signals) == 0);
    }
    std::signal(SIGCHLD, handler);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    const std::string theirs = content_of(scratch / "status");
    for (const std::string line : {"SigBlk", "SigIgn"}) {
        REQUIRE_FALSE(status_line(theirs, line).empty());
        CHECK(status_line(theirs, line) == status_line(ours, line));
    }
    CHECK(content_of(scratch / "descriptors") == content_of(scratch / "plain descriptors"));
}

TEST_CASE("how the command ended is what wait says") {
    const TakenOver signals;
    CHECK(run_to_its_end({"/bin/true"}, signals) == 0);
    CHECK(run_to_its_end({"sh", "-c", "exit 7"}, signals) == 7 << 8);
    CHECK((run_to_its_end({"sh", "-c", "kill -KILL $$"}, signals) & 0x7f) == SIGKILL);
    CHECK((run_to_its_end({"sh", "-c", "kill -TERM $$"}, signals) & 0x7f) == SIGTERM);
}

TEST_CASE("signals sent to us reach the command, and its own do not come back") {
    const Scratch scratch;
    const TakenOver signals;
    SECTION("ours") {
        const int signal = GENERATE(SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2);
        REQUIRE(mkfifo((scratch / "never").c_str(), 0600) == 0);
        const auto launcher = gated({"/bin/sh", "-c",
                                     "trap 'exit 3' TERM INT HUP QUIT USR1 USR2; exec 3<>" + scratch / "never" +
                                         "; echo > " + scratch / "ready; read line <&3"},
                                    signals);
        REQUIRE(launcher->release() == 0);
        bool ready = false;
        std::thread sender([&] {
            ready = eventually([&] { return std::filesystem::exists(scratch / "ready"); });
            kill(ready ? getpid() : launcher->pid(), ready ? signal : SIGKILL);
        });
        const auto status = supervise(launcher->pid());
        sender.join();
        CHECK(ready);
        REQUIRE(status);
        CHECK(*status == 3 << 8);
    }
    SECTION("the command's") {
        CHECK(run_to_its_end({"/bin/sh", "-c", "trap 'exit 3' TERM; kill -TERM $PPID; exit 5"}, signals) == 5 << 8);
    }
}

TEST_CASE("there is nothing to wait for without a child") {
    const TakenOver signals;
    const auto status = supervise(getpid());
    REQUIRE_FALSE(status);
    CHECK(status.error().message.find("waiting for the command") != std::string::npos);
}

}  // namespace
