// SPDX-License-Identifier: Apache-2.0
#include "capture/ptrace/seccomp_filter.hpp"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>

#include <cerrno>
#include <initializer_list>
#include <memory>

#include "capture/ptrace/call.hpp"

#ifndef CLONE_UNTRACED
#define CLONE_UNTRACED 0x00800000
#endif

namespace fstracker::capture {

namespace {

constexpr std::uint64_t kTmpfile = O_TMPFILE & ~O_DIRECTORY;

using Context = std::unique_ptr<void, decltype(&seccomp_release)>;
using Arguments = std::initializer_list<scmp_arg_cmp>;

scmp_arg_cmp argument(unsigned number, scmp_compare how, scmp_datum_t a, scmp_datum_t b = 0) {
    return {number, how, a, b};
}

// Rules of one architecture. A call that it does not have is left out.
class Rules {
  public:
    explicit Rules(scmp_filter_ctx context) : context_(context) {}

    void stop_at(int call, Call meaning, Arguments where = {}) {
        if (error_ != 0 || call == __NR_SCMP_ERROR) return;
        const int result = seccomp_rule_add_array(context_, SCMP_ACT_TRACE(static_cast<std::uint32_t>(meaning)), call,
                                                  static_cast<unsigned>(where.size()), where.begin());
        if (result != 0 && result != -EDOM && result != -EEXIST) error_ = -result;
    }

    // An open, whose flags are argument `flags`: not of a directory, and not of a mere place.
    void stop_at_open(int call, Call meaning, unsigned flags) {
        stop_at(call, meaning, {argument(flags, SCMP_CMP_MASKED_EQ, O_PATH | O_DIRECTORY, 0)});
        stop_at(call, meaning, {argument(flags, SCMP_CMP_MASKED_EQ, O_PATH | kTmpfile, kTmpfile)});
    }

    [[nodiscard]] int error() const { return error_; }

  private:
    scmp_filter_ctx context_;
    int error_ = 0;
};

void add_files_and_names(Rules& rules) {
    rules.stop_at_open(SCMP_SYS(open), Call::kOpen, 1);
    rules.stop_at_open(SCMP_SYS(openat), Call::kOpenat, 2);
    rules.stop_at_open(SCMP_SYS(open_by_handle_at), Call::kOpenByHandle, 2);
    rules.stop_at(SCMP_SYS(openat2), Call::kOpenat2);
    rules.stop_at(SCMP_SYS(creat), Call::kCreat);
    rules.stop_at(SCMP_SYS(memfd_create), Call::kMemfd);
    rules.stop_at(SCMP_SYS(pidfd_getfd), Call::kGetfd);
    const scmp_arg_cmp executable = argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC);
    rules.stop_at(SCMP_SYS(mprotect), Call::kProtect, {executable});
    rules.stop_at(SCMP_SYS(pkey_mprotect), Call::kProtect, {executable});
    rules.stop_at(SCMP_SYS(rename), Call::kRename);
    rules.stop_at(SCMP_SYS(renameat), Call::kRenameat);
    rules.stop_at(SCMP_SYS(renameat2), Call::kRenameat2);
    rules.stop_at(SCMP_SYS(link), Call::kLink);
    rules.stop_at(SCMP_SYS(linkat), Call::kLinkat);
    rules.stop_at(SCMP_SYS(symlink), Call::kSymlink);
    rules.stop_at(SCMP_SYS(symlinkat), Call::kSymlinkat);
    rules.stop_at(SCMP_SYS(unlink), Call::kUnlink);
    rules.stop_at(SCMP_SYS(unlinkat), Call::kUnlinkat);
    rules.stop_at(SCMP_SYS(rmdir), Call::kRmdir);
    rules.stop_at(SCMP_SYS(mkdir), Call::kMkdir);
    rules.stop_at(SCMP_SYS(mkdirat), Call::kMkdirat);
    rules.stop_at(SCMP_SYS(mknod), Call::kMknod);
    rules.stop_at(SCMP_SYS(mknodat), Call::kMknodat);
    rules.stop_at(SCMP_SYS(truncate), Call::kTruncate);
}

void add_the_rest(Rules& rules) {
    rules.stop_at(SCMP_SYS(ptrace), Call::kPtrace);
    rules.stop_at(SCMP_SYS(process_vm_readv), Call::kProcessMemory);
    rules.stop_at(SCMP_SYS(process_vm_writev), Call::kProcessMemory);
    rules.stop_at(SCMP_SYS(fanotify_init), Call::kFanotify);
    rules.stop_at(SCMP_SYS(seccomp), Call::kSeccomp, {argument(0, SCMP_CMP_EQ, 1)});  // SECCOMP_SET_MODE_FILTER
    rules.stop_at(SCMP_SYS(io_uring_setup), Call::kIoUring);
    rules.stop_at(SCMP_SYS(clone), Call::kClone, {argument(0, SCMP_CMP_MASKED_EQ, CLONE_UNTRACED, CLONE_UNTRACED)});
    rules.stop_at(SCMP_SYS(clone), Call::kClone, {argument(0, SCMP_CMP_MASKED_EQ, CLONE_NEWNS, CLONE_NEWNS)});
    rules.stop_at(SCMP_SYS(clone3), Call::kClone3);
    rules.stop_at(SCMP_SYS(unshare), Call::kView, {argument(0, SCMP_CMP_MASKED_EQ, CLONE_NEWNS, CLONE_NEWNS)});
    rules.stop_at(SCMP_SYS(chroot), Call::kView);
    rules.stop_at(SCMP_SYS(pivot_root), Call::kView);
    rules.stop_at(SCMP_SYS(setns), Call::kView);
}

void add_native(Rules& rules) {
    add_files_and_names(rules);
    add_the_rest(rules);
    rules.stop_at(
        SCMP_SYS(mmap), Call::kMap,
        {argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC), argument(3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0)});
    rules.stop_at(SCMP_SYS(connect), Call::kConnect);
    rules.stop_at(SCMP_SYS(sendto), Call::kSendto, {argument(4, SCMP_CMP_NE, 0)});
    rules.stop_at(SCMP_SYS(sendmsg), Call::kSendmsg);
    rules.stop_at(SCMP_SYS(sendmmsg), Call::kSendmmsg);
    rules.stop_at(SCMP_SYS(recvmsg), Call::kRecvmsg);
    rules.stop_at(SCMP_SYS(recvmmsg), Call::kRecvmmsg);
}

