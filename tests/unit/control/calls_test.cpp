// SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "daemon/control/interface.hpp"
#include "tests/unit/control/running_server.hpp"

using namespace fstracker::control;
using fstracker::base::Fd;
using fstracker::control::testing::RunningServer;

namespace {

constexpr Milliseconds kSoon{5000};

// A child that waits until it is told to end.
class Child {
  public:
    Child() {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            char byte = 0;
            ::close(ends[1]);
            ::_exit(::read(ends[0], &byte, 1) < 0 ? 1 : 0);
        }
        ::close(ends[0]);
        gate_.reset(ends[1]);
    }
    ~Child() { end(); }
    void end() {
        gate_.reset();
        if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
    [[nodiscard]] Fd pidfd() const { return Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))); }

  private:
    pid_t pid_ = -1;
    Fd gate_;
};

StartRun::Parameters start_of(const std::string& step) {
    StartRun::Parameters parameters;
    parameters.command = {{"train"}, {"\xFF%"}};
    parameters.pipeline = "p";
    parameters.step = step;
    return parameters;
}

Descriptors one(Fd fd) {
    Descriptors descriptors;
    descriptors.push_back(std::move(fd));
    return descriptors;
}

std::string content_of(const Fd& fd) {
    std::string content(100, '\0');
    const auto length = ::pread(fd.get(), content.data(), content.size(), 0);
    REQUIRE(length >= 0);
    content.resize(static_cast<std::size_t>(length));
    return content;
}

}  // namespace

TEST_CASE("a run is started, waited for and fetched", "[control]") {
    RunningServer server;
    auto client = server.client();
    CHECK(client.service().uid == ::getuid());
    Child child;
    auto packer = FilePacker::create();
    REQUIRE(packer);
    REQUIRE(packer->add("/p/.fstracker.yaml", Purpose::kProject, "pipeline: p\n"));
    REQUIRE(packer->add("/p/empty", Purpose::kRules, ""));
    REQUIRE(packer->add("/p/\xFF.yml", Purpose::kRules, "title: x\n"));
    auto packed = packer->finish({1});
    REQUIRE(packed);
    auto parameters = start_of("train");
    parameters.files = packed->files;
    auto descriptors = one(child.pidfd());
    descriptors.push_back(std::move(packed->memory));
    const auto started = client.call<StartRun>(parameters, kSoon, std::move(descriptors));
    REQUIRE(started);
    CHECK(started->reply == StartRun::Reply{"run-1", "auto"});

    auto other = server.client();
    const auto status = other.call<GetStatus>({}, kSoon);
    REQUIRE(status);
    REQUIRE(status->reply.runs.size() == 1);
    CHECK(status->reply.runs[0].command == parameters.command);

    std::vector<FinishRun::Reply> told;
    const auto finished = client.call_for_more<FinishRun>({"run-1"}, kSoon, [&](auto& answered) {
        told.push_back(answered.reply);
        child.end();
        return true;
    });
    REQUIRE(finished);
    REQUIRE(told.size() == 1);
    REQUIRE(told[0].progress);
    CHECK(told[0].progress->phase == Phase::kRecording);
    REQUIRE(finished->reply.outcome);
    CHECK(finished->reply.outcome->exit_code == 0);
    REQUIRE(finished->reply.outcome->summary);
    CHECK(finished->reply.outcome->summary->text == R"({"run":"run-1"})");

    const auto fetched = client.call<GetRun>({"run-1"}, kSoon);
    REQUIRE(fetched);
    CHECK(fetched->reply.run.state == State::kDone);
    REQUIRE(fetched->reply.files.size() == 3);
    REQUIRE(fetched->descriptors.size() == 3);
    CHECK(content_of(fetched->descriptors[fetched->reply.files[0].descriptor.index]) == "pipeline: p\n");
    CHECK(content_of(fetched->descriptors[fetched->reply.files[1].descriptor.index]).empty());
    CHECK(content_of(fetched->descriptors[fetched->reply.files[2].descriptor.index]) == "title: x\n");
}

