// SPDX-License-Identifier: Apache-2.0
// A judgement as an in-toto Statement with predicate test-result v0.1, in canonical JSON, and back.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"
#include "core/event/event.hpp"
#include "core/evidence/trace.hpp"
#include "core/judge/verdict.hpp"

namespace fstracker::evidence {

inline constexpr std::string_view kVerdictPredicate = "https://in-toto.io/attestation/test-result/v0.1";

// trace: digest of the bytes of trace.sigstore.json; outputs: the subjects of the trace that are outputs.
std::string write_verdict(const judge::Judgement& judgement, const run::RunInfo& info, const event::Sha256& trace,
                          const std::vector<Subject>& outputs);

struct VerdictStatement {
    event::Sha256 trace{};
    std::vector<Subject> outputs;
    judge::Judgement judgement;
    std::string run, pipeline, step;                   // as the trace's info has them
    std::map<std::string, std::string> configuration;  // likewise
};
// Strict as read_trace. A result that the verdict does not lead to is an error.
Result<VerdictStatement> read_verdict(std::string_view statement);

}  // namespace fstracker::evidence