// 32-bit calls of an x86-64 machine. Those whose arguments are structures of another layout are not followed.
void add_compatible(Rules& rules) {
    add_files_and_names(rules);
    add_the_rest(rules);
    rules.stop_at(SCMP_SYS(truncate64), Call::kTruncate);
    rules.stop_at(
        SCMP_SYS(mmap2), Call::kMap,
        {argument(2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC), argument(3, SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, 0)});
    for (const int call : {SCMP_SYS(mmap), SCMP_SYS(socketcall), SCMP_SYS(connect), SCMP_SYS(sendto), SCMP_SYS(sendmsg),
                           SCMP_SYS(sendmmsg), SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg)})
        rules.stop_at(call, Call::kForeign);
}

// Fills in a filter without rules; an errno of what failed.
int set_up(Context& context, std::uint32_t architecture) {
    if (!context) return ENOMEM;
    const std::uint32_t foreign = SCMP_ACT_TRACE(static_cast<std::uint32_t>(Call::kForeign));
    int error = seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, foreign);
    if (error == 0) error = seccomp_attr_set(context.get(), SCMP_FLTATR_API_SYSRAWRC, 1);
    // The filter changes nothing for a program that speculates.
    if (error == 0) error = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_SSB, 1);
    if (error == 0) error = seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
    if (error == 0 && architecture != SCMP_ARCH_NATIVE) {
        error = seccomp_arch_add(context.get(), architecture);
        if (error == 0) error = seccomp_arch_remove(context.get(), SCMP_ARCH_NATIVE);
    }
    return -error;
}

Context empty_filter() { return {seccomp_init(SCMP_ACT_ALLOW), &seccomp_release}; }

int fill(Context& filter) {
    if (const int error = set_up(filter, SCMP_ARCH_NATIVE); error != 0) return error;
    Rules native(filter.get());
    add_native(native);
    if (native.error() != 0 || seccomp_arch_native() != SCMP_ARCH_X86_64) return native.error();

    Context other = empty_filter();
    if (const int error = set_up(other, SCMP_ARCH_X86); error != 0) return error;
    Rules compatible(other.get());
    add_compatible(compatible);
    if (compatible.error() != 0) return compatible.error();
    if (const int error = seccomp_merge(filter.get(), other.get()); error != 0) return -error;
    static_cast<void>(other.release());  // it is part of the filter now
    return 0;
}

}  // namespace

int install_seccomp_filter(Privileges& privileges) {
    Context filter = empty_filter();
    if (const int error = fill(filter); error != 0) return error;
    int error = 0;
    for (const Privileges tried : {Privileges::kKept, Privileges::kNoNew}) {
        privileges = tried;
        error = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_NNP, tried == Privileges::kNoNew ? 1 : 0);
        if (error == 0) error = seccomp_load(filter.get());
        if (error != -EACCES && error != -EPERM) break;
    }
    return -error;
}

}  // namespace fstracker::capture
