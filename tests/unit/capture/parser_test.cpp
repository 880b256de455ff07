// SPDX-License-Identifier: Apache-2.0
// Contents parsed by a helper of this very program, by helpers that are ended, and by one that lies.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <functional>
#include <mutex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "capture/parser/helper.hpp"
#include "capture/parser/parser.hpp"
#include "capture/parser/protocol.hpp"
#include "core/artifact/answer.hpp"
#include "core/base/fd.hpp"
#include "tests/unit/executed_again.hpp"
#include "tests/unit/scratch.hpp"

using namespace fstracker;
using namespace fstracker::capture;
using namespace std::chrono_literals;
using testing::put;
using testing::Scratch;

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kHostile = "cposix\nsystem\n(S'id'\ntR.";
constexpr const char* kTooLong = "reading it took longer than is allowed";
constexpr const char* kNotBelieved = "the process that read it gave no answer that can be believed";

void say(std::string_view text) {
    if (::write(kParserAnswer, text.data(), text.size()) < 0) ::_exit(1);
}

// A helper that was taken over: the content's first byte says what it does.
int lie() {
    ParserHello hello;
    ::send(kParserSocket, &hello, sizeof hello, 0);
    for (;;) {
        ParserRequest request;
        iovec bytes{&request, sizeof request};
        alignas(cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
        msghdr message{};
        message.msg_iov = &bytes;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        if (::recvmsg(kParserSocket, &message, 0) <= 0) return 0;
        char what = 0;
        if (::pread(kParserContent, &what, 1, 0) != 1) return 1;
        ParserEnded ended;
        switch (what) {
            case 'f':  // a flood
                std::signal(SIGPIPE, SIG_IGN);
                while (::write(kParserAnswer, std::string(4096, 'x').data(), 4096) > 0) {
                }
                break;
            case 'g': say("\x0c\tb\ta"); break;
            case 'h':
                say("\x0chalf");
                ended.status = SIGSEGV;
                break;
            case 'm': ended.status = kParserMemory << 8; break;
            case 'e': ended.error = EAGAIN; break;
            case 's': ::pause(); break;
            case 'x': return 0;
            case 'w': ::send(kParserSocket, "?", 1, 0); break;
            default: break;
        }
        ::close(kParserContent);
        ::close(kParserAnswer);
        ::send(kParserSocket, &ended, sizeof ended, 0);
    }
}

bool is_called(const std::string& name) {
    std::error_code ignored;
    return std::filesystem::read_symlink("/proc/self/exe", ignored).filename() == name;
}

class OpenFile {
  public:
    explicit OpenFile(const std::string& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
        REQUIRE(fd_);
        struct stat status {};
        REQUIRE(::fstat(fd_.get(), &status) == 0);
        size_ = static_cast<std::uint64_t>(status.st_size);
    }
    artifact::Parsed by(const artifact::Parser& parser) const { return parser(fd_.get(), size_); }
    artifact::Content here() const { return artifact::inspect_file(fd_.get(), size_); }

  private:
    base::Fd fd_;
    std::uint64_t size_ = 0;
};

std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    for (const auto& task : std::filesystem::directory_iterator("/proc/" + std::to_string(parent) + "/task")) {
        std::ifstream file(task.path() / "children");
        for (pid_t child = 0; file >> child;) children.push_back(child);
    }
    return children;
}

// The process that parses is the last of the line, behind the helper and, where there is a namespace, its first
// process.
std::vector<pid_t> line_below(pid_t parent) {
    std::vector<pid_t> line;
    for (std::vector<pid_t> next = children_of(parent); !next.empty(); next = children_of(next.front()))
        line.push_back(next.front());
    return line;
}

template <typename Condition>
bool eventually(Condition condition) {
    const auto deadline = Clock::now() + 20s;
    while (Clock::now() < deadline) {
        if (condition()) return true;
        std::this_thread::sleep_for(1ms);
    }
    return false;
}

// Ended: whoever has inherited it may take its time to reap it.
bool is_gone(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::size_t end = text.rfind(')');
    return end == std::string::npos || text.compare(end, 3, ") Z") == 0 || text.compare(end, 3, ") X") == 0;
}

std::string little_endian(std::uint64_t value, std::size_t width) {
    std::string bytes;
    for (std::size_t i = 0; i < width; ++i) bytes.push_back(static_cast<char>(value >> (8 * i)));
    return bytes;
}

