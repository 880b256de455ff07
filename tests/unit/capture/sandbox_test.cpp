// SPDX-License-Identifier: Apache-2.0
// The sandbox from the inside: what a process that was taken over while it parsed would try, and what comes of it.
#include <dirent.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "capture/parser/protocol.hpp"
#include "capture/parser/sandbox.hpp"
#include "capture/parser/system_calls.hpp"
#include "core/base/fd.hpp"

using namespace fstracker;
using namespace fstracker::capture;

namespace {

constexpr int kNotConfined = 99;
constexpr uid_t kOrdinary = 12345;

// As whom the recorder runs. The second is tried by root only.
enum class As { kWhoever, kUser };

// How `act` ended, in a process that `prepare` was called in: as wait(2) says.
int ending_of(As user, const std::function<void()>& prepare, const std::function<int()>& act) {
    std::array<int, 2> pipe{};
    REQUIRE(::pipe2(pipe.data(), O_CLOEXEC) == 0);
    const base::Fd read_end(pipe[0]), write_end(pipe[1]);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        // As the process that parses finds it: a content to read, a pipe to answer.
        const int content = ::open("/proc/self/exe", O_RDONLY);
        const int answer = ::dup(write_end.get());
        ::dup2(::fcntl(content, F_DUPFD, 100), kParserContent);
        ::dup2(::fcntl(answer, F_DUPFD, 100), kParserAnswer);
        ::close(kParserSocket);
        ::close_range(kParserAnswer + 1, ~0U, 0);
        if (user == As::kUser &&
            (::setresgid(kOrdinary, kOrdinary, kOrdinary) != 0 || ::setresuid(kOrdinary, kOrdinary, kOrdinary) != 0 ||
             ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0))
            ::_exit(kNotConfined);
        prepare();
        ::_exit(act());
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

void use_table(Calls calls) {
    std::vector<sock_filter> program = program_for(calls);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || allow_only(program) != 0) ::_exit(kNotConfined);
}

void be_confined() {
    if (!confine().may_parse()) ::_exit(kNotConfined);
}

std::vector<As> users() { return ::geteuid() == 0 ? std::vector{As::kWhoever, As::kUser} : std::vector{As::kWhoever}; }

struct Attempt {
    const char* what;
    std::function<int()> act;
};

// Each is an end of the process that tries.
std::vector<Attempt> attempts() {
    static const pid_t parent = ::getpid();
    return {
        {"open", [] { return ::open("/etc/passwd", O_RDONLY); }},
        {"open by the old call", [] { return static_cast<int>(::syscall(SYS_open, "/etc/passwd", O_RDONLY)); }},
        {"openat2", [] { return static_cast<int>(::syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", nullptr, 0)); }},
        {"memfd", [] { return ::memfd_create("x", 0); }},
        {"socket", [] { return ::socket(AF_INET, SOCK_STREAM, 0); }},
        {"socketpair",
         [] {
             int ends[2];
             return ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
         }},
        {"fork", [] { return static_cast<int>(::fork()); }},
        {"vfork", [] { return static_cast<int>(::syscall(SYS_vfork)); }},
        {"clone3", [] { return static_cast<int>(::syscall(SYS_clone3, nullptr, 0)); }},
        {"execute",
         [] {
             char* const none[] = {nullptr};
             return ::execve("/bin/true", none, none);
         }},
        {"kill", [] { return ::kill(parent, 0); }},
        {"kill a thread", [] { return static_cast<int>(::syscall(SYS_tgkill, parent, parent, 0)); }},
        {"signal by pidfd", [] { return static_cast<int>(::syscall(SYS_pidfd_open, parent, 0)); }},
        {"ptrace", [] { return static_cast<int>(::ptrace(PTRACE_ATTACH, parent, nullptr, nullptr)); }},
        {"read memory",
         [] { return static_cast<int>(::syscall(SYS_process_vm_readv, parent, nullptr, 0, nullptr, 0, 0)); }},
        {"read the content by its place",
         [] {
             char c = 0;
             return static_cast<int>(::read(kParserContent, &c, 1));
         }},
        {"read another descriptor",
         [] {
             char c = 0;
             return static_cast<int>(::pread(kParserSocket, &c, 1, 0));
         }},
        {"write into the content", [] { return static_cast<int>(::write(kParserContent, "x", 1)); }},
        {"send", [] { return static_cast<int>(::send(kParserAnswer, "x", 1, 0)); }},
        {"duplicate", [] { return ::dup(kParserContent); }},
        {"lock or lease", [] { return ::fcntl(kParserContent, F_SETLEASE, F_WRLCK); }},
        {"ioctl", [] { return ::ioctl(kParserContent, 0x5413, nullptr); }},
        {"truncate", [] { return ::ftruncate(kParserContent, 0); }},
        {"change the mode", [] { return ::fchmod(kParserContent, 0777); }},
        {"stat",
         [] {
             struct stat status {};
             return ::stat("/", &status);
         }},
        {"list",
         [] {
             char bytes[64];
             return static_cast<int>(::syscall(SYS_getdents64, kParserContent, bytes, sizeof bytes));
         }},
        {"map the content",
         [] { return ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, kParserContent, 0) == MAP_FAILED; }},
        {"executable memory",
         [] { return ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED; }},
        {"make memory executable", [] { return ::mprotect(reinterpret_cast<void*>(0x10000), 4096, PROT_EXEC); }},
        {"prctl", [] { return ::prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0); }},
        {"limits",
         [] {
             rlimit limit{};
             return ::getrlimit(RLIMIT_CPU, &limit);
         }},
        {"put off the alarm", [] { return static_cast<int>(::alarm(0)); }},
        {"ignore the alarm", [] { return ::signal(SIGALRM, SIG_IGN) == SIG_ERR; }},
        {"namespaces", [] { return ::unshare(CLONE_NEWUSER); }},
        {"change of user", [] { return ::setuid(0); }},
        {"mount", [] { return ::mount("none", "/", "tmpfs", 0, nullptr); }},
        {"io_uring", [] { return static_cast<int>(::syscall(SYS_io_uring_setup, 1, nullptr)); }},
        {"bpf", [] { return static_cast<int>(::syscall(SYS_bpf, 0, nullptr, 0)); }},
        {"userfaultfd", [] { return static_cast<int>(::syscall(SYS_userfaultfd, 0)); }},
        {"keys", [] { return static_cast<int>(::syscall(SYS_keyctl, 0, 0)); }},
        {"who it is", [] { return static_cast<int>(::getuid()); }},
#ifdef __x86_64__
        {"a call of 32-bit programs",
         [] {
             int got = 0;
             asm volatile("int $0x80" : "=a"(got) : "a"(20) : "memory");
             return got;
         }},
        {"a call of x32 programs",
         [] { return static_cast<int>(::syscall(0x40000000 | SYS_pread64, kParserContent, nullptr, 0, 0)); }},
#endif
    };
}

std::string ending_words(int status) {
    return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                               : "exit " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

TEST_CASE("whoever parses is ended for any call but reading the content, answering and memory") {
    for (const As user : users()) {
        for (const Attempt& attempt : attempts()) {
            const int status = ending_of(
                user, [] { use_table(Calls::kParsing); }, attempt.act);
            INFO(attempt.what << ": " << ending_words(status));
            CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS));
        }
    }
}

TEST_CASE("the table has what parsing takes") {
    for (const Calls calls : {Calls::kParsing, Calls::kHelper}) {
        const int status = ending_of(
            As::kWhoever, [calls] { use_table(calls); },
            [] {
                std::array<char, 4> magic{};
                if (::pread(kParserContent, magic.data(), magic.size(), 0) != 4 || std::memcmp(magic.data(),
                                                                                               "\x7F"
                                                                                               "ELF",
                                                                                               4) != 0)
                    return 1;
                std::vector<std::string> much;
                for (std::size_t size = 1; size < (std::size_t{64} << 20); size *= 2) much.emplace_back(size, 'x');
                much.clear();
                try {
                    throw std::runtime_error("an exception");
                } catch (const std::exception&) {
                }
                return ::write(kParserAnswer, "answer", 6) == 6 ? 7 : 2;
            });
        CHECK(ending_words(status) == "exit 7");
    }
}

TEST_CASE("without the table there is still nothing to reach") {
    SandboxReport report;
    for (const As user : users()) {
        std::array<int, 2> said{};
        REQUIRE(::pipe2(said.data(), O_CLOEXEC) == 0);
        const int told = ending_of(
            user, [] {},
            [] {
                const SandboxReport inside = confine();
                return ::write(kParserAnswer, &inside, sizeof inside) == sizeof inside ? (inside.may_parse() ? 0 : 1)
                                                                                       : 2;
            });
        ::close(said[0]);
        ::close(said[1]);
        REQUIRE(ending_words(told) == "exit 0");
        const auto refused = [&](SandboxPart part) {
            return WEXITSTATUS(ending_of(
                       user, [] {}, [part] { return confine().error(part) == 0 ? 0 : 1; })) != 0;
        };
        const auto tried = [&](const char* what, const std::function<bool()>& act) {
            const int status = ending_of(user, be_confined, [&] { return act() ? 1 : 0; });
            INFO(what << ": " << ending_words(status));
            CHECK(ending_words(status) == "exit 0");
        };
        if (refused(SandboxPart::kFiles)) {
            WARN("not tried: this host refuses an empty root directory");
        } else {
            tried("a file is opened",
                  [] { return ::close(kParserAnswer), ::open("/etc/passwd", O_RDONLY) >= 0 || errno != ENOENT; });
            tried("something lies in the root", [] {
                ::close(kParserAnswer);
                DIR* root = ::opendir("/");
                if (root == nullptr) return true;
                for (const dirent* entry = nullptr; (entry = ::readdir(root)) != nullptr;)
                    if (entry->d_name != std::string(".") && entry->d_name != std::string("..")) return true;
                return ::chdir("../../..") != 0 || ::access("proc", F_OK) == 0 || ::mkdir("/x", 0700) == 0;
            });
        }
        if (refused(SandboxPart::kProcesses)) {
            WARN("not tried: this host refuses a process namespace");
        } else {
            tried("another process is seen", [] {
                const pid_t inner = ::fork();
                if (inner == 0) ::_exit(::getpid() == 1 && ::kill(-1, 0) != 0 && ::getppid() == 0 ? 0 : 1);
                int status = 0;
                return ::waitpid(inner, &status, 0) != inner || status != 0;
            });
        }
        if (refused(SandboxPart::kNetwork)) {
            WARN("not tried: this host refuses a network namespace");
        } else {
            tried("the loopback is there", [] {
                ::close(kParserAnswer);
                const int socket = ::socket(AF_INET, SOCK_DGRAM, 0);
                sockaddr address{AF_INET, {0, 53, 127, 0, 0, 1}};
                return socket < 0 || ::connect(socket, &address, sizeof address) == 0;
            });
        }
        tried("it is root", [] {
            return ::getuid() == 0 || ::geteuid() == 0 || ::setuid(0) == 0 ||
                   ::getgroups(0, nullptr) > (::getuid() == kOrdinary ? 99 : 0);
        });
        tried("it has a capability", [] {
            __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
            std::array<__user_cap_data_struct, 2> have{};
            if (::syscall(SYS_capget, &header, have.data()) != 0) return true;
            return (have[0].permitted | have[1].permitted | have[0].inheritable | have[1].inheritable) != 0;
        });
        tried("it gets one by executing", [] { return ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1; });
        tried("it mounts", [] { return ::mount("none", "/", "tmpfs", 0, nullptr) == 0; });
        tried("it makes a namespace", [] { return ::unshare(CLONE_NEWNS) == 0; });
        tried("a gigabyte",
              [] { return ::mmap(nullptr, 1U << 30U, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED; });
        tried("descriptors", [] { return ::dup(kParserContent) >= 0 && ::dup(kParserContent) >= 0; });
        tried("limits are raised", [] {
            const rlimit more{1000, 1000};
            return ::setrlimit(RLIMIT_NOFILE, &more) == 0;
        });
        tried("core dumps and tracers", [] { return ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0; });
    }
}
