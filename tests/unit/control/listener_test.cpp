// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>

#include "daemon/control/address.hpp"
#include "daemon/control/listener.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker::control;
using fstracker::base::Fd;
using fstracker::testing::Scratch;

namespace {

// Bound, and listening where that is wanted.
Fd bound(const std::string& path, bool listens) {
    auto socket = stream_socket();
    const auto address = address_of(path);
    REQUIRE(::bind(socket->get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) == 0);
    if (listens) REQUIRE(::listen(socket->get(), 1) == 0);
    return std::move(*socket);
}

bool answers(const std::string& path) {
    const auto socket = stream_socket();
    const auto address = address_of(path);
    return ::connect(socket->get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) == 0;
}

// In a process of its own: what activated_socket() finds with these variables, and with `descriptor` as the first that
// is passed. 0: a socket; 1: none; 2: an error; 3: a variable is left.
int activated(const char* pid, const char* count, int descriptor) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::setenv("LISTEN_PID", pid != nullptr ? pid : std::to_string(::getpid()).c_str(), 1);
        ::setenv("LISTEN_FDS", count, 1);
        if (descriptor >= 0) ::dup2(descriptor, 3);
        const auto socket = activated_socket();
        if (::getenv("LISTEN_PID") != nullptr || ::getenv("LISTEN_FDS") != nullptr) ::_exit(3);
        if (!socket) ::_exit(2);
        if (!*socket) ::_exit(1);
        const bool closes = (::fcntl((*socket)->get(), F_GETFD) & FD_CLOEXEC) != 0;
        ::_exit((*socket)->get() == 3 && closes ? 0 : 4);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("a socket is bound for its owner and the group, and goes with whoever bound it", "[control]") {
    const Scratch scratch;
    const auto path = scratch / "socket";
    {
        const auto socket = BoundSocket::bind(path, ::getgid());
        REQUIRE(socket);
        CHECK(answers(path));
        struct stat status {};
        REQUIRE(::lstat(path.c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0660);
        CHECK(status.st_gid == ::getgid());
    }
    CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("a stale socket is replaced, a living one is not", "[control]") {
    const Scratch scratch;
    const auto path = scratch / "socket";
    { const auto stale = bound(path, true); }
    CHECK(!answers(path));
    {
        const auto socket = BoundSocket::bind(path, std::nullopt);
        REQUIRE(socket);
        CHECK(answers(path));
        const auto second = BoundSocket::bind(path, std::nullopt);
        REQUIRE(!second);
        CHECK(second.error().message.find("another process listens there") != std::string::npos);
        CHECK(answers(path));
    }
    const auto other = bound(path, true);  // of a program that knows no lock
    CHECK(!BoundSocket::bind(path, std::nullopt));
    CHECK(answers(path));
}

TEST_CASE("what is no socket is left alone", "[control]") {
    const Scratch scratch;
    const auto file = fstracker::testing::put(scratch / "file", "content");
    CHECK(!BoundSocket::bind(file, std::nullopt));
    CHECK(fstracker::testing::content_of(file) == "content");
    const auto link = scratch / "link";
    REQUIRE(::symlink(file.c_str(), link.c_str()) == 0);
    CHECK(!BoundSocket::bind(link, std::nullopt));
    CHECK(!BoundSocket::bind(scratch / "nowhere/socket", std::nullopt));
    CHECK(!BoundSocket::bind(scratch / std::string(200, 'x'), std::nullopt));
    CHECK(!BoundSocket::bind("", std::nullopt));
}

TEST_CASE("a socket that another has taken over is not removed", "[control]") {
    const Scratch scratch;
    const auto path = scratch / "socket";
    auto socket = BoundSocket::bind(path, std::nullopt);
    REQUIRE(socket);
    REQUIRE(::unlink(path.c_str()) == 0);
    const auto other = bound(path, true);
    socket->reset();
    CHECK(answers(path));
}

TEST_CASE("a socket that the service manager passed is taken", "[control]") {
    const Scratch scratch;
    const auto listening = bound(scratch / "a", true);
    const auto silent = bound(scratch / "b", false);
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK(activated(nullptr, "1", listening.get()) == 0);
    CHECK(activated("1", "1", listening.get()) == 1);
    CHECK(activated(nullptr, "0", listening.get()) == 1);
    CHECK(activated("x", "1", listening.get()) == 1);
    CHECK(activated(nullptr, "2", listening.get()) == 2);
    CHECK(activated(nullptr, "1", silent.get()) == 2);
    CHECK(activated(nullptr, "1", null.get()) == 2);
}
