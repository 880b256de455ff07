// SPDX-License-Identifier: Apache-2.0
// The system calls that a traced step stops at, by what they do. The number is what the seccomp filter hands to the
// tracer with a stop, so a call means the same whatever the architecture numbers it.
#pragma once

#include <cstdint>

namespace fstracker::capture {

enum class Call : std::uint16_t {
    kNone,
    kOpen,
    kOpenat,
    kOpenat2,
    kCreat,
    kOpenByHandle,
    kMemfd,
    kGetfd,
    kMap,
    kProtect,
    kRename,
    kRenameat,
    kRenameat2,
    kLink,
    kLinkat,
    kSymlink,
    kSymlinkat,
    kUnlink,
    kUnlinkat,
    kRmdir,
    kMkdir,
    kMkdirat,
    kMknod,
    kMknodat,
    kTruncate,
    kConnect,
    kSendto,
    kSendmsg,
    kSendmmsg,
    kRecvmsg,
    kRecvmmsg,
    kPtrace,
    kProcessMemory,
    kFanotify,
    kSeccomp,
    kIoUring,
    kClone,    // with CLONE_UNTRACED or CLONE_NEWNS
    kClone3,   // whose flags the filter cannot see
    kView,     // chroot, pivot_root, setns, unshare: the root, or how it looks from here, may be another
    kForeign,  // of an architecture or in a way that is not followed
};

// What is done with a call. Each is a range of the list above.
enum class Family { kNone, kOpen, kMap, kProtect, kName, kConnect, kSend, kReceive, kBlind, kClone, kView, kForeign };

constexpr Family family_of(Call call) {
    if (call == Call::kNone) return Family::kNone;
    if (call <= Call::kGetfd) return Family::kOpen;
    if (call <= Call::kMap) return Family::kMap;
    if (call <= Call::kProtect) return Family::kProtect;
    if (call <= Call::kTruncate) return Family::kName;
    if (call <= Call::kConnect) return Family::kConnect;
    if (call <= Call::kSendmmsg) return Family::kSend;
    if (call <= Call::kRecvmmsg) return Family::kReceive;
    if (call <= Call::kIoUring) return Family::kBlind;
    if (call <= Call::kClone3) return Family::kClone;
    return call == Call::kView ? Family::kView : Family::kForeign;
}

}  // namespace fstracker::capture
