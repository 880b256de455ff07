// SPDX-License-Identifier: Apache-2.0
#include "capture/parser/helper.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <string_view>

#include "capture/parser/protocol.hpp"
#include "capture/parser/system_calls.hpp"
#include "core/artifact/answer.hpp"

namespace fstracker::capture {

namespace {

constexpr int kWrongUsage = 125;

template <typename Message>
bool say(const Message& message) {
    ssize_t put = 0;
    while ((put = send(kParserSocket, &message, sizeof message, MSG_NOSIGNAL)) < 0 && errno == EINTR) {
    }
    return put == static_cast<ssize_t>(sizeof message);
}

// False when the recorder has gone. The descriptors are the lowest that are free.
bool hear(ParserRequest& request) {
    iovec bytes{&request, sizeof request};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(2 * sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &bytes;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t got = 0;
    while ((got = recvmsg(kParserSocket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) {
    }
    if (got != static_cast<ssize_t>(sizeof request) || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
        return false;
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    std::array<int, 2> descriptors{};
    if (header == nullptr || header->cmsg_type != SCM_RIGHTS || header->cmsg_len != CMSG_LEN(sizeof descriptors))
        return false;
    std::memcpy(descriptors.data(), CMSG_DATA(header), sizeof descriptors);
    return descriptors == std::array{kParserContent, kParserAnswer};
}

bool answer(std::string_view text) {
    while (!text.empty()) {
        const ssize_t put = write(kParserAnswer, text.data(), text.size());
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

// The kernel ends this process when its time is over, whatever has become of it by then.
void set_deadline(std::uint32_t milliseconds) {
    constexpr std::uint32_t kSecond = 1000;
    const rlim_t seconds = milliseconds / kSecond + 1;
    const rlimit processor{seconds, seconds}, none{0, 0};
    setrlimit(RLIMIT_CPU, &processor);
    setrlimit(RLIMIT_NPROC, &none);
    itimerval timer{};
    timer.it_value.tv_sec = milliseconds / kSecond;
    timer.it_value.tv_usec = static_cast<suseconds_t>(milliseconds % kSecond * 1000);
    setitimer(ITIMER_REAL, &timer, nullptr);
}

[[noreturn]] void parse(const ParserRequest& request, pid_t helper, std::vector<sock_filter>& calls) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != helper) _exit(kParserFailed);
    close(kParserSocket);
    set_deadline(request.milliseconds);
    if (allow_only(calls) != 0) _exit(kParserFailed);
    try {
        const std::string text = artifact::write_answer(artifact::inspect_file(kParserContent, request.size));
        _exit(answer(text) ? kParserDone : kParserFailed);
    } catch (const std::bad_alloc&) {
        _exit(kParserMemory);
    } catch (...) {
        _exit(kParserFailed);
    }
}

ParserEnded have_parsed(const ParserRequest& request, std::vector<sock_filter>& calls) {
    const pid_t self = getpid();
    const pid_t child = fork();
    if (child == 0) parse(request, self, calls);
    close(kParserContent);
    close(kParserAnswer);
    ParserEnded ended;
    if (child < 0) return {errno, 0};
    while (waitpid(child, &ended.status, 0) < 0)
        if (errno != EINTR) return {errno, 0};
    return ended;
}

// Parses something of our own, so that what is done once (symbols bound, memory's lists in order) is done before the
// processes that parse are made, and not in each of them.
void warm_up() {
    using namespace std::string_view_literals;
    constexpr std::string_view kSample =
        "\x80\x02"
        "c_codecs\nencode\nX\x01\0\0\0x\x85R."sv;
    artifact::MemoryBytes bytes({reinterpret_cast<const std::uint8_t*>(kSample.data()), kSample.size()});
    static_cast<void>(artifact::read_answer(artifact::write_answer(artifact::inspect(bytes))));
}

int serve(const SandboxReport& report, std::vector<sock_filter>& parsing) {
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (!say(ParserHello{ParserHello::kMagic, report}) || !report.may_parse()) return kParserFailed;
    warm_up();
    for (ParserRequest request; hear(request);)
        if (!say(have_parsed(request, parsing))) break;
    return kParserDone;
}

// A process namespace holds those that come after: one process stays in front of it, which the recorder can wait for.
int serve_inside(const SandboxReport& report, std::vector<sock_filter>& parsing) {
    const pid_t inner = fork();
    if (inner < 0) return kParserFailed;
    if (inner == 0) _exit(serve(report, parsing));
    close(kParserSocket);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    int status = 0;
    while (waitpid(inner, &status, 0) < 0 && errno == EINTR) {
    }
    return kParserDone;
}

bool is_socket_of_ours() {
    int type = 0, domain = 0;
    socklen_t size = sizeof type;
    return getsockopt(kParserSocket, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET &&
           getsockopt(kParserSocket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

}  // namespace

bool is_parser(int argc, const char* const* argv) { return argc > 1 && argv[1] == std::string_view(kParserArgument); }

int serve_parser() {
    if (!is_socket_of_ours()) {
        std::fputs("track: --parse-contents: is for track and fstrackerd themselves\n", stderr);
        return kWrongUsage;
    }
    prctl(PR_SET_NAME, "fstracker-parse", 0, 0, 0);
    std::vector<sock_filter> helper = program_for(Calls::kHelper), parsing = program_for(Calls::kParsing);
    SandboxReport report = confine();
    const int refused = parsing.empty() ? ENOSYS : allow_only(helper);
    report.errors.at(static_cast<std::size_t>(SandboxPart::kCalls)) = refused;
    if (report.error(SandboxPart::kProcesses) != 0) return serve(report, parsing);
    return serve_inside(report, parsing);
}

}  // namespace fstracker::capture
