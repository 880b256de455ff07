// SPDX-License-Identifier: Apache-2.0
#include "capture/run_parts.hpp"

#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <exception>
#include <future>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "capture/parser/parser.hpp"
#include "capture/write_evidence.hpp"
#include "core/artifact/inspector.hpp"
#include "core/base/clock.hpp"
#include "core/base/parts.hpp"
#include "core/store/index.hpp"

namespace fstracker::capture {

namespace {

// The index of what dpkg lists lies beside the digest cache.
artifact::PackageLists package_lists(const RunRequest& request) {
    artifact::PackageLists lists;
    const std::size_t slash = request.cache_file.rfind('/');
    if (slash != std::string::npos) lists.dpkg_index = request.cache_file.substr(0, slash) + "/dpkg";
    return lists;
}

// Frees it while the evidence is written, which comes first.
std::future<void> free_beside(run::Run run) {
    return std::async(base::kBesideOrLater, [run = std::move(run)]() mutable {
        constexpr int kLeast = 19;
        setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kLeast);
        run = run::Run();
    });
}

// Writes the evidence of what was recorded; `freed` is what is freed meanwhile.
Result<WrittenEvidence> conclude(Recorder& recorder, run::RunInfo info, const EvidenceRequest& request,
                                 std::future<void>& freed) {
    try {
        run::Record record = recorder.take_record(std::move(info));
        freed = free_beside(recorder.take_run());
        return write_evidence(std::move(record), request);
    } catch (const std::exception& problem) {
        return fail(ErrorKind::kSystem, problem.what());
    }
}

}  // namespace

Result<sign::PrivateKey> signing_key(const RunRequest& request) {
    auto key = sign::load_private_key(request.key_path, request.key_passphrase);
    if (key || request.key_path_given || key.error().kind != ErrorKind::kNotFound) return key;
    auto made = sign::create_key_files(request.key_path, sign::KeyType::kEcdsaP256);
    if (made) return made;
    key = sign::load_private_key(request.key_path, request.key_passphrase);  // another first run may have been faster
    return key ? std::move(key) : std::move(made);
}

Result<digest::HasherOptions> hasher_options(const RunRequest& request) {
    digest::HasherOptions options;
    options.cache = request.cache_file;
    options.inspector = artifact::content_inspector(sandboxed_parser());
    if (request.digest == "full") return options;
    std::uint64_t largest = 0;
    if (request.digest != "none") {
        const char* end = request.digest.data() + request.digest.size();
        if (const auto parsed = std::from_chars(request.digest.data(), end, largest);
            parsed.ec != std::errc() || parsed.ptr != end)
            return fail(ErrorKind::kInvalid,
                        fmt::format("digest mode '{}' is not full, none or a number of bytes", request.digest));
    }
    options.largest = largest;
    return options;
}

void set_apart_from_watched(const SourceInfo& source, digest::HasherOptions& options) {
    if (!source.sees_writers && !options.cache.empty()) options.cache += ".unwatched";
}

run::RunInfo describe(const RunRequest& request, const SourceInfo& source, std::string id) {
    run::RunInfo info;
    utsname machine{};
    uname(&machine);
    info.id = std::move(id);
    info.pipeline = request.pipeline;
    info.step = request.step;
    info.host = std::string("urn:fstracker:host:") + machine.nodename;
    info.backend = source.backend;
    info.hooks = source.hooks;
    info.digest_mode = request.digest;
    info.version = request.version;
    info.kernel = machine.release;
    info.configuration = request.configuration;
    info.started = base::unix_time();
    return info;
}

void record_or_give_up(Recorder& recorder, const CommandEnd& end) {
    try {
        recorder.record(end);
    } catch (const std::exception& problem) {
        recorder.give_up(
            Error{ErrorKind::kSystem, problem.what(), "is there memory enough, by ulimit and cgroup too?"});
    }
}

void write_down(RunParts& parts, std::chrono::steady_clock::time_point finish_start, RunOutcome& outcome) {
    outcome.bytes_hashed = parts.hasher.totals().bytes_hashed;
    if (const auto& failure = parts.recorder.failure()) {
        outcome.problems.push_back(failure->within("recording"));
        outcome.exit_status = 125;
    }
    digest::Inspections inspections = parts.hasher.take_inspections();
    if (parts.inspections_before != nullptr) inspections.add(*parts.inspections_before);
    const EvidenceRequest evidence{parts.directory,
                                   parts.log,
                                   parts.key,
                                   outcome.exit_status,
                                   outcome.command_seconds,
                                   finish_start,
                                   outcome.bytes_hashed,
                                   Recording::kLived,
                                   parts.watch,
                                   &inspections,
                                   parts.request.roles,
                                   package_lists(parts.request),
                                   parts.request.criteria,
                                   parts.request.owner};
    std::future<void> freed;
    auto written = conclude(parts.recorder, std::move(parts.info), evidence, freed);
    if (!written) {
        Error problem = written.error().within("writing the evidence");
        problem.hint = "what was recorded is kept; 'track runs' makes an incomplete run of it once that is mended";
        outcome.problems.push_back(std::move(problem));
        outcome.exit_status = 125;
        return;
    }
    outcome.record = std::move(written->record);
    outcome.judgement = std::move(written->judgement);
}

void note_in_index(const std::string& store_root, const std::string& id, const run::Record& record) {
    try {
        const auto index = store::Index::open(store_root);
        if (index) static_cast<void>((*index)->add(id, record));
    } catch (const std::exception&) {
        // no memory: it is derived from what is safe on the disk
    }
}

}  // namespace fstracker::capture
