// SPDX-License-Identifier: Apache-2.0
// The process and network tables.
#include <fmt/format.h>

#include "core/evidence/parts.hpp"
#include "core/evidence/table.hpp"

namespace fstracker::evidence {

namespace {

constexpr double kNanosecondsPerSecond = 1e9;

double seconds_of(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / kNanosecondsPerSecond; }

void write_resources(JsonWriter& json, const run::Resources& resources) {
    json.begin_object().key("bytesRead").number(resources.bytes_read);
    json.key("bytesWritten").number(resources.bytes_written);
    json.key("cpuNanoseconds").number(resources.cpu_nanoseconds);
    json.key("cpuSeconds").real(seconds_of(resources.cpu_nanoseconds));
    json.key("peakMemoryBytes").number(resources.peak_memory_bytes).end_object();
}

run::Resources read_resources(Fields fields) {
    run::Resources resources;
    resources.bytes_read = fields.number("bytesRead");
    resources.bytes_written = fields.number("bytesWritten");
    resources.cpu_nanoseconds = fields.number("cpuNanoseconds");
    resources.peak_memory_bytes = fields.number("peakMemoryBytes");
    if (fields.real("cpuSeconds") != seconds_of(resources.cpu_nanoseconds))
        fields.fault_in("cpuSeconds", "is not what cpuNanoseconds says");
    fields.finish();
    return resources;
}

// `cwd` alone says it all.
bool is_plain(const event::Path& path) {
    return path == event::Path{path.bytes} && !is_relative(path) && is_utf8(path.bytes);
}

void write_directory(JsonWriter& json, const event::Path& path) {
    if (path == event::Path{}) return;
    json.key("cwd").string(path_name(path));
    if (!is_plain(path)) write_plain_path(json.key("directory"), path);
}

event::Path read_directory(Fields& fields) {
    if (!fields.has("cwd")) return {};
    const std::string name = fields.text("cwd");
    event::Path path{name};
    if (fields.has("directory")) {
        path = read_plain_path(fields.object("directory"));
        if (is_plain(path) || path_name(path) != name) fields.fault_in("directory", "does not belong to this cwd");
    } else if (!is_plain(path)) {
        fields.fault_in("cwd", "is not an absolute path");
    }
    return path;
}

std::vector<std::string> read_arguments(Fields& fields) {
    std::vector<std::string> arguments = fields.texts("argv");
    if (!fields.has("argvEncoding")) return arguments;
    fields.exactly("argvEncoding", "percent");
    bool needed = false;
    for (std::string& argument : arguments) {
        auto bytes = percent_decode(argument);
        if (!bytes) fields.fault_in("argv", "is not percent-encoded as it should be");
        argument = bytes.value_or(std::string());
        needed = needed || !is_utf8(argument);
    }
    if (!needed) fields.fault_in("argvEncoding", "is there although every argument is UTF-8");
    return arguments;
}

void write_arguments(JsonWriter& json, const std::vector<std::string>& arguments) {
    bool plain = true;
    for (const std::string& argument : arguments) plain = plain && is_utf8(argument);
    json.key("argv").begin_array();
    for (const std::string& argument : arguments) json.string(plain ? argument : percent_encode(argument));
    json.end_array();
    if (!plain) json.key("argvEncoding").string("percent");
}

}  // namespace

void write_process(JsonWriter& json, const run::Process& process) {
    const ExitWords words = process.status ? exit_words(*process.status) : ExitWords{};
    json.begin_object();
    write_arguments(json, process.arguments);
    write_flag(json, "argvTruncated", process.arguments_truncated);
    write_flag(json, "coreDumped", words.core_dumped);
    write_directory(json, process.directory);
    if (process.executable) write_reference(json.key("executable"), *process.executable);
    if (words.exit_code) json.key("exitCode").number(*words.exit_code);
    if (process.finished) json.key("finishedOn").time(*process.finished);
    json.key("id").number(process.id);
    json.key("parent").number(process.parent);
    json.key("pid").number(process.pid);
    if (process.resources) write_resources(json.key("resources"), *process.resources);
    if (process.script) write_reference(json.key("script"), *process.script);
    if (words.signal) json.key("signal").number(*words.signal);
    json.key("startedOn").time(process.started);
    json.key("uid").number(process.uid);
    if (words.wait_status) json.key("waitStatus").integer(*words.wait_status);
    json.end_object();
}

run::Process read_process(Fields fields) {
    const auto number = [&](const char* name) { return static_cast<std::uint32_t>(fields.number(name, UINT32_MAX)); };
    run::Process process;
    process.id = number("id");
    process.parent = number("parent");
    process.pid = number("pid");
    process.uid = number("uid");
    process.arguments = read_arguments(fields);
    process.arguments_truncated = fields.flag("argvTruncated");
    process.directory = read_directory(fields);
    if (fields.has("executable")) process.executable = read_reference(fields.object("executable"));
    if (fields.has("script")) process.script = read_reference(fields.object("script"));
    process.started = fields.time("startedOn");
    if (fields.has("finishedOn")) process.finished = fields.time("finishedOn");
    process.status = read_status(fields);
    if (fields.has("resources")) process.resources = read_resources(fields.object("resources"));
    fields.finish();
    return process;
}

void write_connection(JsonWriter& json, const run::Connection& connection) {
    const bool local = connection.protocol == "unix";
    json.begin_object().key("count").number(connection.count);
    if (!connection.hostname.empty()) json.key("hostname").string(connection.hostname);
    json.key("invokingProcess").begin_object().key("id").number(connection.process).end_object();
    if (local) {
        write_bytes(json, "path", connection.address);
    } else {
        json.key("ip").string(connection.address);
        json.key("port").number(connection.port);
    }
    json.key("protocol").string(connection.protocol).end_object();
}

run::Connection read_connection(Fields fields) {
    run::Connection connection;
    connection.count = fields.number("count");
    connection.protocol = fields.text("protocol");
    if (!is_protocol(connection.protocol)) fields.fault_in("protocol", "is not tcp, udp, unix or ip-N");
    if (fields.has("hostname")) connection.hostname = fields.text("hostname");
    Fields process = fields.object("invokingProcess");
    connection.process = static_cast<event::ProcessId>(process.number("id", UINT32_MAX));
    process.finish();
    if (connection.protocol == "unix") {
        connection.address = read_bytes(fields, "path");
    } else {
        connection.address = fields.text("ip");
        connection.port = static_cast<std::uint16_t>(fields.number("port", UINT16_MAX));
    }
    fields.finish();
    return connection;
}

}  // namespace fstracker::evidence
