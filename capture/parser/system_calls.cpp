// SPDX-License-Identifier: Apache-2.0
#include "capture/parser/system_calls.hpp"

#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>

#include "capture/parser/protocol.hpp"

namespace fstracker::capture {

namespace {

// An argument that a call is allowed with: (argument & mask) == value; mask 0 asks nothing.
struct Where {
    unsigned argument = 0;
    std::uint64_t mask = 0;
    std::uint64_t value = 0;
};

struct Row {
    int call;
    Where first, second;
};

constexpr std::uint64_t kAll = ~std::uint64_t{0};
// As far as an int or a flag goes: what lies above it in the register is not looked at by the kernel either.
constexpr std::uint64_t kInt = 0xFFFFFFFF;

constexpr std::array kMemory = {
    Row{SCMP_SYS(brk)},     Row{SCMP_SYS(mmap), {3, MAP_ANONYMOUS, MAP_ANONYMOUS}, {2, PROT_EXEC, 0}},
    Row{SCMP_SYS(mremap)},  Row{SCMP_SYS(munmap)},
    Row{SCMP_SYS(madvise)}, Row{SCMP_SYS(futex)},
};

constexpr std::array kParsing = {
    Row{SCMP_SYS(pread64), {0, kInt, kParserContent}},
    Row{SCMP_SYS(write), {0, kInt, kParserAnswer}},
    Row{SCMP_SYS(exit_group)},
};

// What fork(3) and the way from it to kParsing need is among these.
constexpr std::array kHelper = {
    Row{SCMP_SYS(recvmsg), {0, kInt, kParserSocket}},
    Row{SCMP_SYS(sendto), {0, kInt, kParserSocket}, {4, kAll, 0}},
    Row{SCMP_SYS(clone), {0, ~std::uint64_t{CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID}, SIGCHLD}},
    Row{SCMP_SYS(set_robust_list)},
    Row{SCMP_SYS(wait4)},
    Row{SCMP_SYS(close)},
    Row{SCMP_SYS(getpid)},
    Row{SCMP_SYS(getppid)},
    Row{SCMP_SYS(prctl), {0, kInt, PR_SET_PDEATHSIG}},
    Row{SCMP_SYS(prlimit64), {0, kInt, 0}, {3, kAll, 0}},
    Row{SCMP_SYS(setitimer), {0, kInt, ITIMER_REAL}},
    Row{SCMP_SYS(seccomp), {0, kInt, SECCOMP_SET_MODE_FILTER}},
};

template <std::size_t N>
int add(scmp_filter_ctx context, const std::array<Row, N>& rows) {
    for (const Row& row : rows) {
        std::array<scmp_arg_cmp, 2> where{};
        unsigned count = 0;
        for (const Where& one : {row.first, row.second})
            if (one.mask != 0) where.at(count++) = {one.argument, SCMP_CMP_MASKED_EQ, one.mask, one.value};
        if (const int error = seccomp_rule_add_array(context, SCMP_ACT_ALLOW, row.call, count, where.data());
            error != 0)
            return -error;
    }
    return 0;
}

// libseccomp writes the program into a file.
std::vector<sock_filter> exported(scmp_filter_ctx context) {
    const int file = memfd_create("filter", MFD_CLOEXEC);
    if (file < 0) return {};
    std::vector<sock_filter> program;
    if (seccomp_export_bpf(context, file) == 0) {
        const off_t size = lseek(file, 0, SEEK_END);
        program.resize(static_cast<std::size_t>(size) / sizeof(sock_filter));
        if (pread(file, program.data(), static_cast<std::size_t>(size), 0) != size) program.clear();
    }
    close(file);
    return program;
}

}  // namespace

std::vector<sock_filter> program_for(Calls calls) {
    const std::unique_ptr<void, decltype(&seccomp_release)> context(seccomp_init(SCMP_ACT_KILL_PROCESS),
                                                                    &seccomp_release);
    if (!context) return {};
    int error = seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (error == 0) error = add(context.get(), kMemory);
    if (error == 0) error = add(context.get(), kParsing);
    if (error == 0 && calls == Calls::kHelper) error = add(context.get(), kHelper);
    return error == 0 ? exported(context.get()) : std::vector<sock_filter>{};
}

int allow_only(std::vector<sock_filter>& program) {
    if (program.empty()) return ENOSYS;
    const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0 ? 0 : errno;
}

}  // namespace fstracker::capture
