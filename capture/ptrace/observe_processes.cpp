// SPDX-License-Identifier: Apache-2.0
#include <elf.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <sys/ptrace.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>

#include "capture/ptrace/mapping.hpp"
#include "capture/ptrace/observe.hpp"
#include "core/base/durable_file.hpp"

namespace fstracker::capture {

namespace {

// Files of /proc are read for what they say of a task; a task that is gone has an empty one.
std::string read_proc(pid_t tid, const char* what, std::size_t most) {
    const base::Fd file(::open(proc_path(tid, what).c_str(), O_RDONLY | O_CLOEXEC));
    std::string text(most, '\0');
    std::size_t size = 0;
    while (file && size < most) {
        const ssize_t got = ::read(file.get(), text.data() + size, most - size);
        if (got <= 0) break;
        size += static_cast<std::size_t>(got);
    }
    text.resize(size);
    return text;
}

// The first number after `key`, 0 where there is none.
std::uint64_t number_after(std::string_view text, std::string_view key) {
    const std::size_t at = text.find(key);
    if (at == std::string_view::npos) return 0;
    text.remove_prefix(at + key.size());
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

struct AuxiliaryVector {
    std::uint64_t base = 0, filename = 0, uid = 0, gid = 0;
};

template <typename Word>
AuxiliaryVector parse_auxiliary(std::string_view bytes) {
    AuxiliaryVector vector;
    for (; bytes.size() >= 2 * sizeof(Word); bytes.remove_prefix(2 * sizeof(Word))) {
        std::array<Word, 2> pair{};
        std::memcpy(pair.data(), bytes.data(), sizeof pair);
        switch (pair[0]) {
            case AT_BASE: vector.base = pair[1]; break;
            case AT_EXECFN: vector.filename = pair[1]; break;
            case AT_UID: vector.uid = pair[1]; break;
            case AT_GID: vector.gid = pair[1]; break;
            default: break;
        }
    }
    return vector;
}

AuxiliaryVector auxiliary_of(pid_t tid, bool is_64_bit) {
    constexpr std::size_t kMost = 4096;
    const std::string bytes = read_proc(tid, "auxv", kMost);
    return is_64_bit ? parse_auxiliary<std::uint64_t>(bytes) : parse_auxiliary<std::uint32_t>(bytes);
}

// The script that a program was started for. The kernel leaves its name, as it was given; what that leads to is
// believed to be the script where it is another file than the program.
void find_script(const Task& task, Execution& execution) {
    if (execution.filename.empty() || execution.filename == execution.program.path.bytes) return;
    const base::Fd handle = find(task.tid, AT_FDCWD, execution.filename, task.view(), LastLink::kFollow);
    const auto object = handle ? object_of(handle.get()) : std::nullopt;
    const fst_object& program = execution.program.object;
    if (object && object->inode == program.inode && object->device == program.device) return;
    const bool is_argument = execution.arguments.find('\0' + execution.filename + '\0') != std::string::npos;
    // A program that is gone already, and was no argument of its interpreter, is no script.
    if (!object && !is_argument) return;
    execution.is_script = true;
    if (object) execution.script = {*object, path_of(handle.get(), task.view(), *object)};
}

std::uint32_t argument_count(std::string_view arguments) {
    return static_cast<std::uint32_t>(std::count(arguments.begin(), arguments.end(), '\0'));
}

// Of the new image. The kernel has put the number of arguments on top of its stack.
struct Image {
    bool is_64_bit = true;
    std::uint64_t stack = 0;
};

Image image_of(pid_t tid) {
    __ptrace_syscall_info info{};
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) <= 0) return {};
    return {(info.arch & __AUDIT_ARCH_64BIT) != 0, info.stack_pointer};
}

void tell_loader(const Task& task, Journal& journal, std::uint64_t base) {
    if (base == 0) return;
    const auto mapping = mapping_at(task.tid, base);
    const auto seen = mapping ? mapped_object(task.tid, *mapping, task.view()) : std::nullopt;
    if (!seen) return journal.unreadable(FST_ACCESS);
    journal.accessed(task.actor(), *seen, FST_LOAD, -1);
}

std::uint64_t cpu_time_of(pid_t tgid) {
    timespec time{};
    clockid_t clock = 0;
    if (clock_getcpuclockid(tgid, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
    constexpr std::uint64_t kSecond = 1'000'000'000;
    return static_cast<std::uint64_t>(time.tv_sec) * kSecond + static_cast<std::uint64_t>(time.tv_nsec);
}

}  // namespace

void tell_execution(Task& task, Journal& journal, std::uint32_t entry) {
    const pid_t tid = task.tid;
    Execution execution;
    execution.parent = task.process->entry;
    journal.entry_ended(execution.parent);
    task.process->entry = entry;

    const base::Fd program(::open(proc_path(tid, "exe").c_str(), O_PATH | O_CLOEXEC));
    const auto object = program ? object_of(program.get()) : std::nullopt;
    if (object) execution.program = {*object, path_of(program.get(), task.view(), *object)};
    if (!object) journal.unreadable(FST_EXEC);

    execution.arguments = read_proc(tid, "cmdline", FST_ARGV_MAX + 1);
    execution.arguments_truncated = execution.arguments.size() > FST_ARGV_MAX;
    const Image image = image_of(tid);
    execution.argument_count = argument_count(execution.arguments);
    if (execution.arguments_truncated) read_value(tid, image.stack, execution.argument_count);
    execution.arguments.resize(std::min<std::size_t>(execution.arguments.size(), FST_ARGV_MAX));

    const AuxiliaryVector vector = auxiliary_of(tid, image.is_64_bit);
    execution.filename = read_string(tid, vector.filename, FST_PATH_MAX).value_or(std::string());
    find_script(task, execution);
    execution.directory = path_of_link(proc_path(tid, "cwd"), task.view());
    execution.uid = task.process->uid = static_cast<std::uint32_t>(vector.uid);
    execution.gid = static_cast<std::uint32_t>(vector.gid);
    journal.executed(task.actor(), execution);
    tell_loader(task, journal, vector.base);
}

fst_exit resources_of(const Task& task) {
    constexpr std::size_t kMost = 8192;
    constexpr std::uint64_t kKibi = 1024;
    fst_exit spent{};
    const pid_t tgid = task.process->tgid;
    if (task.process->has_forked) {
        spent.cpu_time = cpu_time_of(tgid);
        spent.peak_memory = number_after(read_proc(task.tid, "status", kMost), "VmHWM:") * kKibi;
    }
    const std::string traffic = read_proc(tgid, "io", kMost);
    spent.bytes_read = number_after(traffic, "rchar:");
    spent.bytes_written = number_after(traffic, "wchar:");
    return spent;
}

void returned_from_blind(Task& task, Journal& journal, std::int64_t result) {
    const auto& a = task.call->arguments;
    const Call call = task.call->call;
    if (call == Call::kPtrace && result == -EPERM) return journal.blind(task.actor(), FST_BLIND_PTRACE_REFUSED, 0);
    if (result < 0) return;
    constexpr std::uint64_t kNewListener = 8;  // SECCOMP_FILTER_FLAG_NEW_LISTENER
    if (call == Call::kPtrace && a[0] != PTRACE_TRACEME) journal.blind(task.actor(), FST_BLIND_PTRACE, 0);
    if (call == Call::kProcessMemory) journal.blind(task.actor(), FST_BLIND_PROCESS_MEMORY, 0);
    if (call == Call::kFanotify) journal.blind(task.actor(), FST_BLIND_FANOTIFY, 0);
    if (call == Call::kSeccomp && (a[1] & kNewListener) != 0) journal.blind(task.actor(), FST_BLIND_SECCOMP_NOTIFY, 0);
    if (call == Call::kIoUring) journal.blind(task.actor(), FST_BLIND_IO_URING, 0);
}

}  // namespace fstracker::capture