std::string deflated(const std::string& bytes) {
    z_stream stream{};
    REQUIRE(::deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    std::string out(::deflateBound(&stream, bytes.size()), '\0'), in = bytes;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
    out.resize(stream.total_out);
    ::deflateEnd(&stream);
    return out;
}

// An archive of 1,000 arrays of objects, each 32 MiB of nothing, and all of them the same few kilobytes: minutes.
std::string slow_archive() {
    const std::string header = "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }";
    const std::string array = "\x93NUMPY\x01" + std::string(1, '\0') + little_endian(header.size(), 2) + header;
    const std::string packed = deflated(array + std::string(std::size_t{32} << 20, '\0'));
    const std::string common = little_endian(0, 2) + little_endian(8, 2) + little_endian(0, 8) +
                               little_endian(packed.size(), 4) + little_endian(array.size() + (32U << 20U), 4) +
                               little_endian(5, 2);
    std::string list;
    constexpr std::size_t kArrays = 1000;
    for (std::size_t i = 0; i < kArrays; ++i)
        list += "PK\1\2" + little_endian(20, 2) + little_endian(20, 2) + common + little_endian(0, 16) + "a.npy";
    const std::string data = "PK\3\4" + little_endian(20, 2) + common + little_endian(0, 2) + "a.npy" + packed;
    return data + list + "PK\5\6" + little_endian(0, 4) + little_endian(kArrays, 2) + little_endian(kArrays, 2) +
           little_endian(list.size(), 4) + little_endian(data.size(), 4) + little_endian(0, 2);
}

ParserOptions within(std::chrono::milliseconds deadline) { return {"/proc/self/exe", deadline}; }

// Parses, while a thread does something to the process that does. Not the other way round: helpers die with the thread
// that started them.
struct Disturbed {
    artifact::Parsed told;
    std::chrono::milliseconds took{};
};
Disturbed disturbed(const artifact::Parser& parser, const OpenFile& file, const std::function<bool()>& disturb) {
    std::atomic<bool> done = false;
    std::thread thread([&] { done = disturb(); });
    const auto begin = Clock::now();
    Disturbed result{file.by(parser), {}};
    result.took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    thread.join();
    REQUIRE(done);
    return result;
}

}  // namespace

std::optional<int> fstracker::testing::executed_again(int argc, char** argv) {
    if (!is_parser(argc, argv)) return std::nullopt;
    return is_called("liar") ? lie() : serve_parser();
}

TEST_CASE("a helper tells what this process would tell, and is kept for the next content") {
    const Scratch scratch;
    std::string many = "\x80\x02";
    for (int i = 0; i < 1000; ++i) many += "c" + std::string(200, 'm') + std::to_string(1000 + i) + "\nf\n";
    many += std::string(999, '0') + ".";
    const std::vector<std::string> contents = {kHostile,
                                               "\x80\x04N.",
                                               many,
                                               "N.",
                                               "PK\3\4" + std::string(40, '\0'),
                                               std::string("\x80\x02N0\xff", 5),
                                               "text\n",
                                               ""};
    const artifact::Parser parser = sandboxed_parser();
    CHECK(children_of(::getpid()).empty());  // until somebody asks
    pid_t helper = 0;
    for (const std::string& content : contents) {
        const OpenFile file(put(scratch / "file", content));
        const artifact::Parsed told = file.by(parser);
        CHECK(told.content == file.here());
        CHECK(told.lasting);
        const auto line = line_below(::getpid());
        REQUIRE(!line.empty());
        CHECK((helper == 0 || helper == line.front()));
        helper = line.front();
        CHECK(::getpgid(helper) != ::getpgrp());
        CHECK(::getsid(helper) == helper);
    }
}

TEST_CASE("helpers go with their parser, and with whoever asks at once") {
    const Scratch scratch;
    const OpenFile file(put(scratch / "file", kHostile));
    std::set<pid_t> all;
    {
        const artifact::Parser parser = sandboxed_parser();
        std::vector<std::thread> threads;
        std::atomic<int> done = 0;
        std::mutex mutex;
        std::vector<std::string> problems;
        for (int i = 0; i < 4; ++i)
            threads.emplace_back([&] {
                for (int round = 0; round < 20; ++round, ++done) {
                    const artifact::Parsed told = file.by(parser);
                    const std::scoped_lock lock(mutex);
                    if (told.content.imports.size() != 1) problems.push_back(told.content.problem + "!");
                }
                // A helper ends with the thread that has started it, and another one may be using it.
                while (done != 80) std::this_thread::sleep_for(1ms);
            });
        const bool ended = eventually([&] {
            for (const pid_t child : children_of(::getpid())) all.insert(child);
            return done == 80;
        });
        for (std::thread& thread : threads) thread.join();
        CHECK(ended);
        CHECK(problems == std::vector<std::string>());
        CHECK(!all.empty());
    }
    CHECK(children_of(::getpid()).empty());
    for (const pid_t helper : all) CHECK(eventually([&] { return is_gone(helper); }));
}

