// SPDX-License-Identifier: Apache-2.0
#include "core/verify/run_check.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "core/base/errno_error.hpp"
#include "core/base/fd.hpp"
#include "core/base/hex.hpp"
#include "core/digest/digest.hpp"
#include "core/store/run_store.hpp"

namespace fstracker::verify {
namespace {

bool is_log(const evidence::Subject& subject) {
    return subject.name == store::kEventsFile || subject.name == store::kFilesFile;
}

bool may_lie_here(const std::string& name, bool folded) {
    if (name == store::kFilesFile) return folded;
    return name == store::kTraceFile || name == store::kVerdictFile || name == store::kEventsFile ||
           name == store::kSummaryFile || name.rfind("report.", 0) == 0;
}

std::string text(const event::Sha256& digest) { return "sha256:" + base::to_hex(digest); }

using Outputs = std::multiset<std::pair<std::string, event::Sha256>>;

Outputs outputs_of(const std::vector<evidence::Subject>& subjects) {
    Outputs outputs;
    for (const auto& subject : subjects) {
        if (!is_log(subject)) outputs.emplace(subject.name, subject.digest);
    }
    return outputs;
}

}  // namespace

Status check_listing(const std::string& directory, bool folded, FaultList& faults) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        const auto name = entry->path().filename().string();
        struct stat status {};
        if (::lstat(entry->path().c_str(), &status) != 0) continue;
        if (!may_lie_here(name, folded))
            faults.add_at("directory", name, "does not belong into a run directory");
        else if (!S_ISREG(status.st_mode) && name.rfind("trace.", 0) != 0 && name.rfind("verdict.", 0) != 0)
            faults.add_at("directory", name,
                          "is not a regular file");  // of the two bundles it is said where they are read
    }
    if (error) return base::fail_errno(error.value(), directory);
    return {};
}

bool check_log_digest(const std::string& directory, const std::string& name, const evidence::TraceStatement& trace,
                      FaultList& faults) {
    const auto named = [&name](const evidence::Subject& subject) { return subject.name == name; };
    const auto subject = std::find_if(trace.subjects.begin(), trace.subjects.end(), named);
    if (subject == trace.subjects.end()) {
        faults.add(store::kTraceFile, name + " is none of its subjects");
        return false;
    }
    const base::Fd fd(::open((directory + '/' + name).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat status {};
    if (!fd) {
        const int number = errno;
        faults.add(name, number == ENOENT ? "is missing" : base::errno_error(number, "cannot be opened").message);
        return false;
    }
    if (::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;  // said by check_listing
    const auto hashed = digest::sha256_of(fd.get());
    if (!hashed) {
        faults.add(name, "cannot be read: " + hashed.error().message);
        return false;
    }
    if (hashed->digest == subject->digest) return true;
    faults.add(name, "its digest is " + text(hashed->digest) + ", the trace says " + text(subject->digest));
    return false;
}

void check_subjects(const evidence::TraceStatement& trace, FaultList& faults) {
    std::map<std::string, int> logs;
    for (const auto& subject : trace.subjects) {
        if (is_log(subject) && ++logs[subject.name] == 2)
            faults.add(store::kTraceFile, subject.name + " is a subject twice");
    }
    if (logs.count(store::kFilesFile) != 0 && !trace.folded)
        faults.add(store::kTraceFile, "files.ndjson.zst is a subject, though the access table is not folded");
    if (trace.folded) return;  // subjects are then directories, as many as fit

    std::set<event::Sha256> subject_digests;
    for (const auto& subject : trace.subjects) {
        if (!is_log(subject)) subject_digests.insert(subject.digest);
    }
    std::set<event::Sha256> file_digests;
    for (const auto& file : trace.record.files) {
        if (!file.digest) continue;
        file_digests.insert(*file.digest);
        if (file.output && subject_digests.count(*file.digest) == 0)
            faults.add(store::kTraceFile, file.path.bytes + " is an output and no subject");
    }
    for (const auto& subject : trace.subjects) {
        if (!is_log(subject) && file_digests.count(subject.digest) == 0)
            faults.add(store::kTraceFile, "the subject " + subject.name + " is no content of the access table");
    }
}

void check_verdict(const evidence::VerdictStatement& verdict, const event::Sha256& trace_digest,
                   const evidence::TraceStatement& trace, FaultList& faults) {
    if (verdict.trace != trace_digest)
        faults.add(store::kVerdictFile,
                   "is about another trace: it names " + text(verdict.trace) + ", this trace is " + text(trace_digest));
    if (outputs_of(verdict.outputs) != outputs_of(trace.subjects))
        faults.add(store::kVerdictFile, "its outputs are not those of the trace");
    if (!trace.record.completeness.complete && verdict.judgement.verdict == judge::Verdict::kClean)
        faults.add(store::kVerdictFile, "says CLEAN of a run that is not complete");
}

}  // namespace fstracker::verify
