// SPDX-License-Identifier: Apache-2.0
// A run directory's statements as they stand, for those who show them.
#include <sys/stat.h>

#include "core/base/durable_file.hpp"
#include "core/evidence/bundle.hpp"
#include "core/store/run_store.hpp"
#include "core/verify/folded_files.hpp"
#include "core/verify/signed_file.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::verify {
namespace {

// Only regular files are opened: a planted FIFO would stop the reader for good.
Result<std::string> payload_of(const std::string& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return fail(ErrorKind::kNotFound, path + ": there is no such file");
    if (!S_ISREG(status.st_mode)) return fail(ErrorKind::kInvalid, path + ": is not a regular file");
    return base::read_file(path, kMostBundleBytes).and_then([&path](const std::string& bytes) -> Result<std::string> {
        auto bundle = evidence::read_bundle(bytes);
        if (!bundle) return fail(bundle.error().within(path));
        return std::move(bundle->payload);
    });
}

}  // namespace

Result<RunDocuments> read_run(const std::string& directory) {
    const auto trace_path = directory + '/' + store::kTraceFile;
    auto payload = payload_of(trace_path);
    if (!payload) {
        auto error = payload.error();
        if (error.hint.empty()) error.hint = "a run directory holds trace.sigstore.json; `track runs` lists the runs";
        return fail(std::move(error));
    }
    auto trace = evidence::read_trace(*payload);
    if (!trace) return fail(trace.error().within(trace_path));
    RunDocuments documents{std::move(*trace), std::nullopt};

    if (documents.trace.folded) {
        const auto path = directory + '/' + store::kFilesFile;
        std::vector<run::FileEntry> files;
        const auto status = read_folded_files(path, [&files](std::size_t, Result<run::FileEntry> entry) -> Status {
            if (!entry) return fail(entry.error());
            files.push_back(std::move(*entry));
            return {};
        });
        if (!status) return fail(status.error().within(path));
        documents.trace.record.files = std::move(files);
    }

    const auto verdict_path = directory + '/' + store::kVerdictFile;
    if (auto verdict_payload = payload_of(verdict_path)) {
        auto verdict = evidence::read_verdict(*verdict_payload);
        if (!verdict) return fail(verdict.error().within(verdict_path));
        documents.verdict = std::move(*verdict);
    } else if (verdict_payload.error().kind != ErrorKind::kNotFound) {
        return fail(verdict_payload.error());
    }
    return documents;
}

}  // namespace fstracker::verify
