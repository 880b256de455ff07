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

void write_incident(JsonWriter& json, const judge::Incident& incident) {
    json.begin_object();
    if (!incident.atlas.empty()) write_texts(json.key("atlas"), incident.atlas);
    if (!incident.attack.empty()) write_texts(json.key("attack"), incident.attack);
    json.key("family").string(incident.family).key("files").begin_array();
    for (const std::string& file : incident.files) json.string(percent_encode(file));
    json.end_array().key("fingerprint").string(incident.fingerprint);
    json.key("id").string(incident.id).key("innocent");
    write_texts(json, incident.innocent);
    json.key("level").string(judge::to_text(incident.level)).key("processes").begin_array();
    for (const event::ProcessId process : incident.processes) json.number(process);
    json.end_array().key("rules");
    write_texts(json, incident.rules);
    json.key("title").string(incident.title).key("why").string(incident.why).end_object();
}

judge::Incident read_incident(Fields fields) {
    judge::Incident incident;
    if (fields.has("atlas")) incident.atlas = fields.texts("atlas");
    if (fields.has("attack")) incident.attack = fields.texts("attack");
    incident.family = fields.text("family");
    for (const std::string& file : fields.texts("files")) {
        auto bytes = percent_decode(file);
        if (!bytes) fields.fault_in("files", "holds a path that is not percent-encoded as it should be");
        incident.files.push_back(bytes.value_or(std::string()));
    }
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
    incident.title = fields.text("title");
    incident.why = fields.text("why");
    fields.finish();
    return incident;
}

void write_findings(JsonWriter& json, const judge::Judgement& judgement, const run::RunInfo& info) {
    json.begin_object().key("incidents").begin_array();
    for (const judge::Incident& incident : judgement.incidents) write_incident(json, incident);
    json.end_array().key("pipeline").string(info.pipeline).key("reasons");
    write_texts(json, judgement.reasons);
    json.key("run").string(info.id).key("step").string(info.step);
    json.key("verdict").string(judge::to_text(judgement.verdict)).end_object();
}

void read_findings(Fields fields, VerdictStatement& verdict, Faults& faults) {
    fields.array("incidents", [&](const Json& value, const std::string& place) {
        verdict.judgement.incidents.push_back(read_incident(Fields(value, place, faults)));
    });
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
