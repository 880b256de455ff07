// SPDX-License-Identifier: Apache-2.0
// What the server takes from a client, and for how long: said by a raw socket, on a clock of the test's own.
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "daemon/control/address.hpp"
#include "daemon/control/disposal.hpp"
#include "tests/unit/control/running_server.hpp"

using namespace fstracker::control;
using fstracker::base::Fd;
using fstracker::control::testing::FakeService;
using fstracker::testing::Scratch;

namespace {

constexpr const char* kStatus = R"({"method":"org.fstracker.Control.GetStatus"})";
constexpr const char* kWaits = R"({"method":"org.fstracker.Control.Subscribe","more":true})";

// A server that is dispatched by the test, at times that the test says.
class SteppedServer {
  public:
    explicit SteppedServer(const ServerLimits& limits = {}) : path_(scratch_ / "socket") {
        bound_ = std::move(*BoundSocket::bind(path_, std::nullopt));
        server_ = std::move(*Server::create(bound_->take(), service_, {"v", "p", "1", "u"}, limits));
    }
    [[nodiscard]] Fd connect() const {
        auto socket = stream_socket();
        const auto address = address_of(path_);
        REQUIRE(::connect(socket->get(), reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) == 0);
        return std::move(*socket);
    }
    // As often as there is something to do.
    void step(std::int64_t now) {
        pollfd wanted{server_->fd(), POLLIN, 0};
        do server_->dispatch(now);
        while (::poll(&wanted, 1, 0) == 1);
    }
    Server* operator->() { return server_.get(); }

