// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/parts.hpp"
#include "core/evidence/table.hpp"
#include "core/evidence/trace.hpp"

namespace fstracker::evidence {

namespace {

void read_monitor(Fields fields, run::RunInfo& info, Faults& faults) {
    fields.exactly("type", kMonitorType);
    Fields source = fields.object("configSource");
    source.exactly("name", "configuration");
    Fields annotations = source.object("annotations");
    info.configuration = read_configuration(annotations, "files", faults);
    if (source.digest() != configuration_digest(info.configuration))
        source.fault_in("digest", "is not that of the files it names");
    annotations.finish();
    source.finish();
    Fields policy = fields.object("tracePolicy");
    info.backend = policy.text("backend");
    info.digest_mode = policy.text("digest");
    info.hooks = policy.texts("hooks");
    info.kernel = policy.text("kernel");
    info.version = policy.text("version");
    policy.exactly("scope", kScope);
    policy.finish();
    fields.finish();
}

void read_monitored_process(Fields fields, run::RunInfo& info) {
    const std::string event = fields.text("event");
    if (event.starts_with(kRunPrefix))
        info.id = event.substr(kRunPrefix.size());
    else
        fields.fault_in("event", "is not " + std::string(kRunPrefix) + " and a run's id");
    fields.exactly("type", kStepType);
    info.host = fields.text("hostID");
    info.pipeline = fields.text("pipeline");
    info.step = fields.text("step");
    const auto status = read_status(fields);
    if (!status) fields.fault("does not say how the command ended");
    info.status = status.value_or(0);
    fields.finish();
}

bool is_folded(const Json& value) {
    const auto annotations = value.find("annotations");
    return annotations != value.end() && annotations->is_object() && annotations->contains("files");
}

void read_log(Fields fields, TraceStatement& trace, Faults& faults) {
    std::vector<Subject> outputs;
    const auto expect = [&](const event::Path& path, const event::Sha256& digest) {
        outputs.push_back(Subject{path_name(path), path_uri(path), digest});
    };
    fields.array("fileAccess", [&](const Json& value, const std::string& place) {
        if (value.is_object() && is_folded(value)) {
            FoldedDirectory directory = read_folded(Fields(value, place, faults));
            if (directory.outputs > 0) expect(directory.path, directory.digest);
            trace.directories.push_back(std::move(directory));
            return;
        }
        run::FileEntry entry = read_file_fields(Fields(value, place, faults));
        if (is_subject(entry)) expect(entry.path, *entry.digest);
        trace.record.files.push_back(std::move(entry));
    });
    fields.array("network", [&](const Json& value, const std::string& place) {
        trace.record.connections.push_back(read_connection(Fields(value, place, faults)));
    });
    fields.array("process", [&](const Json& value, const std::string& place) {
        trace.record.processes.push_back(read_process(Fields(value, place, faults)));
    });
    trace.record.completeness = read_completeness(fields.object(kCompletenessField.data()), faults);
    fields.finish();

    // The outputs come first among the subjects, and are those of the access table.
    const bool agree =
        outputs.size() <= trace.subjects.size() && std::equal(outputs.begin(), outputs.end(), trace.subjects.begin());
    if (!agree) faults.add("subject", "does not begin with the outputs of fileAccess");
    for (std::size_t i = outputs.size(); agree && i < trace.subjects.size(); ++i) {
        if (!trace.subjects[i].uri.empty()) faults.add("subject", "names an output that fileAccess does not");
        trace.folded = trace.folded || trace.subjects[i].name == kFilesSubjectName;
    }
    if (trace.folded == trace.directories.empty())
        faults.add("subject", "must hold files.ndjson.zst where directories are folded");
}

}  // namespace

Result<TraceStatement> read_trace(std::string_view statement) {
    constexpr std::string_view kWhat = "the trace statement";
    auto json = parse_canonical(statement, kWhat);
    if (!json) return fail(std::move(json.error()));
    Faults faults;
    TraceStatement trace;
    Fields fields(*json, "", faults);
    fields.exactly("_type", kStatementType);
    fields.exactly("predicateType", kTracePredicate);
    trace.subjects = read_subjects(fields, faults);
    Fields predicate = fields.object("predicate");
    fields.finish();
    Fields metadata = predicate.object("metadata");
    trace.record.info.started = metadata.time("buildStartedOn");
    trace.record.info.finished = metadata.time("buildFinishedOn");
    metadata.finish();
    read_monitor(predicate.object("monitor"), trace.record.info, faults);
    read_monitored_process(predicate.object("monitoredProcess"), trace.record.info);
    read_log(predicate.object("monitorLog"), trace, faults);
    predicate.finish();
    if (faults.any()) return fail(faults.error(kWhat));
    return trace;
}

}  // namespace fstracker::evidence
