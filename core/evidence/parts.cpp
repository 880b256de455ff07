// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/parts.hpp"

#include <algorithm>

#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"

namespace fstracker::evidence {

void write_digest(JsonWriter& json, const event::Sha256& digest) {
    json.key("digest").begin_object().key("sha256").string(base::to_hex(digest)).end_object();
}

void write_flag(JsonWriter& json, const char* key, bool value) {
    if (value) json.key(key).boolean(true);
}

void write_texts(JsonWriter& json, const std::vector<std::string>& texts) {
    json.begin_array();
    for (const std::string& text : texts) json.string(text);
    json.end_array();
}

void write_processes(JsonWriter& json, const std::vector<event::ProcessId>& processes) {
    json.begin_array();
    for (const event::ProcessId process : processes) json.number(process);
    json.end_array();
}

std::vector<event::ProcessId> read_processes(Fields& fields, const char* name) {
    std::vector<event::ProcessId> processes;
    fields.array(name, [&](const Json& value, const std::string&) {
        const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() <= UINT32_MAX;
        const auto id = fits ? value.get<event::ProcessId>() : 0;
        if (!fits || (!processes.empty() && id <= processes.back()))
            fields.fault_in(name, "is not a list of process ids, ascending");
        processes.push_back(id);
    });
    return processes;
}

void write_bytes(JsonWriter& json, const std::string& key, const std::string& bytes) {
    if (is_utf8(bytes)) {
        json.key(key).string(bytes);
        return;
    }
    json.key(key).string(percent_encode(bytes));
    json.key(key + "Encoding").string("percent");
}

std::string read_bytes(Fields& fields, const std::string& key) {
    const std::string text = fields.text(key.c_str());
    const std::string encoding = key + "Encoding";
    if (!fields.has(encoding.c_str())) return text;
    fields.exactly(encoding.c_str(), "percent");
    const auto bytes = percent_decode(text);
    if (!bytes || is_utf8(*bytes)) fields.fault_in(key.c_str(), "is not percent-encoded as it should be");
    return bytes.value_or(std::string());
}

event::Path read_path(Fields& descriptor, Fields& annotations) {
    event::Path path;
    path.truncated = annotations.flag("truncated");
    path.detached = annotations.flag("detached");
    path.deleted = annotations.flag("deleted");
    const bool relative = annotations.flag("relative");
    if (auto read = read_path_uri(descriptor.text("uri"), relative, path); !read)
        descriptor.fault_in("uri", read.error().message);
    if (descriptor.text("name") != path_name(path)) descriptor.fault("has a name that its uri does not say");
    return path;
}

void write_object_id(JsonWriter& json, const event::ObjectId& id) {
    if (id != event::ObjectId{}) json.key("object").string(event::to_text(id));
}

event::ObjectId read_object_id(Fields& annotations) {
    if (!annotations.has("object")) return {};
    const std::string text = annotations.text("object");
    const auto id = event::parse_object_id(text);
    if (id && event::to_text(*id) == text) return *id;
    annotations.fault_in("object", "is not an object as device major:minor/inode/generation");
    return {};
}

void write_access(JsonWriter& json, std::uint32_t access) {
    json.key("access").begin_array();
    for (const auto word : access_words(access)) json.string(word);
    json.end_array();
}

std::uint32_t read_access(Fields& annotations) {
    std::uint32_t access = 0;
    const auto words = annotations.texts("access");
    for (const std::string& word : words) access |= access_bit(word).value_or(0);
    const auto again = access_words(access);
    if (!std::equal(words.begin(), words.end(), again.begin(), again.end()))
        annotations.fault_in("access", "is not a list of ways of access, each once and in their order");
    return access;
}

namespace {

void write_name_and_uri(JsonWriter& json, const event::Path& path) {
    json.key("name").string(path_name(path));
    json.key("uri").string(path_uri(path));
}

}  // namespace

void write_reference(JsonWriter& json, const run::FileReference& reference) {
    json.begin_object().key("annotations").begin_object();
    write_flag(json, "deleted", reference.path.deleted);
    write_flag(json, "detached", reference.path.detached);
    write_object_id(json, reference.object);
    write_flag(json, "relative", is_relative(reference.path));
    write_flag(json, "truncated", reference.path.truncated);
    json.end_object();
    if (reference.digest) write_digest(json, *reference.digest);
    write_name_and_uri(json, reference.path);
    json.end_object();
}

run::FileReference read_reference(Fields fields) {
    run::FileReference reference;
    Fields annotations = fields.object("annotations");
    reference.path = read_path(fields, annotations);
    reference.object = read_object_id(annotations);
    if (fields.has("digest")) reference.digest = fields.digest();
    annotations.finish();
    fields.finish();
    return reference;
}

void write_plain_path(JsonWriter& json, const event::Path& path) {
    write_reference(json, run::FileReference{path, {}, std::nullopt});
}

event::Path read_plain_path(Fields fields) {
    if (fields.has("digest")) fields.fault("has a digest");
    run::FileReference reference = read_reference(std::move(fields));
    return reference.path;
}

std::optional<std::int32_t> read_status(Fields& fields) {
    ExitWords words;
    const auto small = [&](const char* name) { return static_cast<std::uint8_t>(fields.number(name, 255)); };
    if (fields.has("exitCode")) words.exit_code = small("exitCode");
    if (fields.has("signal")) words.signal = small("signal");
    words.core_dumped = fields.flag("coreDumped");
    if (fields.has("waitStatus")) words.wait_status = fields.integer32("waitStatus");
    if (!words.exit_code && !words.signal && !words.core_dumped && !words.wait_status) return std::nullopt;
    const auto status = status_of(words);
    if (!status) fields.fault("has an exitCode, signal, coreDumped and waitStatus that contradict each other");
    return status;
}

void write_subject(JsonWriter& json, const Subject& subject) {
    json.begin_object();
    write_digest(json, subject.digest);
    json.key("name").string(subject.name);
    if (!subject.uri.empty()) json.key("uri").string(subject.uri);
    json.end_object();
}

std::vector<Subject> read_subjects(Fields& statement, Faults& faults) {
    std::vector<Subject> subjects;
    statement.array("subject", [&](const Json& value, const std::string& place) {
        Fields fields(value, place, faults);
        Subject subject;
        subject.digest = fields.digest();
        subject.name = fields.text("name");
        if (fields.has("uri")) subject.uri = fields.text("uri");
        fields.finish();
        subjects.push_back(std::move(subject));
    });
    return subjects;
}

void write_configuration(JsonWriter& json, const std::map<std::string, std::string>& configuration) {
    json.begin_array();
    for (const auto& [path, hex] : configuration) {
        const event::Path named{path};
        json.begin_object().key("annotations").begin_object();
        write_flag(json, "relative", is_relative(named));
        json.end_object();
        json.key("digest").begin_object().key("sha256").string(hex).end_object();
        write_name_and_uri(json, named);
        json.end_object();
    }
    json.end_array();
}

std::map<std::string, std::string> read_configuration(Fields& fields, const char* name, Faults& faults) {
    std::map<std::string, std::string> configuration;
    fields.array(name, [&](const Json& value, const std::string& place) {
        Fields descriptor(value, place, faults);
        Fields annotations = descriptor.object("annotations");
        const event::Path path = read_path(descriptor, annotations);
        const bool first_of_name = configuration.emplace(path.bytes, base::to_hex(descriptor.digest())).second;
        if (!first_of_name || path != event::Path{path.bytes})
            descriptor.fault("is not a configuration file of its own");
        annotations.finish();
        descriptor.finish();
    });
    return configuration;
}

event::Sha256 configuration_digest(const std::map<std::string, std::string>& configuration) {
    std::vector<std::string> lines;
    for (const auto& [path, hex] : configuration) lines.push_back(digest_line(hex, path));
    return digest_of_lines(std::move(lines));
}

event::Sha256 digest_of_lines(std::vector<std::string> lines) {
    std::sort(lines.begin(), lines.end());
    std::string list;
    for (const std::string& line : lines) list += line;
    return digest::sha256(std::string_view(list));
}

std::string digest_line(std::string_view digest_hex, std::string_view path) {
    const bool escaped = path.find_first_of("\\\n\r") != std::string_view::npos;
    std::string line = escaped ? "\\" : "";
    line += digest_hex;
    line += "  ";
    for (const char c : path) {
        if (c == '\\')
            line += "\\\\";
        else if (c == '\n')
            line += "\\n";
        else if (c == '\r')
            line += "\\r";
        else
            line.push_back(c);
    }
    line.push_back('\n');
    return line;
}

}  // namespace fstracker::evidence
