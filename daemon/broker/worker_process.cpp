// SPDX-License-Identifier: Apache-2.0
#include "daemon/broker/worker_process.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "core/base/durable_file.hpp"
#include "core/base/errno_error.hpp"
#include "daemon/run/packets.hpp"
#include "daemon/run/worker.hpp"

namespace fstracker::daemon {

namespace {

// In the child, until it executes: nothing but system calls.
[[noreturn]] void become_worker(int socket) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (socket == kWorkerSocket) {
        fcntl(socket, F_SETFD, 0);
    } else if (dup2(socket, kWorkerSocket) < 0) {
        _exit(127);
    }
    close_range(kWorkerSocket + 1, ~0U, 0);
    const std::array<const char*, 3> arguments = {"fstrackerd", "--worker", nullptr};
    execv("/proc/self/exe", const_cast<char**>(arguments.data()));
    _exit(127);
}

}  // namespace

Result<base::Fd> memory_file(const std::string& bytes) {
    base::Fd file(::memfd_create("fstracker", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file) return base::fail_errno(errno, "memory to hand over");
    if (auto written = base::write_all(file.get(), bytes, "memory to hand over"); !written)
        return fail(written.error());
    ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
    return file;
}

Result<WorkerProcess> WorkerProcess::start() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return base::fail_errno(errno, "a socket to a worker");
    WorkerProcess worker;
    worker.socket_.reset(ends[0]);
    const base::Fd theirs(ends[1]);
    worker.pid_ = ::fork();
    if (worker.pid_ < 0) return base::fail_errno(errno, "starting a worker");
    if (worker.pid_ == 0) become_worker(theirs.get());
    return worker;
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), socket_(std::move(other.socket_)) {}

WorkerProcess& WorkerProcess::operator=(WorkerProcess&& other) noexcept {
    std::swap(pid_, other.pid_);
    std::swap(socket_, other.socket_);
    return *this;
}

WorkerProcess::~WorkerProcess() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    reap();
}

Status WorkerProcess::begin(const Order& order, const base::Fd& project) const {
    const auto file = memory_file(to_text(order));
    if (!file) return fail(file.error());
    return send_packet(socket_.get(), "begin", {file->get(), project.get()});
}

Status WorkerProcess::resume(const Order& order, const std::string& working_path) const {
    const auto file = memory_file(to_text(order));
    if (!file) return fail(file.error());
    return send_packet(socket_.get(), "resume " + working_path, {file->get()});
}

Status WorkerProcess::recover(const Order& order) const {
    const auto file = memory_file(to_text(order));
    if (!file) return fail(file.error());
    return send_packet(socket_.get(), "recover", {file->get()});
}

Status WorkerProcess::abort() const { return send_packet(socket_.get(), kAbort); }

Result<std::optional<WorkerWord>> WorkerProcess::hear() const {
    const auto packet = receive_packet(socket_.get(), false);
    if (!packet) return fail(packet.error());
    if (!*packet) return fail(ErrorKind::kNotFound, "the worker has ended");
    if ((*packet)->text.empty()) return std::optional<WorkerWord>();
    auto word = read_word((*packet)->text);
    if (!word) return fail(word.error());
    return std::optional(std::move(*word));
}

int WorkerProcess::reap() {
    int status = 0;
    while (pid_ > 0 && ::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
}

}  // namespace fstracker::daemon
