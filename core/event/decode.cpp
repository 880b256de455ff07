// SPDX-License-Identifier: Apache-2.0
#include "core/event/decode.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "fstracker/abi/event.h"

namespace fstracker::event {

namespace {

constexpr std::uint32_t kFlagMask = FST_PATH_TRUNCATED | FST_PATH_DETACHED | FST_ARGV_TRUNCATED | FST_SCRIPT |
                                    FST_UNFOLDABLE | FST_PATH_DELETED | FST_STRING_UNREADABLE | FST_UNWATCHED |
                                    FST_WRITERS_UNSEEN;

static_assert(kRead == FST_READ && kWrite == FST_WRITE && kCreate == FST_CREATE && kTruncate == FST_TRUNCATE &&
              kExecute == FST_EXECUTE && kLoad == FST_LOAD && kInherit == FST_INHERIT && kReceive == FST_RECEIVE &&
              kRename == FST_RENAME && kLink == FST_LINK && kUnlink == FST_UNLINK && kAccessMask == FST_UNLINK * 2 - 1);
static_assert(static_cast<int>(NameOperation::kExchange) == FST_NAME_EXCHANGE);
static_assert(kKindNames.size() == FST_KINDS && kLossNames.size() == FST_LOSSES);

tl::unexpected<Error> malformed(std::uint16_t kind, std::string_view what) {
    const std::string name = kind > 0 && kind < FST_KINDS ? kKindNames[kind] : fmt::format("kind {}", kind);
    return fail(ErrorKind::kInvalid, fmt::format("record of {}: {}", name, what),
                "the kernel side and this program may be of different builds; the record counts as malformed");
}

// The fixed part is copied out: a ring buffer aligns records to 8 bytes, an arbitrary span does not.
template <typename Record>
std::optional<Record> fixed_part(std::span<const std::byte> bytes) {
    static_assert(std::is_trivially_copyable_v<Record>);
    if (bytes.size() < sizeof(Record)) return std::nullopt;
    Record record;
    std::memcpy(&record, bytes.data(), sizeof record);
    return record;
}

// The strings after the fixed part, in order. The caller has checked that their lengths sum to the tail.
class Tail {
  public:
    Tail(std::span<const std::byte> bytes, std::size_t fixed)
        : rest_(reinterpret_cast<const char*>(bytes.data()) + fixed, bytes.size() - fixed) {}
    [[nodiscard]] bool holds(std::size_t size) const { return rest_.size() == size; }
    std::string_view take(std::size_t size) {
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(taken.size());
        return taken;
    }