TEST_CASE("a content is given up at its deadline, and the next is told") {
    const Scratch scratch;
    const OpenFile slow(put(scratch / "slow", slow_archive())), hostile(put(scratch / "file", kHostile));
    const artifact::Parser parser = sandboxed_parser(within(40ms));
    const auto begin = Clock::now();
    const artifact::Parsed told = slow.by(parser);
    CHECK(Clock::now() - begin < 5s);
    CHECK(told.content.format == artifact::Format::kUnreadable);
    CHECK(told.content.problem == kTooLong);
    CHECK_FALSE(told.lasting);
    const artifact::Parser patient = sandboxed_parser();
    CHECK(hostile.by(patient).content.imports == std::vector<std::string>{"posix.system"});
}

TEST_CASE("whoever of the helper's processes is ended or stopped, one content is unreadable and nothing is left") {
    const Scratch scratch;
    const OpenFile slow(put(scratch / "slow", slow_archive())), hostile(put(scratch / "file", kHostile));
    const std::size_t depth = [&] {
        const artifact::Parser parser = sandboxed_parser();
        hostile.by(parser);
        return line_below(::getpid()).size() + 1;  // and the process that parses
    }();
    for (const int signal : {SIGKILL, SIGSTOP}) {
        for (std::size_t which = 0; which < depth; ++which) {
            INFO(signal << " to process " << which << " of " << depth);
            const artifact::Parser parser = sandboxed_parser(within(700ms));
            std::vector<pid_t> line;
            const Disturbed result = disturbed(parser, slow, [&] {
                return eventually([&] { return (line = line_below(::getpid())).size() == depth; }) &&
                       ::kill(line[which], signal) == 0;
            });
            CHECK(result.took < 8s);
            const bool parsing = which + 1 == depth;
            // Who is stopped in front of the others hinders nobody, but for the deadline.
            CHECK(result.told.content.format == artifact::Format::kUnreadable);
            CHECK_FALSE(result.told.lasting);
            if (signal == SIGKILL)
                CHECK(result.told.content.problem == (parsing ? "the process that read it was ended by signal 9"
                                                              : "the process that read it was ended"));
            else
                CHECK(result.told.content.problem == kTooLong);
            CHECK(hostile.by(parser).content.imports == std::vector<std::string>{"posix.system"});
            CHECK(eventually([&] { return is_gone(line[which]) || (!parsing && signal == SIGSTOP && which == 0); }));
        }
        CHECK(eventually([] { return children_of(::getpid()).empty(); }));
    }
}

TEST_CASE("a helper that was ended while it had nothing to do is started again") {
    const Scratch scratch;
    const OpenFile file(put(scratch / "file", kHostile));
    const artifact::Parser parser = sandboxed_parser();
    for (int round = 0; round < 3; ++round) {
        CHECK(file.by(parser).content.imports.size() == 1);
        const auto line = line_below(::getpid());
        REQUIRE(!line.empty());
        REQUIRE(::kill(line.front(), SIGKILL) == 0);
        REQUIRE(eventually([&] { return line_below(line.front()).empty(); }));
    }
}

TEST_CASE("without a helper nothing is parsed, and it is said why") {
    const Scratch scratch;
    const OpenFile file(put(scratch / "file", kHostile));
    for (const auto& [program, why] : std::vector<std::pair<std::string, std::string>>{
             {scratch / "none", "No such file"}, {"/bin/true", "could not begin"}}) {
        const artifact::Parsed told = file.by(sandboxed_parser({program, 1s}));
        CHECK(told.content.format == artifact::Format::kUnreadable);
        CHECK_THAT(told.content.problem, Catch::Contains("no process to read it in") && Catch::Contains(why));
        CHECK_FALSE(told.lasting);
    }
}

TEST_CASE("nothing that a helper says is believed beyond what it may say") {
    const Scratch scratch;
    const std::string liar = scratch / "liar";
    std::filesystem::copy_file("/proc/self/exe", liar);
    REQUIRE(::chmod(liar.c_str(), 0755) == 0);
    const artifact::Parser parser = sandboxed_parser({liar, 300ms});
    const std::vector<std::pair<std::string, std::string>> lies = {
        {"f", ""},
        {"g", kNotBelieved},
        {"h", "the process that read it was ended by signal 11"},
        {"m", "reading it took more memory than is allowed"},
        {"e", "no process to read it in"},
        {"s", kTooLong},
        {"x", "the process that read it was ended"},
        {"w", "the process that read it was ended"},
        {"nothing at all", kNotBelieved},
    };
    for (const auto& [content, problem] : lies) {
        INFO(content);
        const OpenFile file(put(scratch / "file", content));
        const artifact::Parsed told = file.by(parser);
        CHECK(told.content.format == artifact::Format::kUnreadable);
        CHECK_THAT(told.content.problem, Catch::StartsWith(problem));
        CHECK(told.content.imports.empty());
        CHECK_FALSE(told.lasting);
    }
}
