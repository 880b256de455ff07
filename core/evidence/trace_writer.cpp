// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/evidence/parts.hpp"
#include "core/evidence/table.hpp"
#include "core/evidence/trace.hpp"

namespace fstracker::evidence {

namespace {

constexpr std::size_t kShareOfTable = 4;  // of the statement's limit, when all else takes the rest

void write_config_source(JsonWriter& json, const std::map<std::string, std::string>& configuration) {
    json.begin_object().key("annotations").begin_object().key("files");
    write_configuration(json, configuration);
    json.end_object();
    write_digest(json, configuration_digest(configuration));
    json.key("name").string("configuration").end_object();
}

void write_monitor(JsonWriter& json, const run::RunInfo& info) {
    json.begin_object().key("configSource");
    write_config_source(json, info.configuration);
    json.key("tracePolicy").begin_object().key("backend").string(info.backend);
    json.key("digest").string(info.digest_mode).key("hooks");
    write_texts(json, info.hooks);
    json.key("kernel").string(info.kernel).key("scope").string(kScope).key("version").string(info.version).end_object();
    json.key("type").string(kMonitorType).end_object();
}

void write_monitored_process(JsonWriter& json, const run::RunInfo& info) {
    const ExitWords words = exit_words(info.status);
    json.begin_object();
    write_flag(json, "coreDumped", words.core_dumped);
    json.key("event").string(std::string(kRunPrefix) + info.id);
    if (words.exit_code) json.key("exitCode").number(*words.exit_code);
    json.key("hostID").string(info.host).key("pipeline").string(info.pipeline);
    if (words.signal) json.key("signal").number(*words.signal);
    json.key("step").string(info.step).key("type").string(kStepType);
    if (words.wait_status) json.key("waitStatus").integer(*words.wait_status);
    json.end_object();
}

// The statement in two halves, between which the access table and the outputs stand.
struct Frame {
    std::string before_files;   // … "fileAccess":[
    std::string after_files;    // ] … "subject":[
    std::string after_outputs;  // the logs' subjects and the end
};

Frame make_frame(const run::Record& record, const std::vector<Subject>& logs) {
    Frame frame;
    JsonWriter head(frame.before_files);
    head.begin_object().key("_type").string(kStatementType).key("predicate").begin_object();
    head.key("metadata").begin_object().key("buildFinishedOn").time(record.info.finished);
    head.key("buildStartedOn").time(record.info.started).end_object();
    write_monitor(head.key("monitor"), record.info);
    head.key("monitorLog").begin_object().key("fileAccess").begin_array();

    frame.after_files = "],\"network\":";
    JsonWriter network(frame.after_files);
    network.begin_array();
    for (const run::Connection& connection : record.connections) write_connection(network, connection);
    network.end_array().key("process").begin_array();
    for (const run::Process& process : record.processes) write_process(network, process);
    network.end_array();
    write_completeness(network.key(kCompletenessField), record.completeness);
    network.end_object();
    write_monitored_process(network.key("monitoredProcess"), record.info);
    network.end_object().key("predicateType").string(kTracePredicate).key("subject").begin_array();

    JsonWriter tail(frame.after_outputs);
    for (const Subject& log : logs) write_subject(tail, log);
    frame.after_outputs += "]}";
    return frame;
}

// The list of files becomes the statement: it is the long part of it.
std::string assemble(const Frame& frame, Tables& tables, bool has_logs) {
    std::string text = std::move(tables.files);
    text.insert(0, frame.before_files).append(frame.after_files).append(tables.subjects);
    if (!tables.subjects.empty() && has_logs) text += ',';
    text += frame.after_outputs;
    return text;
}

}  // namespace

TraceDocument write_trace(const run::Record& record, std::vector<Subject> subjects, const TraceLimits& limits,
                          const std::function<event::Sha256(const std::string& files_ndjson)>& compress_files) {
    Frame frame = make_frame(record, subjects);
    constexpr std::size_t kFilesSubject = 160;  // what files.ndjson.zst adds to the subjects, if it comes to that
    const std::size_t fixed =
        frame.before_files.size() + frame.after_files.size() + frame.after_outputs.size() + kFilesSubject;
    const std::size_t left = fixed < limits.statement_bytes ? limits.statement_bytes - fixed : 0;
    EntryLines lines(record.files);
    Tables tables =
        make_tables(record.files, lines, limits.outputs, std::max(left, limits.statement_bytes / kShareOfTable));

    TraceDocument document;
    document.folded = tables.folded;
    if (tables.folded) {
        subjects.push_back(Subject{std::string(kFilesSubjectName), "", compress_files(lines.text())});
        frame = make_frame(record, subjects);
    } else {
        tables.files = std::move(lines).as_list();
    }
    document.statement = assemble(frame, tables, !subjects.empty());
    document.outputs = std::move(tables.outputs);
    return document;
}

}  // namespace fstracker::evidence
