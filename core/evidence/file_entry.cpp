// SPDX-License-Identifier: Apache-2.0
// One entry of fileAccess.
#include <algorithm>
#include <charconv>
#include <functional>

#include <fmt/format.h>

#include "core/base/hex.hpp"
#include "core/evidence/parts.hpp"
#include "core/evidence/table.hpp"

namespace fstracker::evidence {

namespace {

constexpr std::uint32_t kModeMask = 0177777;

void write_annotations(JsonWriter& json, const run::FileEntry& entry) {
    json.key("annotations").begin_object();
    write_access(json, entry.access);
    json.key("binding").string(to_word(entry.binding));
    write_flag(json, "deleted", entry.path.deleted);
    write_flag(json, "detached", entry.path.detached);
    json.key("firstAccess").time(entry.first_access);
    if (!entry.format.empty()) json.key("format").string(entry.format);
    if (!entry.host_path.empty()) write_bytes(json, "hostPath", entry.host_path);
    if (!entry.imports.empty()) {
        json.key("imports").begin_array();
        for (const std::string& name : entry.imports) json.string(name);
        json.end_array();
    }
    json.key("lastAccess").time(entry.last_access);
    json.key("mode").string(fmt::format("{:o}", entry.mode));
    write_object_id(json, entry.object);
    json.key("opens").number(entry.opens);
    write_flag(json, "output", entry.output);
    if (!entry.owner.empty()) json.key("owner").string(entry.owner);
    if (entry.owner_verified) json.key("ownerVerified").boolean(*entry.owner_verified);
    write_processes(json.key("processes"), entry.processes);
    if (entry.binding == run::Binding::kNone) json.key("reason").string(to_word(entry.reason));
    write_flag(json, "relative", is_relative(entry.path));
    if (!entry.role.empty()) json.key("role").string(entry.role);
    json.key("size").number(entry.size);
    write_flag(json, "truncated", entry.path.truncated);
    if (!entry.unreadable.empty()) json.key("unreadable").string(entry.unreadable);
    if (!entry.verity_digest.empty()) json.key("verityDigest").string(entry.verity_digest);
    json.end_object();
}

std::uint32_t read_mode(Fields& annotations) {
    const std::string text = annotations.text("mode");
    std::uint32_t mode = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    const bool whole = end.ec == std::errc() && end.ptr == text.data() + text.size();
    if (!whole || (mode & ~kModeMask) != 0 || fmt::format("{:o}", mode) != text)
        annotations.fault_in("mode", "is not a file mode in octal digits");
    return mode;
}

std::string read_if_there(Fields& fields, const char* name) {
    if (!fields.has(name)) return {};
    std::string text = fields.text(name);
    if (text.empty()) fields.fault_in(name, "is empty");
    return text;
}

std::vector<std::string> read_imports(Fields& annotations) {
    if (!annotations.has("imports")) return {};
    std::vector<std::string> names = annotations.texts("imports");
    const bool in_order = std::adjacent_find(names.begin(), names.end(), std::greater_equal<>()) == names.end();
    const bool named = std::none_of(names.begin(), names.end(), [](const std::string& name) { return name.empty(); });
    if (names.empty() || !in_order || !named)
        annotations.fault_in("imports", "is not a list of names, sorted, each once");
    return names;
}

bool is_verity_digest(std::string_view text) {
    constexpr std::string_view kPrefixes[] = {"sha256:", "sha512:"};
    for (const std::string_view prefix : kPrefixes)
        if (text.starts_with(prefix) && text.size() > prefix.size())
            return base::from_hex(text.substr(prefix.size())).has_value();
    return false;
}

void read_binding(Fields& fields, Fields& annotations, run::FileEntry& entry) {
    const auto binding = binding_of(annotations.text("binding"));
    if (!binding) annotations.fault_in("binding", "is not a grade of binding");
    entry.binding = binding.value_or(run::Binding::kNone);
    if (fields.has("digest")) entry.digest = fields.digest();
    if (entry.binding == run::Binding::kNone) {
        const auto reason = refusal_of(annotations.text("reason"));
        if (!reason) annotations.fault_in("reason", "is not a reason for having no digest");
        entry.reason = reason.value_or(event::Refusal::kError);
    }
    if (entry.digest.has_value() == (entry.binding == run::Binding::kNone))
        fields.fault("must have either a digest or binding none");
    entry.verity_digest = read_if_there(annotations, "verityDigest");
    if (!entry.verity_digest.empty() && !is_verity_digest(entry.verity_digest))
        annotations.fault_in("verityDigest", "is not sha256: or sha512: and hexadecimal digits");
    if (!entry.verity_digest.empty() && entry.binding != run::Binding::kKernel)
        annotations.fault_in("verityDigest", "is there without binding kernel");
}

}  // namespace

void append_file_entry(std::string& out, const run::FileEntry& entry) {
    JsonWriter json(out);
    json.begin_object();
    write_annotations(json, entry);
    if (entry.digest) write_digest(json, *entry.digest);
    json.key("name").string(path_name(entry.path));
    json.key("uri").string(path_uri(entry.path));
    json.end_object();
}

run::FileEntry read_file_fields(Fields fields) {
    run::FileEntry entry;
    Fields annotations = fields.object("annotations");
    entry.path = read_path(fields, annotations);
    entry.access = read_access(annotations);
    read_binding(fields, annotations, entry);
    entry.object = read_object_id(annotations);
    entry.mode = read_mode(annotations);
    entry.size = annotations.number("size");
    entry.opens = annotations.number("opens");
    entry.processes = read_processes(annotations, "processes");
    entry.first_access = annotations.time("firstAccess");
    entry.last_access = annotations.time("lastAccess");
    entry.output = annotations.flag("output");
    if (annotations.has("hostPath")) entry.host_path = read_bytes(annotations, "hostPath");
    entry.role = read_if_there(annotations, "role");
    if (!entry.role.empty() && !is_role(entry.role)) annotations.fault_in("role", "is not a role");
    entry.owner = read_if_there(annotations, "owner");
    if (annotations.has("ownerVerified")) entry.owner_verified = annotations.boolean("ownerVerified");
    entry.format = read_if_there(annotations, "format");
    entry.imports = read_imports(annotations);
    entry.unreadable = read_if_there(annotations, "unreadable");
    if (entry.format.empty() && !(entry.imports.empty() && entry.unreadable.empty()))
        annotations.fault("has imports or a fault of reading, and no format");
    annotations.finish();
    fields.finish();
    return entry;
}

std::string write_file_entry(const run::FileEntry& entry) {
    std::string text;
    append_file_entry(text, entry);
    return text;
}

Result<run::FileEntry> read_file_entry(std::string_view text) {
    auto json = parse_canonical(text, "the entry");
    if (!json) return fail(std::move(json.error()));
    Faults faults;
    run::FileEntry entry = read_file_fields(Fields(*json, "", faults));
    if (faults.any()) return fail(faults.error("the entry"));
    return entry;
}

}  // namespace fstracker::evidence