TEST_CASE("errors come as values", "[control]") {
    RunningServer server;
    auto client = server.client();
    const auto none = client.call<GetRun>({"nowhere"}, kSoon);
    REQUIRE(!none);
    CHECK(none.error().trouble == Trouble::kRefused);
    REQUIRE(none.error().refusal);
    CHECK(*none.error().refusal == Refusal(NoSuchRun{"nowhere"}));
    CHECK(none.error().error.message == "there is no run nowhere");

    const auto no_descriptor = client.call<StartRun>(start_of("x"), kSoon);
    REQUIRE(!no_descriptor);
    CHECK(no_descriptor.error().refusal == Refusal(InvalidParameter{"process"}));

    const auto no_pidfd = client.call<StartRun>(start_of("x"), kSoon, one(Fd(::dup(0))));
    REQUIRE(!no_pidfd);
    REQUIRE(no_pidfd.error().refusal);
    CHECK(std::holds_alternative<Refused>(*no_pidfd.error().refusal));

    const auto no_more = client.call<Subscribe>({}, kSoon);
    REQUIRE(!no_more);
    CHECK(no_more.error().refusal == Refusal(ExpectedMore{}));
    CHECK(client.call<GetStatus>({}, kSoon));
}

TEST_CASE("why nobody answers is told apart", "[control]") {
    fstracker::testing::Scratch scratch;
    const auto trouble = [](const std::string& path) {
        const auto client = Client::connect(path, Milliseconds(50));
        return client ? std::optional<Trouble>() : client.error().trouble;
    };
    CHECK(trouble(scratch / "nothing") == Trouble::kNobodyListens);
    CHECK(trouble(fstracker::testing::put(scratch / "file", "")) == Trouble::kNobodyListens);
    CHECK(trouble(scratch / std::string(200, 'x')) == Trouble::kSystem);
    {
        RunningServer server;
        CHECK(!trouble(server.path()));
        server.stop();  // accepts, and does not answer
        auto client = server.client();
        const auto answer = client.call<GetStatus>({}, Milliseconds(50));
        REQUIRE(!answer);
        CHECK(answer.error().trouble == Trouble::kTimeout);
        server.end();
        const auto closed = client.call<GetStatus>({}, kSoon);
        REQUIRE(!closed);
        CHECK(closed.error().trouble == Trouble::kClosed);
        CHECK(trouble(server.path()) == Trouble::kNobodyListens);
    }
}

TEST_CASE("a subscriber is told of what happens from then on", "[control]") {
    RunningServer server;
    auto subscriber = server.client();
    REQUIRE(subscriber.begin<Subscribe>({}, true, kSoon));
    auto first = subscriber.next<Subscribe>(kSoon);
    REQUIRE(first);
    CHECK(first->continues);
    CHECK(first->reply == Subscribe::Reply{});
    auto client = server.client();
    Child child;
    REQUIRE(client.call<StartRun>(start_of("x"), kSoon, one(child.pidfd())));
    auto told = subscriber.next<Subscribe>(kSoon);
    REQUIRE(told);
    CHECK(told->reply.run == "run-1");
    REQUIRE(told->reply.finding);
    CHECK(told->reply.finding->title == "something was seen");
}

TEST_CASE("who waits for the end of a run may go, and another may come", "[control]") {
    RunningServer server;
    Child child;
    {
        auto client = server.client();
        REQUIRE(client.call<StartRun>(start_of("x"), kSoon, one(child.pidfd())));
        REQUIRE(client.begin<FinishRun>({"run-1"}, true, kSoon));
        REQUIRE(client.next<FinishRun>(kSoon));
    }
    auto again = server.client();
    REQUIRE(again.begin<FinishRun>({"run-1"}, false, kSoon));
    child.end();
    const auto finished = again.next<FinishRun>(kSoon);
    REQUIRE(finished);
    CHECK(finished->reply.outcome);
    server.stop();
    CHECK(server.service().gone == 1);
}

TEST_CASE("the service says who it is and what it speaks", "[control]") {
    RunningServer server;
    auto client = server.client();
    const auto info = client.call<GetInfo>({}, kSoon);
    REQUIRE(info);
    CHECK(info->reply == GetInfo::Reply{"v", "p", "1", "u", {"org.fstracker.Control", "org.varlink.service"}});
    for (const auto& interface : info->reply.interfaces) {
        const auto description = client.call<GetInterfaceDescription>({interface}, kSoon);
        REQUIRE(description);
        CHECK(description->reply.description == description_of(interface));
        CHECK(description->reply.description.find("interface " + interface + "\n") != std::string::npos);
    }
    const auto other = client.call<GetInterfaceDescription>({"org.example.None"}, kSoon);
    REQUIRE(!other);
    CHECK(other.error().refusal == Refusal(InterfaceNotFound{"org.example.None"}));
}
