// SPDX-License-Identifier: Apache-2.0
#include "capture/parser/sandbox.hpp"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "core/base/fd.hpp"

namespace fstracker::capture {

namespace {

// systemd's table of user ids leaves 65520 to 65533 to nobody, and the kernel's own 65534 to many.
constexpr uid_t kNobodyElse = 65531;

// Of addresses, the program's own libraries among them: a pickle's stack and memo take up to 350 MiB, and what a
// member inflates to 32.
constexpr rlim_t kMostMemory = rlim_t{768} << 20;
constexpr rlim_t kMostDescriptors = 3;  // socket, content, answer

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kShadowed = true;  // such a build maps terabytes of addresses for itself
#else
constexpr bool kShadowed = false;
#endif

int result_of(long returned) { return returned == 0 ? 0 : errno; }

int write_text(const char* path, const std::string& text) {
    const base::Fd file(open(path, O_WRONLY | O_CLOEXEC));
    if (!file) return errno;
    return write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0 : errno;
}

// Root in there, and nobody anywhere else; the user keeps the number.
int own_user_namespace() {
    const uid_t user = geteuid();
    const gid_t group = getegid();
    if (unshare(CLONE_NEWUSER) != 0) return errno;
    const auto same = [](unsigned id) { return std::to_string(id) + " " + std::to_string(id) + " 1"; };
    if (const int error = write_text("/proc/self/setgroups", "deny"); error != 0 && error != ENOENT) return error;
    if (const int error = write_text("/proc/self/uid_map", same(user)); error != 0) return error;
    return write_text("/proc/self/gid_map", same(group));
}

// A file system with nothing in it becomes the root, and what was there before is let go of.
int empty_root() {
    if (unshare(CLONE_NEWNS) != 0) return errno;
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return errno;
    const char* place = "/proc";  // it is there; from here on nothing is asked of it
    if (mount("none", place, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,nr_inodes=2,mode=0555") !=
        0)
        return errno;
    if (chdir(place) != 0) return errno;
    // A root that is the kernel's first one cannot be exchanged.
    if (syscall(SYS_pivot_root, ".", ".") == 0)
        umount2(".", MNT_DETACH);
    else if (chroot(".") != 0)
        return errno;
    return result_of(chdir("/"));
}

int identity_of_nobody_else() {
    if (geteuid() != 0) return 0;  // an ordinary user has no other
    if (setgroups(0, nullptr) != 0 || setresgid(kNobodyElse, kNobodyElse, kNobodyElse) != 0) return errno;
    return result_of(setresuid(kNobodyElse, kNobodyElse, kNobodyElse));
}

// The bounding set needs a capability itself; nothing is executed any more, so that it matters little.
void empty_bounding_set() {
    for (unsigned long capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

int no_capabilities() {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
    return result_of(syscall(SYS_capset, &header, none.data()));
}

int limit(__rlimit_resource resource, rlim_t most) {
    const rlimit both{most, most};
    return result_of(setrlimit(resource, &both));
}

int limits() {
    for (const auto& [resource, most] : {std::pair{RLIMIT_FSIZE, rlim_t{0}},
                                         {RLIMIT_CORE, 0},
                                         {RLIMIT_MEMLOCK, 0},
                                         {RLIMIT_MSGQUEUE, 0},
                                         {RLIMIT_NOFILE, kMostDescriptors},
                                         {RLIMIT_AS, kShadowed ? RLIM_INFINITY : kMostMemory}})
        if (const int error = limit(resource, most); error != 0) return error;
    // No core dump to a program of the host's either, and no tracer but root.
    return result_of(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
}

}  // namespace

std::string_view to_words(SandboxPart part) {
    switch (part) {
        case SandboxPart::kUser: return "a user namespace";
        case SandboxPart::kNetwork: return "a network namespace";
        case SandboxPart::kIpc: return "an IPC namespace";
        case SandboxPart::kProcesses: return "a process namespace";
        case SandboxPart::kFiles: return "an empty root directory";
        case SandboxPart::kIdentity: return "a user of its own";
        case SandboxPart::kCapabilities: return "no capabilities";
        case SandboxPart::kLimits: return "limits of memory and files";
        case SandboxPart::kCalls: return "a table of system calls";
    }
    return "";
}

bool SandboxReport::may_parse() const {
    for (std::size_t i = 0; i < kSandboxParts; ++i)
        if (errors.at(i) != 0 && is_needed(static_cast<SandboxPart>(i))) return false;
    return true;
}

SandboxReport confine() {
    SandboxReport report;
    const auto note = [&report](SandboxPart part, int error) {
        report.errors.at(static_cast<std::size_t>(part)) = error;
    };
    // When memory runs short on the host, this goes first.
    write_text("/proc/self/oom_score_adj", "1000");
    if (geteuid() != 0) note(SandboxPart::kUser, own_user_namespace());
    note(SandboxPart::kNetwork, result_of(unshare(CLONE_NEWNET)));
    note(SandboxPart::kIpc, result_of(unshare(CLONE_NEWIPC)));
    note(SandboxPart::kProcesses, result_of(unshare(CLONE_NEWPID)));
    note(SandboxPart::kFiles, empty_root());
    empty_bounding_set();
    note(SandboxPart::kIdentity, identity_of_nobody_else());
    note(SandboxPart::kCapabilities, no_capabilities());
    note(SandboxPart::kLimits, limits());
    return report;
}

}  // namespace fstracker::capture
