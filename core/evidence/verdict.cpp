// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/verdict.hpp"

#include <algorithm>
#include <array>

#include "core/evidence/parts.hpp"

namespace fstracker::evidence {

namespace {

constexpr std::string_view kFindingsField = "urn:fstracker:findings:v1";
constexpr std::string_view kTraceName = "trace.sigstore.json";

constexpr std::array kVerdicts{judge::Verdict::kClean, judge::Verdict::kReview, judge::Verdict::kAlert,
                               judge::Verdict::kIncomplete};
constexpr std::array kLevels{judge::Level::kInformational, judge::Level::kLow, judge::Level::kMedium,
                             judge::Level::kHigh, judge::Level::kCritical};

// The word's value; a fault names the field when there is none.
template <typename Values>
typename Values::value_type read_word(Fields& fields, const char* name, const Values& values) {
    const std::string word = fields.text(name);
    for (const auto value : values)
        if (judge::to_text(value) == word) return value;
    fields.fault_in(name, "is not a word that is known here");
    return values.back();
}

std::string_view result_of(const judge::Judgement& judgement) {
    switch (judgement.verdict) {
        case judge::Verdict::kClean: return "PASSED";
        case judge::Verdict::kReview: return "WARNED";
        case judge::Verdict::kAlert: return "FAILED";
        case judge::Verdict::kIncomplete: return judge::is_alarming(judgement) ? "FAILED" : "WARNED";
    }
    return "FAILED";
}

void write_paths(JsonWriter& json, const std::vector<std::string>& paths) {
    json.begin_array();
    for (const std::string& path : paths) json.string(percent_encode(path));
    json.end_array();
}

std::string read_encoded_path(Fields& fields, const char* name, const std::string& text) {
    auto bytes = percent_decode(text);
    if (!bytes) fields.fault_in(name, "holds a path that is not percent-encoded as it should be");
    return bytes.value_or(std::string());
}

std::vector<std::string> read_paths(Fields& fields, const char* name) {
    std::vector<std::string> paths;
    for (const std::string& text : fields.texts(name)) paths.push_back(read_encoded_path(fields, name, text));
    return paths;
}

void write_settled(JsonWriter& json, const judge::Settled& settled) {
    json.begin_object().key("reason").string(settled.reason);
    if (!settled.until.empty()) json.key("until").string(settled.until);
    json.end_object();
}

judge::Settled read_settled(Fields fields) {
    judge::Settled settled;
    settled.reason = fields.text("reason");
    if (fields.has("until")) settled.until = fields.text("until");
    fields.finish();
    return settled;
}

void write_was(JsonWriter& json, const std::map<std::string, event::Sha256>& was) {
    json.begin_array();
    for (const auto& [path, digest] : was) {
        json.begin_object();
        write_digest(json, digest);
        json.key("path").string(percent_encode(path)).end_object();
    }
    json.end_array();
}

void read_was(Fields& incident, Faults& faults, std::map<std::string, event::Sha256>& was) {
    incident.array("was", [&](const Json& value, const std::string& place) {
        Fields fields(value, place, faults);
        const std::string path = read_encoded_path(fields, "path", fields.text("path"));
        was[path] = fields.digest();
        fields.finish();
    });
}

void write_incident(JsonWriter& json, const judge::Incident& incident) {
    json.begin_object();
    if (!incident.atlas.empty()) write_texts(json.key("atlas"), incident.atlas);
    if (!incident.attack.empty()) write_texts(json.key("attack"), incident.attack);
    json.key("family").string(incident.family).key("files");
    write_paths(json, incident.files);
    json.key("fingerprint").string(incident.fingerprint);
    json.key("id").string(incident.id).key("innocent");
    write_texts(json, incident.innocent);
    json.key("level").string(judge::to_text(incident.level));
    write_processes(json.key("processes"), incident.processes);
    write_texts(json.key("rules"), incident.rules);
    if (incident.suppressed) write_settled(json.key("suppressed"), *incident.suppressed);
    json.key("title").string(incident.title);
    if (!incident.was.empty()) write_was(json.key("was"), incident.was);
    json.key("why").string(incident.why).end_object();
}

judge::Incident read_incident(Fields fields, Faults& faults) {
    judge::Incident incident;
    if (fields.has("atlas")) incident.atlas = fields.texts("atlas");
    if (fields.has("attack")) incident.attack = fields.texts("attack");
    incident.family = fields.text("family");
    incident.files = read_paths(fields, "files");
    incident.fingerprint = fields.text("fingerprint");
    incident.id = fields.text("id");
    incident.innocent = fields.texts("innocent");
    incident.level = read_word(fields, "level", kLevels);
    fields.array("processes", [&](const Json& value, const std::string&) {
        const bool fits = value.is_number_unsigned() && value.get<std::uint64_t>() <= UINT32_MAX;
        if (!fits) fields.fault_in("processes", "holds something else than a process id");
        incident.processes.push_back(fits ? value.get<event::ProcessId>() : 0);
    });
    incident.rules = fields.texts("rules");
    if (fields.has("suppressed")) incident.suppressed = read_settled(fields.object("suppressed"));
    incident.title = fields.text("title");
    if (fields.has("was")) read_was(fields, faults, incident.was);
    incident.why = fields.text("why");
    fields.finish();
    return incident;
}

void write_baseline_use(JsonWriter& json, const judge::BaselineUse& use) {
    json.begin_object().key("digest").string(use.digest).key("file").string(percent_encode(use.file));
    json.key("maturity").string(use.maturity).key("runs").number(use.runs).end_object();
}

judge::BaselineUse read_baseline_use(Fields fields) {
    judge::BaselineUse use;
    use.digest = fields.text("digest");
    use.file = read_encoded_path(fields, "file", fields.text("file"));
    use.maturity = fields.text("maturity");
    use.runs = fields.number("runs");
    fields.finish();
    return use;
}

void write_changes(JsonWriter& json, const judge::Changes& changes) {
    json.begin_object();
    for (const auto& [role, lists] : changes) {
        json.key(role).begin_object();
        write_paths(json.key("changed"), lists.changed);
        write_paths(json.key("gone"), lists.gone);
        write_paths(json.key("new"), lists.added);
        json.end_object();
    }
    json.end_object();
}

void read_changes(Fields& findings, Faults& faults, judge::Changes& changes) {
    findings.members("changes", [&](const std::string& role, const Json& value, const std::string& place) {
        Fields fields(value, place, faults);
        judge::RoleChanges& lists = changes[role];
        lists.changed = read_paths(fields, "changed");
        lists.gone = read_paths(fields, "gone");
        lists.added = read_paths(fields, "new");
        fields.finish();
    });
}

void write_findings(JsonWriter& json, const judge::Judgement& judgement, const run::RunInfo& info) {
    json.begin_object();
    if (judgement.baseline) {
        write_baseline_use(json.key("baseline"), *judgement.baseline);
        write_changes(json.key("changes"), judgement.changes);
    }
    json.key("incidents").begin_array();
    for (const judge::Incident& incident : judgement.incidents) write_incident(json, incident);
    json.end_array().key("pipeline").string(info.pipeline).key("reasons");
    write_texts(json, judgement.reasons);
    json.key("run").string(info.id).key("step").string(info.step);
    json.key("verdict").string(judge::to_text(judgement.verdict)).end_object();
}

void read_findings(Fields fields, VerdictStatement& verdict, Faults& faults) {
    fields.array("incidents", [&](const Json& value, const std::string& place) {
        verdict.judgement.incidents.push_back(read_incident(Fields(value, place, faults), faults));
    });
    if (fields.has("baseline")) {
        verdict.judgement.baseline = read_baseline_use(fields.object("baseline"));
        read_changes(fields, faults, verdict.judgement.changes);
    }
    verdict.pipeline = fields.text("pipeline");
    verdict.step = fields.text("step");
    verdict.run = fields.text("run");
    verdict.judgement.reasons = fields.texts("reasons");
    verdict.judgement.verdict = read_word(fields, "verdict", kVerdicts);
    fields.finish();
}

void read_predicate(Fields fields, VerdictStatement& verdict, Faults& faults) {
    verdict.configuration = read_configuration(fields, "configuration", faults);
    verdict.judgement.passed_rules = fields.texts("passedTests");
    verdict.judgement.warned_rules = fields.texts("warnedTests");
    verdict.judgement.failed_rules = fields.texts("failedTests");
    read_findings(fields.object(kFindingsField.data()), verdict, faults);
    fields.exactly("result", result_of(verdict.judgement));
    fields.finish();
}

}  // namespace

std::string write_verdict(const judge::Judgement& judgement, const run::RunInfo& info, const event::Sha256& trace,
                          const std::vector<Subject>& outputs) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("_type").string(kStatementType).key("predicate").begin_object().key("configuration");
    write_configuration(json, info.configuration);
    json.key("failedTests");
    write_texts(json, judgement.failed_rules);
    json.key("passedTests");
    write_texts(json, judgement.passed_rules);
    json.key("result").string(result_of(judgement));
    write_findings(json.key(kFindingsField), judgement, info);
    json.key("warnedTests");
    write_texts(json, judgement.warned_rules);
    json.end_object().key("predicateType").string(kVerdictPredicate).key("subject").begin_array();
    write_subject(json, Subject{std::string(kTraceName), "", trace});
    for (const Subject& output : outputs) write_subject(json, output);
    json.end_array().end_object();
    return text;
}

Result<VerdictStatement> read_verdict(std::string_view statement) {
    constexpr std::string_view kWhat = "the verdict statement";
    auto json = parse_canonical(statement, kWhat);
    if (!json) return fail(std::move(json.error()));
    Faults faults;
    VerdictStatement verdict;
    Fields fields(*json, "", faults);
    fields.exactly("_type", kStatementType);
    fields.exactly("predicateType", kVerdictPredicate);
    verdict.outputs = read_subjects(fields, faults);
    if (!verdict.outputs.empty() && verdict.outputs.front().name == kTraceName && verdict.outputs.front().uri.empty()) {
        verdict.trace = verdict.outputs.front().digest;
        verdict.outputs.erase(verdict.outputs.begin());
    } else {
        faults.add("subject", "does not begin with trace.sigstore.json");
    }
    read_predicate(fields.object("predicate"), verdict, faults);
    fields.finish();
    if (faults.any()) return fail(faults.error(kWhat));
    return verdict;
}

}  // namespace fstracker::evidence
