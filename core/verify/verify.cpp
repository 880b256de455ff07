// SPDX-License-Identifier: Apache-2.0
#include "core/verify/verify.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <exception>

#include "core/store/run_store.hpp"
#include "core/verify/disk.hpp"
#include "core/verify/fault_list.hpp"
#include "core/verify/folded_files.hpp"
#include "core/verify/replay.hpp"
#include "core/verify/run_check.hpp"
#include "core/verify/signed_file.hpp"

namespace fstracker::verify {
namespace {

// A statement cannot say all that a record holds; what it would say of the replayed one is what is compared.
std::optional<run::Record> as_stated(const run::Record& record, FaultList& faults) {
    const evidence::TraceLimits unfolded{SIZE_MAX, SIZE_MAX};
    const auto document =
        evidence::write_trace(record, {}, unfolded, [](const std::string&) { return event::Sha256{}; });
    auto statement = evidence::read_trace(document.statement);
    if (statement) return std::move(statement->record);
    faults.add(store::kEventsFile, "what it comes to is no valid statement: " + statement.error().message);
    return std::nullopt;
}

struct RunVerifier {
    const std::string& directory;
    const Options& options;
    Report report{};
    FaultList faults{};

    std::optional<SignedFile> read(const char* name) { return read_signed_file(directory + '/' + name, name, faults); }

    void check_signature_of(const SignedFile& file, const char* name) {
        if (check_signature(file, name, options, faults))
            report.checked.push_back(std::string(name) + ": signed by key " + options.key->id());
    }

    void check_trace(const SignedFile& file) {
        check_signature_of(file, store::kTraceFile);
        auto trace = evidence::read_trace(file.bundle.payload);
        if (!trace) return faults.add(store::kTraceFile, "the statement: " + trace.error().message);
        report.trace = std::move(*trace);
        report.incomplete = !report.trace->record.completeness.complete;
        check_subjects(*report.trace, faults);
        for (const auto& fault : report.trace->record.completeness.ledger.faults()) {
            // An honest incomplete run owns up to what its ledger says; a complete one has no such ledger.
            if (!report.incomplete) faults.add(store::kTraceFile, "says complete, but the ledger does not: " + fault);
        }
        if (!report.incomplete) report.checked.emplace_back("ledger: balances, nothing lost");
    }

    void check_verdict_file(const std::optional<SignedFile>& trace) {
        const auto file = read(store::kVerdictFile);
        if (!file) return;
        check_signature_of(*file, store::kVerdictFile);
        auto verdict = evidence::read_verdict(file->bundle.payload);
        if (!verdict) return faults.add(store::kVerdictFile, "the statement: " + verdict.error().message);
        report.verdict = std::move(*verdict);
        if (!trace || !report.trace) return;
        const auto before = faults.count();
        check_verdict(*report.verdict, trace->digest, *report.trace, faults);
        if (faults.count() == before) report.checked.emplace_back("verdict: names this trace and its outputs");
    }

    // The access table to compare: the statement's, or the whole one that it was folded from.
    void unfold() {
        if (!report.trace->folded || !check_log_digest(directory, store::kFilesFile, *report.trace, faults)) return;
        std::vector<run::FileEntry> files;
        const auto before = faults.count();
        const auto status =
            read_folded_files(directory + '/' + store::kFilesFile, [&](std::size_t line, auto entry) -> Status {
                if (entry)
                    files.push_back(std::move(*entry));
                else
                    faults.add_at(store::kFilesFile, fmt::format("{} line {}", store::kFilesFile, line),
                                  entry.error().message);
                return {};
            });
        if (!status) faults.add(store::kFilesFile, "cannot be read to its end: " + status.error().message);
        report.trace->record.files = std::move(files);
        if (faults.count() == before)
            report.checked.push_back(
                fmt::format("{}: {} entries", store::kFilesFile, report.trace->record.files.size()));
    }

    void check_log() {
        if (!check_log_digest(directory, store::kEventsFile, *report.trace, faults)) return;
        const auto before = faults.count();
        const auto replayed = replay_log(directory + '/' + store::kEventsFile, report.trace->record.info, faults);
        if (!replayed) return;
        const auto stated = as_stated(*replayed, faults);
        if (!stated) return;
        compare_records(report.trace->record, *stated, faults);
        if (faults.count() == before)
            report.checked.push_back(fmt::format(
                "{}: replayed, gives the same {} processes, {} files, {} connections and ledger", store::kEventsFile,
                stated->processes.size(), stated->files.size(), stated->connections.size()));
    }

    void check_files_on_disk() {
        auto disk = check_disk(report.trace->record.files);
        report.checked.push_back(
            fmt::format("on disk: {} files have the content recorded, {} are not there any more, {} differ", disk.same,
                        disk.gone, disk.changed.size()));
        report.changed_on_disk = std::move(disk.changed);
    }

    Status all() {
        const auto trace = read(store::kTraceFile);
        if (trace) check_trace(*trace);
        if (auto listed = check_listing(directory, report.trace && report.trace->folded, faults); !listed)
            return listed;
        check_verdict_file(trace);
        if (!report.trace) return {};
        unfold();
        check_log();
        if (options.files) check_files_on_disk();
        return {};
    }
};

void close_report(Report& report, const FaultList& faults) {
    report.faults = faults.take();
    report.verified = report.faults.empty() && report.changed_on_disk.empty();
}

}  // namespace

Result<Report> verify_run(const std::string& directory, const Options& options) {
    struct stat status {};
    if (::stat(directory.c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
        return fail(ErrorKind::kNotFound, directory + ": is not a run directory", "`track runs` lists the runs");
    bool any = false;
    for (const auto* name : {store::kTraceFile, store::kVerdictFile, store::kEventsFile})
        any = any || ::lstat((directory + '/' + name).c_str(), &status) == 0;
    if (!any)
        return fail(ErrorKind::kNotFound, directory + ": holds no evidence",
                    "a run directory holds trace.sigstore.json");
    RunVerifier verifier{directory, options};
    try {
        if (auto checked = verifier.all(); !checked) return fail(checked.error());
    } catch (const std::exception& error) {
        // Libraries throw on input that nobody foresaw; hostile evidence is not verified and must not end the verifier.
        verifier.faults.add(directory, std::string("cannot be checked: ") + error.what());
    }
    close_report(verifier.report, verifier.faults);
    return std::move(verifier.report);
}

Result<Report> verify_bundle_file(const std::string& path, const Options& options) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return fail(ErrorKind::kNotFound, path + ": there is no such file");
    Report report;
    FaultList faults;
    try {
        if (const auto file = read_signed_file(path, path, faults)) {
            if (check_signature(*file, path, options, faults))
                report.checked.push_back(path + ": signed by key " + options.key->id());
            auto trace = evidence::read_trace(file->bundle.payload);
            auto verdict = evidence::read_verdict(file->bundle.payload);
            if (trace) {
                report.incomplete = !trace->record.completeness.complete;
                report.checked.push_back(path + ": a runtime trace");
                report.trace = std::move(*trace);
            } else if (verdict) {
                report.checked.push_back(path + ": a verdict");
                report.verdict = std::move(*verdict);
            } else {
                const bool looks_like_verdict =
                    file->bundle.payload.find(evidence::kVerdictPredicate) != std::string::npos;
                faults.add(path, "the statement: " + (looks_like_verdict ? verdict.error() : trace.error()).message);
            }
        }
    } catch (const std::exception& error) {
        faults.add(path, std::string("cannot be checked: ") + error.what());
    }
    close_report(report, faults);
    return report;
}

}  // namespace fstracker::verify