  private:
    std::string_view rest_;
};

// Leaf to root, NUL-terminated components, to "/root/leaf"; nothing where a component is empty or holds a slash.
// A truncated list may lack the last terminator and becomes "cut/leaf".
std::optional<std::string> join_components(std::string_view components, bool truncated) {
    if (components.empty()) return truncated ? std::string() : std::string("/");
    const bool terminated = components.back() == '\0';
    if (!terminated && !truncated) return std::nullopt;
    if (std::memchr(components.data(), '/', components.size()) != nullptr) return std::nullopt;
    std::string path(terminated && truncated ? components.size() - 1 : components.size(), '/');
    std::size_t end = path.size();
    std::size_t start = 0;
    while (start < components.size()) {
        const std::size_t found = std::min(components.find('\0', start), components.size());
        const std::size_t length = found - start;
        if (length == 0) return std::nullopt;
        end -= length;
        std::memcpy(path.data() + end, components.data() + start, length);
        if (end > 0) --end;
        start = found + 1;
    }
    return path;
}

bool read_path(std::string_view components, std::uint32_t flags, Path& path) {
    path.truncated = (flags & FST_PATH_TRUNCATED) != 0;
    path.detached = (flags & FST_PATH_DETACHED) != 0;
    path.deleted = (flags & FST_PATH_DELETED) != 0;
    std::optional<std::string> joined = join_components(components, path.truncated);
    if (!joined) return false;
    path.bytes = std::move(*joined);
    return true;
}

// The directory that a name is relative to. None (an empty Path) where there is no name or it is absolute.
bool read_base(std::string_view components, std::string_view name, std::uint32_t flags, Path& base) {
    if (components.empty() && (name.empty() || name.front() == '/')) return true;
    return read_path(components, flags, base);
}

constexpr std::string_view kBadPath = "a path whose components are empty, unterminated or hold a slash";
constexpr std::string_view kBadTail = "the lengths of its strings do not sum to what follows the fixed part";
constexpr std::string_view kBadPad = "padding that is not zero";

Object object_of(const fst_object& from) {
    return Object{.id = {.device = from.device, .inode = from.inode, .generation = from.generation},
                  .stamp = {.size = from.size, .mtime = from.mtime, .ctime = from.ctime},
                  .mode = from.mode,
                  .writers = from.writers,
                  .rdev = from.rdev,
                  .links = from.links,
                  .magic = from.magic};
}

bool is_zero(const fst_object& object) {
    static constexpr fst_object kZero{};
    return std::memcmp(&object, &kZero, sizeof object) == 0;
}

template <std::size_t Size>
bool is_zero(const fst_u16 (&pad)[Size]) {
    return std::all_of(std::begin(pad), std::end(pad), [](fst_u16 value) { return value == 0; });
}

Result<Event> decode_one(const fst_fork& record, Tail tail, Common common) {
    if (!tail.holds(0)) return malformed(FST_FORK, kBadTail);
    if (record.pad != 0) return malformed(FST_FORK, kBadPad);
    if (common.process == 0 || record.child_tgid == 0) return malformed(FST_FORK, "no new process");
    common.pid = record.child_tgid;
    return Fork{.common = common, .parent = record.parent, .uid = record.uid};
}

// Whatever was left out, what is there is whole arguments but for the last.
void split_arguments(std::string_view bytes, std::uint32_t count, std::vector<std::string>& arguments) {
    arguments.reserve(std::min<std::size_t>(count, bytes.size()));
    while (!bytes.empty()) {
        const std::size_t end = std::min(bytes.find('\0'), bytes.size());
        arguments.emplace_back(bytes.substr(0, end));
        bytes.remove_prefix(std::min(end + 1, bytes.size()));
    }
}

Result<Event> decode_one(const fst_exec& record, Tail tail, Common common) {
    const std::size_t strings = std::size_t{record.path_size} + record.script_path_size + record.filename_size +
                                record.cwd_size + record.argv_size;
    if (!tail.holds(strings)) return malformed(FST_EXEC, kBadTail);
    if (record.pad != 0) return malformed(FST_EXEC, kBadPad);
    if (((record.cwd_flags | record.script_flags) & ~kFlagMask) != 0)
        return malformed(FST_EXEC, "unknown flags of a path");
    if (common.process == 0) return malformed(FST_EXEC, "no new process");

    Exec exec{};
    exec.common = common;
    exec.parent = record.parent;
    exec.uid = record.uid;
    exec.gid = record.gid;
    exec.object = object_of(record.object);
    exec.is_script = (common.flags & FST_SCRIPT) != 0;
    exec.argument_count = record.argc;
    const bool no_script = is_zero(record.script);
    if (!exec.is_script && (!no_script || record.script_path_size != 0 || record.script_flags != 0))
        return malformed(FST_EXEC, "a script without the flag that says so");
    if (!no_script) exec.script = object_of(record.script);

    if (!read_path(tail.take(record.path_size), common.flags, exec.path)) return malformed(FST_EXEC, kBadPath);
    const std::string_view script_path = tail.take(record.script_path_size);
    if (!script_path.empty() && !read_path(script_path, record.script_flags, exec.script_path))
        return malformed(FST_EXEC, kBadPath);
    exec.filename = tail.take(record.filename_size);
    if (!read_path(tail.take(record.cwd_size), record.cwd_flags, exec.directory)) return malformed(FST_EXEC, kBadPath);

    const std::string_view argv = tail.take(record.argv_size);
    const bool partial = (common.flags & (FST_ARGV_TRUNCATED | FST_STRING_UNREADABLE)) != 0;
    if (!partial && !argv.empty() && argv.back() != '\0')
        return malformed(FST_EXEC, "an argument vector without its end");
    split_arguments(argv, record.argc, exec.arguments);
    if (partial ? exec.arguments.size() > record.argc : exec.arguments.size() != record.argc)
        return malformed(FST_EXEC,
                         fmt::format("{} arguments where {} were counted", exec.arguments.size(), record.argc));
    exec.arguments_truncated = (common.flags & FST_ARGV_TRUNCATED) != 0 || exec.arguments.size() < record.argc;
    return exec;
}

Result<Event> decode_one(const fst_exit& record, Tail tail, const Common& common) {
    if (!tail.holds(0)) return malformed(FST_EXIT, kBadTail);
    if (record.pad != 0) return malformed(FST_EXIT, kBadPad);
    return Exit{.common = common,
                .status = record.status,
                .cpu_nanoseconds = record.cpu_time,
                .peak_memory_bytes = record.peak_memory,
                .bytes_read = record.bytes_read,
                .bytes_written = record.bytes_written};
}

Result<Event> decode_one(const fst_access& record, Tail tail, const Common& common) {
    if (!tail.holds(record.path_size)) return malformed(FST_ACCESS, kBadTail);
    if (record.pad != 0) return malformed(FST_ACCESS, kBadPad);
    if (record.access == 0 || (record.access & ~kAccessMask) != 0)
        return malformed(FST_ACCESS, fmt::format("unknown access {:#x}", record.access));
    if (record.descriptor < -1) return malformed(FST_ACCESS, fmt::format("descriptor {}", record.descriptor));
    Result<Event> event{tl::in_place, std::in_place_type<FileAccess>};
    auto& access = std::get<FileAccess>(*event);
    access.common = common;
    access.access = record.access;
    access.descriptor = record.descriptor;
    access.name = record.name;
    access.object = object_of(record.object);
    if (!read_path(tail.take(record.path_size), common.flags, access.path)) return malformed(FST_ACCESS, kBadPath);
    return event;
}

Result<Event> decode_one(const fst_name& record, Tail tail, const Common& common) {
    const std::size_t strings =
        std::size_t{record.base_size} + record.name_size + record.second_base_size + record.second_name_size;
    if (!tail.holds(strings)) return malformed(FST_NAME, kBadTail);
    if (record.operation < FST_NAME_RENAME || record.operation > FST_NAME_EXCHANGE)
        return malformed(FST_NAME, fmt::format("unknown operation {}", record.operation));
    NameChange change{};
    change.common = common;
    change.operation = static_cast<NameOperation>(record.operation);
    change.touched_count = record.touched_count;
    const std::size_t touched = std::min<std::size_t>(record.touched_count, FST_TOUCHED_MAX);
    change.touched.reserve(touched);
    for (std::size_t i = 0; i < touched; ++i) change.touched.push_back(object_of(record.touched[i]));

    const std::string_view base = tail.take(record.base_size);
    change.name = tail.take(record.name_size);
    const std::string_view second_base = tail.take(record.second_base_size);
    change.second_name = tail.take(record.second_name_size);
    if (!read_base(base, change.name, common.flags, change.base) ||
        !read_base(second_base, change.second_name, common.flags, change.second_base))
        return malformed(FST_NAME, kBadPath);
    return change;
}

Result<Event> decode_one(const fst_connect& record, Tail tail, const Common& common) {
    if (!tail.holds(std::size_t{record.path_size} + record.bound_size + record.place_size))
        return malformed(FST_CONNECT, kBadTail);
    if (record.pad != 0) return malformed(FST_CONNECT, kBadPad);
    if ((record.path_size | record.bound_size | record.place_size) != 0 && record.family != AF_UNIX)
        return malformed(FST_CONNECT, fmt::format("a path in address family {}", record.family));
    Connect connect{};
    connect.common = common;
    connect.family = record.family;
    connect.protocol = record.protocol;
    connect.port = record.port;
    std::copy(std::begin(record.address), std::end(record.address), connect.address.begin());
    connect.path = tail.take(record.path_size);
    connect.bound = tail.take(record.bound_size);
    if (!connect.bound.empty() && connect.bound.front() != '\0')
        connect.bound.resize(::strnlen(connect.bound.data(), connect.bound.size()));
    const std::string_view place = tail.take(record.place_size);
    if (!place.empty() && !read_path(place, common.flags, connect.place)) return malformed(FST_CONNECT, kBadPath);
    return connect;
}

Result<Event> decode_one(const fst_writer& record, Tail tail, const Common& common) {
    if (!tail.holds(record.path_size)) return malformed(FST_WRITER, kBadTail);
    if (!is_zero(record.pad)) return malformed(FST_WRITER, kBadPad);
    if (common.process != 0) return malformed(FST_WRITER, "a process of the run, where an outsider was meant");
    ForeignWriter writer{};
    writer.common = common;
    writer.object = object_of(record.object);
    writer.command = std::string_view(record.command, ::strnlen(record.command, sizeof record.command));
    if (!read_path(tail.take(record.path_size), common.flags, writer.path)) return malformed(FST_WRITER, kBadPath);
    return writer;
}

Result<Event> decode_one(const fst_blind_spot& record, Tail tail, const Common& common) {
    if (!tail.holds(0)) return malformed(FST_BLIND, kBadTail);
    if (record.what == 0 || record.what >= FST_BLINDS)
        return malformed(FST_BLIND, fmt::format("unknown blind spot {}", record.what));
    return Blind{.common = common, .what = record.what, .detail = record.detail};
}

template <typename Record>
Result<Event> decode_as(std::span<const std::byte> bytes, const Common& common, std::uint16_t kind) {
    const std::optional<Record> record = fixed_part<Record>(bytes);
    if (!record)
        return malformed(kind,
                         fmt::format("{} bytes, shorter than its fixed part of {}", bytes.size(), sizeof(Record)));
    return decode_one(*record, Tail(bytes, sizeof(Record)), common);
}

}  // namespace

Result<Event> decode(std::span<const std::byte> record, ClockOffset clock) {
    const std::optional<fst_header> header = fixed_part<fst_header>(record);
    if (!header) return malformed(0, fmt::format("{} bytes, shorter than a header", record.size()));
    const std::uint16_t kind = header->kind;
    if (kind == 0 || kind >= FST_KINDS) return malformed(kind, "no such kind");
    if (header->size != record.size())
        return malformed(kind, fmt::format("{} bytes, but its header says {}", record.size(), header->size));
    if (header->run == 0) return malformed(kind, "no run");
    if ((header->flags & ~kFlagMask) != 0) return malformed(kind, fmt::format("unknown flags {:#x}", header->flags));
    Common common{.process = header->process,
                  .pid = header->tgid,
                  .time = 0,
                  .cpu = header->cpu,
                  .sequence = header->sequence,
                  .flags = header->flags};
    if (header->time > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) ||
        __builtin_add_overflow(static_cast<std::int64_t>(header->time), clock.nanoseconds, &common.time))
        return malformed(kind, fmt::format("time {} is out of range", header->time));

    switch (static_cast<fst_kind>(kind)) {
        case FST_FORK: return decode_as<fst_fork>(record, common, kind);
        case FST_EXEC: return decode_as<fst_exec>(record, common, kind);
        case FST_EXIT: return decode_as<fst_exit>(record, common, kind);
        case FST_ACCESS: return decode_as<fst_access>(record, common, kind);
        case FST_NAME: return decode_as<fst_name>(record, common, kind);
        case FST_CONNECT: return decode_as<fst_connect>(record, common, kind);
        case FST_WRITER: return decode_as<fst_writer>(record, common, kind);
        case FST_BLIND: return decode_as<fst_blind_spot>(record, common, kind);
        case FST_KINDS: break;  // not a kind, ruled out above
    }
    return malformed(kind, "no such kind");
}

const Common* common_of(const Event& event) {
    return std::visit(
        [](const auto& value) -> const Common* {
            using Kind = std::decay_t<decltype(value)>;
            if constexpr (requires { value.common; } && !std::is_same_v<Kind, Renamed>)
                return &value.common;
            else
                return nullptr;
        },
        event);
}

}  // namespace fstracker::event
