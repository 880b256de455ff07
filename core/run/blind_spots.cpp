// SPDX-License-Identifier: Apache-2.0
#include "core/run/blind_spots.hpp"

#include <fmt/format.h>

#include "fstracker/abi/event.h"

namespace fstracker::run {

namespace blind_spot {

std::string entered(std::uint32_t what) {
    switch (what) {
        case FST_BLIND_IO_URING:
            return "The run set up an io_uring: what it opened or renamed through it was not seen.";
        case FST_BLIND_IO_URING_REQUEST:
            return "The run asked an io_uring for what could not be followed: a file opened, a name changed, a "
                   "datagram sent or a descriptor received through it was not seen.";
        case FST_BLIND_COMPAT_SYSCALL:
            return "The run made 32-bit system calls that are not followed (sockets, the oldest way to map a file): "
                   "what came, went or was mapped by them was not seen.";
        case FST_BLIND_RECEIVED: return "The run received more descriptors in one message than could be listed.";
        case FST_BLIND_PTRACE:
            return "The run controlled another process through ptrace: what it made that process do is not told apart.";
        case FST_BLIND_PTRACE_REFUSED:
            return "The run tried to control a process through ptrace and was refused: a process has one tracer, and "
                   "here that is the recorder.";
        case FST_BLIND_PROCESS_MEMORY:
            return "The run read or wrote another process's memory (process_vm_readv): what it took from there was not "
                   "seen.";
        case FST_BLIND_DESCRIPTOR_RACE:
            return "A descriptor was gone before its object was read (descriptor race): that open was not seen.";
        case FST_BLIND_FANOTIFY:
            return "The run set up fanotify: the descriptors it received from there were not seen.";
        case FST_BLIND_SECCOMP_NOTIFY:
            return "The run set up a seccomp listener: descriptors received through it were not seen.";
        case FST_BLIND_MEMBERSHIP: return "A child could not be made a member of the run: what it did was lost.";
        case FST_BLIND_MPROTECT: return "A mapping became executable and its file could not be found.";
        case FST_BLIND_CLONE_FROM_OUTSIDE: return "A process joined the run from outside its tree.";
        default: return fmt::format("The run did something that this version has no word for (mechanism {}).", what);
    }
}

std::string script_object_unknown() {
    return "A script was executed whose file the kernel did not show: its name is known and its content is not "
           "(script).";
}

std::string handed_over(std::string_view server) {
    return fmt::format("The run talked to {}, a server outside its tree: what that did for it was not seen.", server);
}

std::string left_orders(std::string_view server) {
    return fmt::format("The run wrote where {} takes its orders from: what that did for it was not seen.", server);
}

std::string unwatched() {
    return "The run touched more files than the kernel's table holds: an outside writer of the rest was not noticed.";
}

std::string outlives(event::ProcessId process, std::uint32_t pid) {
    return fmt::format("Process {} (pid {}) outlives the command: what it did after the end was not seen.", process,
                       pid);
}

std::string more_outlive(std::size_t count) { return fmt::format("{} more processes outlive the command.", count); }

}  // namespace blind_spot

}  // namespace fstracker::run