  private:
    Scratch scratch_;
    std::string path_;
    FakeService service_;
    std::unique_ptr<BoundSocket> bound_;
    std::unique_ptr<Server> server_;
};

void send(const Fd& socket, std::string text, bool whole = true) {
    if (whole) text.push_back('\0');
    REQUIRE(::send(socket.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
}

void send_descriptors(const Fd& socket, const std::string& text, std::size_t count, int descriptor) {
    Outgoing out;
    Descriptors descriptors;
    for (std::size_t i = 0; i < count; ++i) descriptors.emplace_back(::fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    out.push(text, std::move(descriptors));
    REQUIRE(out.write(socket.get()) == Outgoing::Written::kAll);
}

struct Heard {
    std::string text;
    bool closed = false;
};
Heard hear(const Fd& socket) {
    Heard heard;
    std::string piece(4096, '\0');
    ssize_t length = 0;
    while ((length = ::recv(socket.get(), piece.data(), piece.size(), MSG_DONTWAIT)) > 0)
        heard.text.append(piece, 0, static_cast<std::size_t>(length));
    heard.closed = length == 0 || errno != EAGAIN;
    return heard;
}

ServerLimits small() {
    ServerLimits limits;
    limits.message = {1000, 4, 8, 50};
    limits.half_message = 5;
    limits.idle = 60;
    limits.unread = 30;
    return limits;
}

}  // namespace

TEST_CASE("a half message is waited for, and not for ever", "[control]") {
    SteppedServer server(small());
    const auto client = server.connect();
    server.step(100);
    send(client, R"({"method":)", false);
    server.step(101);
    CHECK(server->next_deadline() == 106);
    server.step(105);
    CHECK(!hear(client).closed);
    send(client, " ", false);  // a byte now and then buys no time
    server.step(106);
    CHECK(hear(client).closed);
    CHECK(server->connections() == 0);
    CHECK(server->counts().dropped == 1);
}

TEST_CASE("an idle client is let go, one that waits for an answer is not", "[control]") {
    SteppedServer server(small());
    const auto idle = server.connect(), busy = server.connect(), waits = server.connect();
    server.step(100);
    send(waits, kWaits);
    server.step(100);
    CHECK(!hear(waits).text.empty());
    send(busy, kStatus);
    server.step(150);
    server.step(160);
    CHECK(hear(idle).closed);
    CHECK(!hear(busy).closed);
    CHECK(!hear(waits).closed);
    server.step(210);
    CHECK(hear(busy).closed);
    server.step(100000);
    CHECK(!hear(waits).closed);
    CHECK(server->connections() == 1);
    CHECK(!server->next_deadline());
}

TEST_CASE("a message has a longest length", "[control]") {
    SteppedServer server(small());
    for (const bool whole : {true, false}) {
        const auto client = server.connect();
        send(client, std::string(1001, ' '), whole);
        server.step(100);
        server.step(100);
        const auto heard = hear(client);
        CHECK(heard.text.find(R"("limit":"messageBytes","value":1000)") != std::string::npos);
        CHECK(heard.closed);
    }
    const auto client = server.connect();
    send(client, kStatus + std::string(1000 - std::string(kStatus).size(), ' '));
    server.step(100);
    server.step(100);
    CHECK(hear(client).text.starts_with(R"({"parameters":)"));
}

TEST_CASE("a message has so many descriptors at most", "[control]") {
    SteppedServer server(small());
    const Fd memory(::memfd_create("x", MFD_CLOEXEC));
    const auto few = server.connect(), many = server.connect();
    send_descriptors(few, kStatus, 4, memory.get());
    send_descriptors(many, kStatus, 5, memory.get());
    server.step(100);
    server.step(100);
    CHECK(hear(few).text.starts_with(R"({"parameters":)"));
    const auto heard = hear(many);
    CHECK(heard.text.find("messageDescriptors") != std::string::npos);
    CHECK(heard.closed);
}

TEST_CASE("users have so many connections, and root some more", "[control]") {
    auto limits = small();
    limits.connections = 3;
    limits.connections_per_user = ::getuid() == 0 ? 1 : 3;  // which root does not have
    limits.reserved_for_root = 2;
    const std::size_t most = ::getuid() == 0 ? 5 : 3;
    SteppedServer server(limits);
    std::vector<Fd> clients;
    for (std::size_t i = 0; i < most + 2; ++i) clients.push_back(server.connect());
    server.step(100);
    CHECK(server->connections() == most);
    CHECK(server->counts().turned_away == 2);
    CHECK(hear(clients.back()).text.find("LimitReached") != std::string::npos);
    clients.erase(clients.begin());
    server.step(100);
    const auto again = server.connect();
    server.step(100);
    server.step(100);
    CHECK(!hear(again).closed);
}

TEST_CASE("replies that nobody takes are not kept for ever", "[control]") {
    auto limits = small();
    limits.queued_bytes = 10000;
    SteppedServer server(limits);
    const auto client = server.connect();
    const std::string ask = R"({"method":"org.varlink.service.GetInterfaceDescription",)"
                            R"("parameters":{"interface":"org.fstracker.Control"}})";
    for (int i = 0; i < 200; ++i) send(client, ask);
    server.step(100);
    CHECK(server->connections() == 0);
    CHECK(server->counts().dropped == 1);
}

TEST_CASE("what a client sends is closed, read or not", "[control]") {
    SteppedServer server;
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    const Fd reading(ends[0]);
    Fd writing(ends[1]);
    for (const std::string text : {kStatus, kWaits, "{", "x"}) {
        const auto client = server.connect();
        send_descriptors(client, text, 3, writing.get());
    }
    {
        const auto client = server.connect();
        send(client, kWaits);
        server.step(100);
        send_descriptors(client, kStatus, 3, writing.get());  // behind a call that waits
    }
    writing.reset();
    server.step(100);
    server.step(100);
    pollfd ended{reading.get(), POLLIN, 0};
    REQUIRE(::poll(&ended, 1, 5000) == 1);
    CHECK((ended.revents & POLLHUP) != 0);
}

TEST_CASE("a socket that waits when it is closed holds up nobody", "[control]") {
    Fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
        sender(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener.get(), generic, length) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::getsockname(listener.get(), generic, &length) == 0);
    REQUIRE(::connect(sender.get(), generic, length) == 0);
    const Fd receiver(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::string block(65536, 'x');
    while (::send(sender.get(), block.data(), block.size(), MSG_DONTWAIT) > 0) continue;
    const linger long_time{1, 60};
    REQUIRE(::setsockopt(sender.get(), SOL_SOCKET, SO_LINGER, &long_time, sizeof(long_time)) == 0);

    SteppedServer server;
    {
        const auto client = server.connect();
        send_descriptors(client, "{", 1, sender.get());
        sender.reset();
    }
    const auto begun = fstracker::base::time_since_boot();
    server.step(100);
    server.step(100);
    CHECK(fstracker::base::time_since_boot() - begun < 20 * kSecond);
    CHECK(server->connections() == 0);
}

TEST_CASE("kinds of descriptors that are closed at once", "[control]") {
    const Fd memory(::memfd_create("x", MFD_CLOEXEC)), file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const Fd reading(ends[0]), writing(ends[1]);
    CHECK(closes_at_once(memory.get()));
    CHECK(!closes_at_once(file.get()));
    CHECK(!closes_at_once(reading.get()));
    CHECK(!closes_at_once(-1));
}
