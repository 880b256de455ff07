// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/baseline_statement.hpp"

#include "core/evidence/parts.hpp"

namespace fstracker::evidence {

std::string write_baseline_statement(const BaselineStatement& baseline) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("_type").string(kStatementType).key("predicate").begin_object();
    json.key("pipeline").string(baseline.pipeline).key("runs").number(baseline.runs);
    json.key("step").string(baseline.step).end_object();
    json.key("predicateType").string(kBaselinePredicate).key("subject").begin_array();
    write_subject(json, Subject{baseline.file, "", baseline.digest});
    json.end_array().end_object();
    return text;
}

Result<BaselineStatement> read_baseline_statement(std::string_view statement) {
    constexpr std::string_view kWhat = "the statement about a baseline";
    auto json = parse_canonical(statement, kWhat);
    if (!json) return fail(std::move(json.error()));
    Faults faults;
    BaselineStatement baseline;
    Fields fields(*json, "", faults);
    fields.exactly("_type", kStatementType);
    fields.exactly("predicateType", kBaselinePredicate);
    const auto subjects = read_subjects(fields, faults);
    if (subjects.size() != 1 || !subjects.front().uri.empty()) {
        faults.add("subject", "is not one file");
    } else {
        baseline.file = subjects.front().name;
        baseline.digest = subjects.front().digest;
    }
    Fields predicate = fields.object("predicate");
    baseline.pipeline = predicate.text("pipeline");
    baseline.runs = predicate.number("runs");
    baseline.step = predicate.text("step");
    predicate.finish();
    fields.finish();
    if (faults.any()) return fail(faults.error(kWhat));
    return baseline;
}

}  // namespace fstracker::evidence
