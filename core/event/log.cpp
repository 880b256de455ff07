// SPDX-License-Identifier: Apache-2.0
// Each kind is described once, by a function `members` that names its members in the order of the line; LogWriter and
// LogReader give it its direction. A line has one form, so what was read is written again and compared.
#include "core/event/log.hpp"

#include <array>
#include <optional>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "core/event/log_archive.hpp"
#include "core/event/log_members.hpp"

namespace fstracker::event {

namespace {

using namespace log_form;  // NOLINT(google-build-using-namespace): this file is its other half

constexpr std::array<std::string_view, std::variant_size_v<Event>> kEventNames = {
    "fork", "exec",   "exit",  "access",  "name",     "connect",  "writer",     "blind",
    "fold", "digest", "final", "unchanged", "renamed", "counters", "recorder", "blind-spot", "end"};

// Kinds -------------------------------------------------------------------------------------------------------------

template <typename Archive>
void members(Archive& archive, typename Archive::template As<Fork>& event) {
    common(archive, event.common);
    number(archive, "parent", event.parent);
    number(archive, "uid", event.uid);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<Exec>& event) {
    common(archive, event.common);
    number(archive, "parent", event.parent);
    number(archive, "uid", event.uid);
    number(archive, "gid", event.gid);
    structure(archive, "object", event.object);
    path(archive, "path", "pathFlags", event.path);
    flag(archive, "script", event.is_script);
    structure_if_any(archive, "scriptObject", event.script);
    path(archive, "scriptPath", "scriptPathFlags", event.script_path);
    text(archive, "filename", event.filename);
    path(archive, "directory", "directoryFlags", event.directory);
    list(archive, "arguments", event.arguments, [&archive](auto& argument) { archive.text(argument); });
    number(archive, "argumentCount", event.argument_count);
    flag(archive, "argumentsTruncated", event.arguments_truncated);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<Exit>& event) {
    common(archive, event.common);
    number(archive, "status", event.status);
    number(archive, "cpuNanoseconds", event.cpu_nanoseconds);
    number(archive, "peakMemoryBytes", event.peak_memory_bytes);
    number(archive, "bytesRead", event.bytes_read);
    number(archive, "bytesWritten", event.bytes_written);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<FileAccess>& event) {
    common(archive, event.common);
    access(archive, event.access);
    number_unless(archive, "descriptor", event.descriptor, -1);
    structure(archive, "object", event.object);
    path(archive, "path", "pathFlags", event.path);
    number_unless(archive, "name", event.name, 0U);
}

template <typename Archive>
void operation(Archive& archive, typename Archive::template As<NameOperation>& value) {
    if (archive.require("operation")) word_value(archive, value, kOperationWords);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<NameChange>& event) {
    common(archive, event.common);
    operation(archive, event.operation);
    path(archive, "base", "baseFlags", event.base);
    text(archive, "name", event.name);
    path(archive, "secondBase", "secondBaseFlags", event.second_base);
    text_if_any(archive, "secondName", event.second_name);
    number(archive, "touchedCount", event.touched_count);
    list(archive, "touched", event.touched, [&archive](auto& object) { value_of(archive, object); });
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<Connect>& event) {
    common(archive, event.common);
    number(archive, "family", event.family);
    number(archive, "protocol", event.protocol);
    address(archive, event.family, event.address);
    number_unless(archive, "port", event.port, std::uint16_t{0});
    text_if_any(archive, "path", event.path);
    text_if_any(archive, "bound", event.bound);
    path(archive, "place", "placeFlags", event.place);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<ForeignWriter>& event) {
    common(archive, event.common);
    text(archive, "command", event.command);
    structure(archive, "object", event.object);
    path(archive, "path", "pathFlags", event.path);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<Blind>& event) {
    common(archive, event.common);
    if (archive.require("what")) word_value(archive, event.what, kBlindNames);
    number_unless(archive, "detail", event.detail, 0);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<FoldTotal>& event) {
    number(archive, "process", event.process);
    id(archive, "object", event.object);
    access(archive, event.access);
    number(archive, "count", event.count);
    number(archive, "last", event.last);
    number_unless(archive, "name", event.name, 0U);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<Digested>& event) {
    number(archive, "time", event.time);
    id(archive, "object", event.object);
    structure(archive, "wanted", event.wanted);
    structure(archive, "before", event.before);
    structure(archive, "after", event.after);
    digest(archive, event.digest);
    if (archive.next("refusal", !event.digest || event.refusal != Refusal::kError))
        word_value(archive, event.refusal, kRefusalWords);
    flag(archive, "cached", event.cached);
    flag(archive, "verity", event.verity);
    text_if_any(archive, "verityDigest", event.verity_digest);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<FinalStamp>& event) {
    id(archive, "object", event.object);
    structure_if_any(archive, "stamp", event.stamp);
    list(archive, "gonePaths", event.gone_paths, [&archive](auto& path_bytes) { archive.text(path_bytes); });
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<Unchanged>& event) {
    number(archive, "objects", event.objects);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<Renamed>& event) {
    common(archive, event.common);
    operation(archive, event.operation);
    structure_if_any(archive, "object", event.object);
    path(archive, "path", "pathFlags", event.path);
    path(archive, "secondPath", "secondPathFlags", event.second_path);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<Counters>& event) {
    text(archive, "kind", event.kind);
    number(archive, "seen", event.seen);
    number(archive, "folded", event.folded);
    number(archive, "delivered", event.delivered);
    counts(archive, "lost", event.lost);
    number(archive, "truncated", event.truncated);
    number(archive, "unreadable", event.unreadable);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<RecorderCounters>& event) {
    number(archive, "received", event.received);
    number(archive, "decoded", event.decoded);
    number(archive, "malformed", event.malformed);
    number(archive, "sequenceGaps", event.sequence_gaps);
    number(archive, "missed", event.missed);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<BlindSpot>& event) {
    text(archive, "text", event.text);
    flag(archive, "entered", event.entered);
}

template <typename Archive>
void members(Archive& archive, typename Archive::template As<RunEnded>& event) {
    number(archive, "time", event.time);
    number(archive, "status", event.status);
    flag(archive, "recorderFailed", event.recorder_failed);
    text_if_any(archive, "failure", event.failure);
}

// Makes `event` a new value of the kind with that index.
template <std::size_t Index = 0>
void make_kind(std::size_t index, Event& event) {
    if constexpr (Index < std::variant_size_v<Event>) {
        if (index == Index)
            event.emplace<Index>();
        else
            make_kind<Index + 1>(index, event);
    }
}

tl::unexpected<Error> bad_line(std::string_view why) {
    return fail(ErrorKind::kInvalid, fmt::format("line of the event log: {}", why),
                "the log was damaged, or written by another version");
}

}  // namespace

void append_line(std::string& out, const Event& event) {
    LogWriter writer(out);
    writer.open('{');
    writer.require("event");
    writer.word(kEventNames[event.index()]);
    std::visit([&writer](const auto& value) { members(writer, value); }, event);
    writer.close('}');
    out += '\n';
}

Result<Event> parse_line(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    LogReader reader(line);
    reader.open('{');
    reader.require("event");
    std::size_t kind = 0;
    word_value(reader, kind, kEventNames);
    if (reader.failed()) return bad_line(reader.fault());

    Result<Event> event;
    make_kind(kind, *event);
    std::visit([&reader](auto& value) { members(reader, value); }, *event);
    reader.close('}');
    if (reader.failed()) return bad_line(reader.fault());
    if (!reader.at_end()) return bad_line("something follows the object");

    std::string again;
    again.reserve(line.size() + 1);
    append_line(again, *event);
    if (std::string_view(again).substr(0, again.size() - 1) != line)
        return bad_line("not in the one form that it is written in");
    return event;
}

}  // namespace fstracker::event
