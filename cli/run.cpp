// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/stat.h>

#include <bit>
#include <charconv>
#include <memory>
#include <utility>

#include "capture/record_run.hpp"
#include "cli/criteria.hpp"
#include "cli/handed_over.hpp"
#include "cli/places.hpp"
#include "cli/run_options.hpp"
#include "cli/run_summary.hpp"
#include "cli/service.hpp"
#include "cli/service_run.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/base/durable_file.hpp"
#include "core/report/summary.hpp"
#include "fstracker/version.hpp"

namespace fstracker::cli {
namespace {

constexpr int kFindings = 123;
constexpr int kTrackerFailed = 125;

// $FSTRACKER_RING_BYTES and $FSTRACKER_BTF: for kernels and loads that the usual choice does not fit.
Status take_capture_settings(capture::RunRequest& request) {
    request.btf = environment("FSTRACKER_BTF").value_or("");
    const auto given = environment("FSTRACKER_RING_BYTES");
    if (!given) return {};
    const auto* end = given->data() + given->size();
    const auto parsed = std::from_chars(given->data(), end, request.ring_bytes);
    if (parsed.ec == std::errc() && parsed.ptr == end && std::has_single_bit(request.ring_bytes)) return {};
    return fail(ErrorKind::kInvalid, "FSTRACKER_RING_BYTES=" + *given + ": is no power of two",
                "leave it out, or write a number of bytes such as 67108864");
}

// Said before the command starts: afterwards it would be too late.
Status check_folder_of(const char* option, const std::string& path) {
    if (path.empty()) return {};
    const auto end = path.find_last_not_of('/');
    const auto slash = end == std::string::npos ? 0 : path.rfind('/', end);
    const auto folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
    struct stat status {};
    if (::stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return {};
    return fail(ErrorKind::kNotFound, fmt::format("{} {}: there is no folder {}", option, path, folder),
                "make the folder first");
}

// `run` is what the request refers to, and must outlive it.
Result<capture::RunRequest> make_request(const RunOptions& options, const std::vector<std::string>& command,
                                         Recorder recorder, project::Files& files, JudgedRun& run) {
    if (auto status = check_folder_of("--summary", options.summary); !status) return fail(status.error());
    if (auto status = check_folder_of("--out", options.out); !status) return fail(status.error());
    auto judged = judged_run(files, options, command, recorder);
    if (!judged) return fail(judged.error());
    run = std::move(*judged);

    capture::RunRequest request;
    request.command = command;
    request.pipeline = run.asked.pipeline;
    request.step = run.asked.step;
    request.configuration = run.judging.configuration;
    request.roles = run.judging.roles;
    request.rules = &run.judging.rules.rules;
    request.criteria = run.judging.criteria.criteria;

    auto store = store_root();
    if (!store) return fail(store.error());
    request.store_root = *store;
    request.out = options.out;
    request.cache_file = cache_file();
    request.key_path_given = !options.key.empty();
    if (request.key_path_given) {
        request.key_path = options.key;
    } else {
        auto key = default_key_path();
        if (!key) return fail(key.error());
        request.key_path = *key;
    }
    request.key_passphrase = key_passphrase();
    request.backend = options.backend;
    auto digest = digest_mode(options.digest);
    if (!digest) return fail(digest.error());
    request.digest = *digest;
    request.version = std::string(kVersion);
    if (auto status = take_capture_settings(request); !status) return fail(status.error());
    return request;
}

// Whether --fail-on LEVEL makes a run that succeeded fail.
bool fails(const std::string& level, const judge::Judgement& judgement) {
    if (level == "never") return false;
    if (level == "incomplete" && judgement.verdict == judge::Verdict::kIncomplete) return true;
    for (const auto& incident : judgement.incidents) {
        if (incident.suppressed) continue;
        const auto least = level == "critical" ? judge::Level::kCritical
                           : level == "high"   ? judge::Level::kHigh
                           : level == "medium" ? judge::Level::kMedium
                                               : judge::Level::kLow;
        if (incident.level >= least) return true;
    }
    return false;
}

int tell_outcome(const RunOptions& options, const capture::RunOutcome& outcome) {
    for (const auto& problem : outcome.problems) tell_error(problem);
    if (!outcome.record || !outcome.judgement) {
        if (outcome.command_started && outcome.problems.empty())
            tell_error({ErrorKind::kSystem, "the run was not recorded", ""});
        return outcome.exit_status;
    }
    int status = outcome.exit_status;
    if (status == 0 && fails(options.fail_on, *outcome.judgement)) status = kFindings;
    if (!options.summary.empty()) {
        const auto text =
            report::summary_json(*outcome.record, *outcome.judgement, outcome.directory, outcome.exit_status,
                                 {outcome.command_seconds, outcome.finish_seconds, outcome.bytes_hashed});
        if (auto written = base::write_file_durably(options.summary, text); !written) {
            tell_error(written.error().within("--summary"));
            status = kTrackerFailed;
        }
    }
    if (options.json)
        write_run_json(outcome);
    else if (!options.quiet)
        write_run_summary(outcome, options.verbose);
    return status;
}

// The service where it listens, unless the caller wants a key or a backend of its own.
Result<Recorder> recorder_for(const RunOptions& options) {
    if (options.local || !options.key.empty() || options.backend != "auto") return Recorder::kThisProcess;
    return connect_to_service().map(
        [](const auto& service) { return service.has_value() ? Recorder::kService : Recorder::kThisProcess; });
}

Result<capture::RunOutcome> record_by_service(const RunOptions& options, const capture::RunRequest& request,
                                              const project::DiskFiles& files, const JudgedRun& judged) {
    auto given = handed_over(files, judged);
    if (!given) return fail(given.error());
    return record_run_by_service(request, judged.project.root, options.after, std::move(*given));
}

Result<int> run(const RunOptions& options, const Trailer& trailer) {
    if (!trailer.separator || trailer.command.empty())
        return fail(ErrorKind::kInvalid, "no command was given", "write it after --, as in: track -- python3 train.py");
    const auto recorder = recorder_for(options);
    if (!recorder) return fail(recorder.error());
    JudgedRun judged;
    project::DiskFiles files;
    const auto request = make_request(options, trailer.command, *recorder, files, judged);
    if (!request) return fail(request.error());
    if (options.verbose) write_request(*request);
    const auto outcome = *recorder == Recorder::kService ? record_by_service(options, *request, files, judged)
                                                         : capture::record_run(*request);
    if (!outcome) return fail(outcome.error());
    return tell_outcome(options, *outcome);
}

Action declare(CLI::App& app, const Trailer& trailer) {
    auto options = std::make_shared<RunOptions>();
    declare_run_options(app, *options);
    return [options, trailer] { return run(*options, trailer); };
}

}  // namespace

const Verb kRunVerb = {"run",
                       "[run] [OPTIONS] -- COMMAND [ARG]...",
                       "Run a command and record what its process tree touches",
                       "Runs COMMAND and sees every file opened, library loaded and program executed anywhere in its "
                       "process tree, binds each "
                       "to the digest of its bytes, and writes the record as signed evidence. The word run may be left "
                       "out. Everything after "
                       "-- belongs to the command.\n\n"
                       "The command's standard streams, terminal, signals, working directory and environment are "
                       "untouched; nothing of it runs "
                       "before capture is armed. The run ends when the command itself ends.\n\n"
                       "Exit status: the command's own, or 128+N when signal N ended it; 123 when the command "
                       "succeeded and --fail-on says so; "
                       "125 when the tracker itself failed (the command, once started, runs on to its end); 126 when "
                       "the command cannot be "
                       "executed; 127 when it is not found.",
                       true,
                       kTrackerFailed,
                       declare};

}  // namespace fstracker::cli
