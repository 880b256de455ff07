// SPDX-License-Identifier: Apache-2.0
#include "capture/write_evidence.hpp"

#include <algorithm>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/artifact/inspector.hpp"
#include "core/artifact/role.hpp"
#include "core/base/hex.hpp"
#include "core/base/parts.hpp"
#include "core/digest/digest.hpp"
#include "core/evidence/trace.hpp"
#include "core/evidence/verdict.hpp"
#include "core/report/summary.hpp"
#include "core/sign/sign_statement.hpp"

namespace fstracker::capture {

namespace {

Result<event::Sha256> digest_from_hex(const std::string& hex) {
    const auto bytes = base::from_hex(hex);
    event::Sha256 digest{};
    if (!bytes || bytes->size() != digest.size()) return fail(ErrorKind::kSystem, "the event log has no digest");
    std::copy(bytes->begin(), bytes->end(), digest.begin());
    return digest;
}

// What each is: by its content first, since that has a say in its role.
void describe(std::vector<run::FileEntry>& files, const digest::Inspections* inspections,
              const artifact::DeclaredRoles& declared) {
    constexpr std::size_t kWorthAThread = 4000;
    base::for_each_part(base::parts_of(files.size(), kWorthAThread), [&](std::size_t /*which*/, base::Part part) {
        for (std::size_t i = part.begin; i < part.end; ++i) {
            if (inspections != nullptr) artifact::describe_content(files[i], *inspections);
            files[i].role = artifact::role_of(files[i], declared);
        }
    });
}

}  // namespace

Result<WrittenEvidence> write_evidence(run::Record record, const EvidenceRequest& request) {
    describe(record.files, request.inspections, request.roles);
    if (request.recorder == Recording::kLived) artifact::assign_owners(record.files, request.packages);
    auto log_hex = request.log.finish_hex();
    if (!log_hex) return fail(log_hex.error());
    auto log_digest = digest_from_hex(*log_hex);
    if (!log_digest) return fail(log_digest.error());

    std::optional<Error> files_error;
    const auto compress_files = [&](const std::string& lines) {
        auto compressed = store::compress(lines);
        if (!compressed) {
            files_error = compressed.error();
            return event::Sha256{};
        }
        if (auto written = request.directory.write(store::kFilesFile, *compressed); !written)
            files_error = written.error();
        return digest::sha256(*compressed);
    };
    std::vector<evidence::Subject> logs{{store::kEventsFile, {}, *log_digest}};
    evidence::TraceDocument trace = evidence::write_trace(record, logs, evidence::TraceLimits{}, compress_files);
    if (files_error) return fail(*files_error);
    auto trace_bundle = sign::sign_statement(std::move(trace.statement), request.key);
    if (!trace_bundle) return fail(trace_bundle.error());
    auto trace_written =
        std::async(base::kBesideOrLater, [&] { return request.directory.write(store::kTraceFile, *trace_bundle); });

    judge::Criteria criteria = request.criteria;
    criteria.watch = request.watch;
    const judge::Judgement judgement = judge::judge(record, criteria);
    auto verdict_bundle = sign::sign_statement(
        evidence::write_verdict(judgement, record.info, digest::sha256(*trace_bundle), trace.outputs), request.key);
    if (!verdict_bundle) return fail(verdict_bundle.error());

    const double finish =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - request.finish_start).count();
    const report::Timing timing{request.command_seconds, finish, request.bytes_hashed};
    const std::string summary =
        report::summary_json(record, judgement, request.directory.final_path(), request.exit_status, timing,
                             request.owner);
    if (auto written = trace_written.get(); !written) return fail(written.error());
    if (request.recorder == Recording::kLived) {
        if (auto written = request.directory.write(store::kVerdictFile, *verdict_bundle); !written)
            return fail(written.error());
    }
    if (auto written = request.directory.write(store::kSummaryFile, summary); !written) return fail(written.error());
    if (auto committed = request.directory.commit(); !committed) return fail(committed.error());
    return WrittenEvidence{std::move(record), judgement};
}

}  // namespace fstracker::capture
