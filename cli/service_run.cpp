// SPDX-License-Identifier: Apache-2.0
#include "cli/service_run.hpp"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>

#include <nlohmann/json.hpp>

#include "capture/launcher.hpp"
#include "capture/supervisor.hpp"
#include "cli/service.hpp"
#include "core/base/errno_error.hpp"
#include "core/report/summary.hpp"
#include "core/verify/verify.hpp"

namespace fstracker::cli {

namespace {

using control::Client;
using Clock = std::chrono::steady_clock;

// The service reads the rules before it answers, and the kernel side may have to be loaded.
constexpr control::Milliseconds kStart{60'000};
constexpr control::Milliseconds kSend{10'000};
// A service that is upgraded or was killed comes back within this time, or somebody has to look after it.
constexpr auto kReturn = std::chrono::seconds(60);
constexpr int kTrackerFailed = 125;
constexpr std::size_t kLongestCommand = std::size_t{64} << 10;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

std::vector<control::Bytes> shown(const std::vector<std::string>& command) {
    std::vector<control::Bytes> bytes;
    std::size_t left = kLongestCommand;
    for (const std::string& argument : command) {
        bytes.push_back({argument.substr(0, left)});
        left -= bytes.back().bytes.size();
        if (left == 0) break;
    }
    return bytes;
}

Error not_executed(int error, const std::string& command) {
    Error result = base::errno_error(error, command);
    result.hint = error == ENOENT ? "check the name and PATH" : "is it a program, and may you execute it?";
    return result;
}

// The outcome, from whichever service there is: the one that recorded may have been followed by another.
Result<control::Outcome> wait_for_outcome(std::optional<Client> service, const std::string& run) {
    for (auto until = Clock::now() + kReturn;;) {
        if (service) {
            auto answer = service->next<control::FinishRun>(control::kForever);
            if (answer && answer->reply.outcome && !answer->continues) return std::move(*answer->reply.outcome);
            if (answer) continue;
            if (answer.error().trouble != control::Trouble::kClosed) return fail(answer.error().error);
            service.reset();
            until = Clock::now() + kReturn;
        }
        auto again = Client::connect(service_socket(), kSend);
        if (again && again->begin<control::FinishRun>({run}, true, kSend)) {
            service.emplace(std::move(*again));
            continue;
        }
        if (Clock::now() > until)
            return fail(ErrorKind::kSystem, "the service that records the run has gone",
                        "once it is there again it goes on with it: track report " + run);
        constexpr auto kPause = std::chrono::milliseconds(100);
        std::this_thread::sleep_for(kPause);
    }
}

// Record and judgement, as the evidence has them, and the copy that --out asks for.
void take_evidence(const capture::RunRequest& request, const control::Outcome& told, capture::RunOutcome& outcome) {
    const auto problem = [&](Error error) {
        outcome.problems.push_back(std::move(error));
        outcome.exit_status = kTrackerFailed;
    };
    const auto summary = nlohmann::json::parse(told.summary ? told.summary->text : "", nullptr, false);
    if (!summary.is_object()) {
        if (outcome.problems.empty()) problem({ErrorKind::kSystem, "the run was not recorded", ""});
        return;
    }
    if (const auto seconds = summary.find("seconds"); seconds != summary.end() && seconds->is_object()) {
        outcome.finish_seconds = seconds->value("finish", 0.0);
        outcome.command_seconds = seconds->value("command", outcome.command_seconds);
    }
    if (const auto counts = summary.find("counts"); counts != summary.end() && counts->is_object())
        outcome.bytes_hashed = counts->value("bytesHashed", std::uint64_t{0});
    auto service = Client::connect(service_socket(), kSend);
    if (!service) return problem(service.error().error);
    const auto borrowed = borrow_run(*service, outcome.run_id);
    if (!borrowed) return problem(borrowed.error());
    auto documents = verify::read_run(*borrowed);
    if (!documents) return problem(documents.error());
    outcome.record = std::move(documents->trace.record);
    if (documents->verdict) outcome.judgement = std::move(documents->verdict->judgement);
    outcome.directory = summary.value("directory", std::string());
    if (request.out.empty()) return;
    const mode_t mask = ::umask(0);
    ::umask(mask);
    if (auto copied = copy_run(*service, outcome.run_id, request.out, 0777U & ~mask); !copied)
        return problem(copied.error().within("--out"));
    outcome.directory = request.out;
}

}  // namespace

Result<capture::RunOutcome> record_run_by_service(const capture::RunRequest& request, const std::string& project,
                                                  const std::vector<std::string>& after, HandedOver handed_over) {
    const capture::SignalState signals = capture::take_over_signals();
    // The command has none of what this process opens from here on.
    auto launcher = capture::Launcher::fork_gated(request.command, signals);
    if (!launcher) return fail(launcher.error());
    auto connected = Client::connect(service_socket(), kSend);
    if (!connected) return fail(connected.error().error);
    Client service = std::move(*connected);
    control::Descriptors descriptors;
    descriptors.emplace_back(static_cast<int>(::syscall(SYS_pidfd_open, (*launcher)->pid(), 0)));
    if (!descriptors.back()) return base::fail_errno(errno, "the command's process");
    for (base::Fd& memory : handed_over.memory) descriptors.push_back(std::move(memory));
    control::StartRun::Parameters start;
    start.command = shown(request.command);
    start.pipeline = request.pipeline;
    start.step = request.step;
    start.project = control::Bytes{project};
    start.digest = request.digest;
    if (!after.empty()) start.after = after;
    if (!handed_over.files.empty()) start.files = std::move(handed_over.files);
    auto begun = service.call<control::StartRun>(start, kStart, std::move(descriptors));
    if (!begun) {
        Error error = begun.error().error.within("the service");
        if (error.hint.empty()) error.hint = "track --local records without it";
        return fail(std::move(error));
    }
    capture::RunOutcome outcome;
    outcome.run_id = begun->reply.run;
    const auto command_start = Clock::now();
    if (const int error = (*launcher)->release(); error != 0) {
        ::waitpid((*launcher)->pid(), nullptr, 0);
        outcome.exit_status = error == ENOENT ? 127 : 126;
        outcome.problems.push_back(not_executed(error, request.command.front()));
        return outcome;
    }
    outcome.command_started = true;
    std::optional<Client> waiting;
    if (service.begin<control::FinishRun>({outcome.run_id}, true, kSend)) waiting.emplace(std::move(service));
    const auto status = capture::supervise((*launcher)->pid());
    outcome.command_seconds = seconds_since(command_start);
    const auto finish_start = Clock::now();
    outcome.exit_status = status ? report::shell_status(*status) : kTrackerFailed;
    if (!status) outcome.problems.push_back(status.error());

    const auto told = wait_for_outcome(std::move(waiting), outcome.run_id);
    if (!told) {
        outcome.problems.push_back(told.error());
        outcome.exit_status = kTrackerFailed;
        return outcome;
    }
    for (const control::Problem& problem : told->problems)
        outcome.problems.push_back({ErrorKind::kSystem, problem.message, problem.hint.value_or("")});
    if (told->exit_code == kTrackerFailed) outcome.exit_status = kTrackerFailed;
    take_evidence(request, *told, outcome);
    outcome.finish_seconds = seconds_since(finish_start);
    return outcome;
}

}  // namespace fstracker::cli
