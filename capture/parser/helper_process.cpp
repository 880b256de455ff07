// SPDX-License-Identifier: Apache-2.0
#include "capture/parser/helper_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "core/artifact/answer.hpp"
#include "core/base/errno_error.hpp"

namespace fstracker::capture {

namespace {

using SteadyClock = std::chrono::steady_clock;

// The kernel ends the process that parses; only when it cannot (somebody has stopped it) does the recorder end the
// rest.
constexpr std::chrono::milliseconds kGrace{1000};
constexpr std::chrono::seconds kStart{20};

int milliseconds_until(SteadyClock::time_point end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - SteadyClock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

// A message as long as it has to be, or nothing: the other end has gone, or says something else.
template <typename Message>
bool hear(int socket, Message& message) {
    ssize_t got = 0;
    while ((got = recv(socket, &message, sizeof message, MSG_TRUNC)) < 0 && errno == EINTR) {
    }
    return got == static_cast<ssize_t>(sizeof message);
}

bool ask(int socket, const ParserRequest& request, int content, int answer) {
    ParserRequest copy = request;
    iovec bytes{&copy, sizeof copy};
    const std::array descriptors{content, answer};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof descriptors)> control{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptors);
    std::memcpy(CMSG_DATA(header), descriptors.data(), sizeof descriptors);
    ssize_t put = 0;
    while ((put = sendmsg(socket, &message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    return put == static_cast<ssize_t>(sizeof copy);
}

// Takes what is there; false at the end of it, and once it is longer than it may be.
bool take(int pipe, std::string& answer) {
    std::array<char, 16384> bytes;
    for (;;) {
        const ssize_t got = read(pipe, bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return errno == EAGAIN;
        if (got == 0) return false;
        answer.append(bytes.data(), static_cast<std::size_t>(got));
        if (answer.size() > artifact::kLongestAnswer) return false;
    }
}

// Nothing of ours goes along: no descriptor, no variable, no terminal, no blocked signal.
int spawn(const std::string& program, int socket, pid_t& pid) {
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t actions;
    if (const int error = posix_spawnattr_init(&attributes); error != 0) return error;
    if (const int error = posix_spawn_file_actions_init(&actions); error != 0) {
        posix_spawnattr_destroy(&attributes);
        return error;
    }
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    int error = posix_spawn_file_actions_adddup2(&actions, socket, kParserSocket);
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, kParserSocket + 1);
    std::string name = "fstracker-parse", word = kParserArgument;
    const std::array<char*, 3> arguments{name.data(), word.data(), nullptr};
    const std::array<char*, 1> environment{nullptr};
    if (error == 0)
        error = posix_spawn(&pid, program.c_str(), &actions, &attributes, arguments.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    return error;
}

}  // namespace

Result<std::unique_ptr<HelperProcess>> HelperProcess::start(const std::string& program) {
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return base::fail_errno(errno, "a pair of sockets");
    base::Fd ours(ends[0]), theirs(ends[1]);
    pid_t pid = 0;
    if (const int error = spawn(program, theirs.get(), pid); error != 0)
        return base::fail_errno(error, "a process that parses");
    theirs.reset();
    std::unique_ptr<HelperProcess> helper(new HelperProcess(std::move(ours), pid));
    helper->process_.reset(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));

    ParserHello hello;
    pollfd said{helper->socket_.get(), POLLIN, 0};
    const auto deadline = SteadyClock::now() + kStart;
    while (poll(&said, 1, milliseconds_until(deadline)) < 0 && errno == EINTR) {
    }
    if (said.revents == 0 || !hear(helper->socket_.get(), hello) || hello.magic != ParserHello::kMagic)
        return fail(ErrorKind::kSystem, "the process that parses could not begin");
    helper->sandbox_ = hello.sandbox;
    return helper;
}

HelperProcess::~HelperProcess() {
    if (process_)
        syscall(SYS_pidfd_send_signal, process_.get(), SIGKILL, nullptr, 0);
    else
        kill(pid_, SIGKILL);
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

std::optional<ParserOutcome> HelperProcess::parse(int content, std::uint64_t size, std::chrono::milliseconds deadline) {
    using End = ParserOutcome::End;
    pollfd over{process_.get(), POLLIN, 0};
    if (poll(&over, 1, 0) > 0) return std::nullopt;
    ParserOutcome outcome;
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return ParserOutcome{End::kNotMade, errno, {}};
    base::Fd ours(ends[0]), theirs(ends[1]);
    fcntl(ours.get(), F_SETFL, O_NONBLOCK);  // of our end alone
    const ParserRequest request{size, static_cast<std::uint32_t>(deadline.count()), 0};
    if (!ask(socket_.get(), request, content, theirs.get())) return std::nullopt;
    theirs.reset();

    const auto end = SteadyClock::now() + deadline + kGrace;
    enum { kAnswer, kWord };
    for (std::array<pollfd, 2> waits{pollfd{ours.get(), POLLIN, 0}, pollfd{socket_.get(), POLLIN, 0}};;) {
        const int ready = poll(waits.data(), waits.size(), milliseconds_until(end));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) {
            outcome.end = End::kSilent;
            return outcome;
        }
        if (waits[kAnswer].revents != 0 && !take(ours.get(), outcome.answer)) waits[kAnswer].fd = -1;
        if (waits[kWord].revents == 0) continue;
        ParserEnded ended;
        if (!hear(socket_.get(), ended)) return outcome;
        // Whoever could write has ended: what there is, is in the pipe.
        if (waits[kAnswer].fd >= 0) take(ours.get(), outcome.answer);
        outcome.end = ended.error != 0 ? End::kNotMade : End::kExited;
        outcome.status = ended.error != 0 ? ended.error : ended.status;
        return outcome;
    }
}

}  // namespace fstracker::capture
