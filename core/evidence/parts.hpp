// SPDX-License-Identifier: Apache-2.0
// Pieces that the statements share: descriptors, texts with bytes that are not UTF-8, exit statuses, subjects. What
// writes a piece stands beside what reads it. Writers give keys in the order of canonical JSON.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/evidence/fields.hpp"
#include "core/evidence/json.hpp"
#include "core/evidence/text.hpp"
#include "core/evidence/trace.hpp"
#include "core/evidence/words.hpp"

namespace fstracker::evidence {

inline constexpr std::string_view kStatementType = "https://in-toto.io/Statement/v1";

void write_digest(JsonWriter& json, const event::Sha256& digest);  // with its key

// "KEY": text, and "KEYEncoding": "percent" where the bytes are not UTF-8.
void write_bytes(JsonWriter& json, const std::string& key, const std::string& bytes);
std::string read_bytes(Fields& fields, const std::string& key);

// The flags of a path among the annotations of its descriptor. They are not neighbours there, so writers place each.
event::Path read_path(Fields& descriptor, Fields& annotations);
void write_flag(JsonWriter& json, const char* key, bool value);  // nothing when false

event::ObjectId read_object_id(Fields& annotations);
void write_object_id(JsonWriter& json, const event::ObjectId& id);  // nothing for the identity that is not known

void write_access(JsonWriter& json, std::uint32_t access);
std::uint32_t read_access(Fields& annotations);

// {annotations, digest?, name, uri}
void write_reference(JsonWriter& json, const run::FileReference& reference);
run::FileReference read_reference(Fields fields);

// A path that is not one of the access table: {annotations, name, uri}.
void write_plain_path(JsonWriter& json, const event::Path& path);
event::Path read_plain_path(Fields fields);

// Optional: the words' fields among others.
std::optional<std::int32_t> read_status(Fields& fields);

void write_subject(JsonWriter& json, const Subject& subject);
std::vector<Subject> read_subjects(Fields& statement, Faults& faults);

// The configuration that counted: path -> sha256 in hex; a list of {digest, name, uri}.
void write_configuration(JsonWriter& json, const std::map<std::string, std::string>& configuration);
std::map<std::string, std::string> read_configuration(Fields& fields, const char* name, Faults& faults);

// SHA-256 of the sorted list of their digest lines.
event::Sha256 configuration_digest(const std::map<std::string, std::string>& configuration);

// One line of a list of digests as sha256sum(1) writes it, newline included.
std::string digest_line(std::string_view digest_hex, std::string_view path);
event::Sha256 digest_of_lines(std::vector<std::string> lines);  // sorted here

void write_texts(JsonWriter& json, const std::vector<std::string>& texts);

// Ids of processes; the reader wants them ascending.
void write_processes(JsonWriter& json, const std::vector<event::ProcessId>& processes);
std::vector<event::ProcessId> read_processes(Fields& fields, const char* name);

}  // namespace fstracker::evidence
