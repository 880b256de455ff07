// SPDX-License-Identifier: Apache-2.0
#include "capture/backends.hpp"

#include <algorithm>
#include <array>

namespace fstracker::capture {

namespace {

constexpr std::array<std::string_view, 4> kNames = {"lsm", "fentry", "tracepoint", "ptrace"};
constexpr std::span<const std::string_view> kBpfNames(kNames.data(), 3);

// Programs are chosen by the beginning of their name.
struct Part {
    std::string_view prefix;
    std::string_view backend;  // empty: every one
    bool optional = false;
};

constexpr std::array kParts = {
    Part{"process__", ""},       Part{"syscall__exit", ""}, Part{"touched__", "tracepoint", true},
    Part{"request__", "", true}, Part{"lsm__", "lsm"},      Part{"fentry__d_instantiate", "lsm"},
    Part{"fentry__", "fentry"},
};

// What no tracer on the host sees, whatever its hooks.
constexpr std::array<std::string_view, 4> kAlways = {
    "Stores through a shared mapping that was made before the run are seen as a change of the file's times only.",
    "Work handed to a server outside the tree (a container runtime, systemd, at, cron) is not followed; the connection "
    "is recorded.",
    "What an outside writer does through a descriptor that it held before the run is seen as a change of the file's "
    "times only.",
    "Code that was read into anonymous memory and made executable there is recorded as the read of its file.",
};

// The system calls' returns, whatever tells the objects.
constexpr std::string_view kCompat =
    "32-bit system calls are followed but for sockets and the oldest way to map a file; that such were made is "
    "recorded.";
constexpr std::array<std::string_view, 3> kNamesAndPeers = {
    "The names in rename, link and unlink are the call's arguments, believed where they lead to the object that "
    "changed.",
    "Attributes set by setxattr, chmod and chown are not recorded.",
    kCompat,
};

// Of io_uring, where its requests are followed, and where they are not.
constexpr std::string_view kRequestsThatCarry =
    "Datagrams sent through io_uring are not seen; that a request may have sent one is.";
constexpr std::array<std::string_view, 2> kRequestsOfTracepoint = {
    "Descriptors received through io_uring are not listed; that a request may have received one is.",
    "A file that an io_uring opened, and whose descriptor or slot is given to another file before the completion is "
    "posted, is read too late (descriptor race).",
};
constexpr std::string_view kNamesOfRequests =
    "Renames, links, removals, connections and datagrams made through io_uring are not seen; that an io_uring was set "
    "up is.";
constexpr std::string_view kOpensOfRequests =
    "Files opened through io_uring are not seen; that an io_uring was set up is.";

// Of every backend that takes objects from the descriptor table.
constexpr std::string_view kDescriptorRace =
    "A descriptor that another thread closes or replaces before its system call has returned is read too late "
    "(descriptor race).";
constexpr std::string_view kMemory =
    "Bytes taken from another process's memory (ptrace, process_vm_readv) have no file; that it was done is recorded.";

constexpr std::array<std::string_view, 3> kTracepoint = {
    kDescriptorRace,
    "Descriptors received through recvmmsg beyond its first message, through fanotify or from a seccomp listener are "
    "not listed.",
    kMemory,
};

constexpr std::array<std::string_view, 9> kPtrace = {
    "Nobody tells this backend of an outside writer: a file that was read and not written is bound as `contended` at "
    "most, "
    "though its times never moved.",
    "The names in rename, link and unlink are the call's arguments, believed where they lead to the object that "
    "changed.",
    "What is done through io_uring (opens, renames, links, removals, connections) is not seen; that an io_uring was "
    "set "
    "up is.",
    "Attributes set by setxattr, chmod and chown are not recorded.",
    kDescriptorRace,
    "Descriptors received through fanotify or from a seccomp listener are not listed.",
    kMemory,
    kCompat,
    "A process has one tracer: a step that uses ptrace itself (strace, a debugger) is refused, which is recorded.",
};
constexpr std::string_view kNoNewPrivileges =
    "A set-uid program runs without its privilege (no_new_privs), since track has not been started as root.";

}  // namespace

std::span<const std::string_view> backend_names() { return kNames; }
std::span<const std::string_view> bpf_backend_names() { return kBpfNames; }

std::vector<std::string> ptrace_blind_spots(Privileges privileges) {
    std::vector<std::string> spots(kAlways.begin(), kAlways.end());
    spots.insert(spots.end(), kPtrace.begin(), kPtrace.end());
    if (privileges == Privileges::kNoNew) spots.emplace_back(kNoNewPrivileges);
    return spots;
}

bool backend_wants(std::string_view backend, std::string_view program) {
    return std::any_of(kParts.begin(), kParts.end(), [&](const Part& part) {
        return program.starts_with(part.prefix) && (part.backend.empty() || part.backend == backend);
    });
}

bool is_optional(std::string_view program) {
    return std::any_of(kParts.begin(), kParts.end(),
                       [&](const Part& part) { return program.starts_with(part.prefix) && part.optional; });
}

bool takes_objects_from_hooks(std::string_view backend) { return backend == "lsm" || backend == "fentry"; }

bool follows_requests(const std::vector<std::string>& hooks) {
    return std::find(hooks.begin(), hooks.end(), "tp_btf/io_uring_complete") != hooks.end();
}

std::vector<std::string> backend_blind_spots(std::string_view backend, const std::vector<std::string>& hooks) {
    std::vector<std::string> spots(kAlways.begin(), kAlways.end());
    spots.insert(spots.end(), kNamesAndPeers.begin(), kNamesAndPeers.end());
    const bool requests = follows_requests(hooks);
    spots.emplace_back(requests ? kRequestsThatCarry : kNamesOfRequests);
    if (backend == "tracepoint") {
        if (requests)
            spots.insert(spots.end(), kRequestsOfTracepoint.begin(), kRequestsOfTracepoint.end());
        else
            spots.emplace_back(kOpensOfRequests);
        spots.insert(spots.end(), kTracepoint.begin(), kTracepoint.end());
        if (std::find(hooks.begin(), hooks.end(), "tp_btf/ctime_ns_xchg") == hooks.end())
            spots.emplace_back(
                "This kernel does not tell which object a rename, link or unlink acted on: such names carry no "
                "digest.");
    }
    return spots;
}

}  // namespace fstracker::capture
