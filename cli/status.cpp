// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/service.hpp"
#include "cli/table.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/report/printable.hpp"
#include "core/report/words.hpp"

namespace fstracker::cli {
namespace {

using report::printable;

constexpr int kNone = 1;
constexpr int kNotRead = 2;
constexpr control::Milliseconds kPatience{10'000};

const char* word(control::State state) {
    switch (state) {
        case control::State::kRecording: return "recording";
        case control::State::kFinishing: return "finishing";
        case control::State::kDone: return "done";
        case control::State::kInterrupted: return "interrupted";
    }
    return "";
}

std::string user_of(const control::Run& run) { return run.user.value_or(std::to_string(run.uid)); }

std::string age_text(std::uint64_t seconds) {
    constexpr std::uint64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;
    if (seconds < kMinute) return fmt::format("{} s", seconds);
    if (seconds < kHour) return fmt::format("{} min", seconds / kMinute);
    if (seconds < kDay) return fmt::format("{} h {} min", seconds / kHour, seconds % kHour / kMinute);
    return fmt::format("{} d {} h", seconds / kDay, seconds % kDay / kHour);
}

std::string as_text(const control::GetStatus::Reply& status) {
    std::string out = fmt::format("fstrackerd {}, up for {}, backend {}\n", printable(status.version),
                                  age_text(status.uptime), printable(status.backend.value_or("none")));
    if (status.store)
        out += fmt::format("store {}: {}, {}; {} free\n", printable(status.store->path),
                           report::counted(status.store->runs, "run", "runs"), report::size_text(status.store->bytes),
                           report::size_text(status.store->free));
    for (const auto& problem : status.problems) {
        out += "PROBLEM " + printable(problem.message) + '\n';
        if (problem.hint) out += "        hint: " + printable(*problem.hint) + '\n';
    }
    if (status.runs.empty()) return out + "nothing is being recorded\n";
    std::vector<std::vector<std::string>> rows;
    for (const auto& run : status.runs)
        rows.push_back({printable(run.run), word(run.state), printable(user_of(run)), printable(run.pipeline),
                        printable(run.step)});
    return out + table({{"RUN"}, {"STATE"}, {"USER"}, {"PIPELINE"}, {"STEP"}}, rows, table_width());
}

nlohmann::json as_json(const control::GetStatus::Reply& status) {
    nlohmann::json out = {{"version", status.version},
                          {"backend", status.backend ? nlohmann::json(*status.backend) : nlohmann::json(nullptr)},
                          {"hooks", status.hooks},
                          {"startedOn", status.started},
                          {"uptime", status.uptime},
                          {"runs", nlohmann::json::array()},
                          {"problems", nlohmann::json::array()}};
    if (status.store)
        out["store"] = {{"path", status.store->path},
                        {"runs", status.store->runs},
                        {"bytes", status.store->bytes},
                        {"free", status.store->free}};
    for (const auto& run : status.runs)
        out["runs"].push_back({{"run", run.run},
                               {"state", word(run.state)},
                               {"uid", run.uid},
                               {"pipeline", run.pipeline},
                               {"step", run.step},
                               {"startedOn", run.started}});
    for (const auto& problem : status.problems)
        out["problems"].push_back({{"message", problem.message}, {"hint", problem.hint.value_or("")}});
    return out;
}

Result<int> run(bool json) {
    auto service = connect_to_service();
    if (!service) return fail(service.error());
    if (!*service) {
        if (auto printed = print(json ? std::string("null\n")
                                      : "no service listens for this user on " + printable(service_socket()) +
                                            ": track records by itself\n");
            !printed)
            return fail(printed.error());
        return kNone;
    }
    const auto status = (*service)->call<control::GetStatus>({}, kPatience);
    if (!status) return fail(status.error().error);
    if (auto printed = print(json ? as_json(status->reply).dump(2) + '\n' : as_text(status->reply)); !printed)
        return fail(printed.error());
    return status->reply.problems.empty() ? 0 : kNone;
}

Action declare(CLI::App& app, const Trailer&) {
    auto json = std::make_shared<bool>(false);
    app.add_flag("--json", *json, "As JSON; null where no service listens");
    return [json] { return run(*json); };
}

}  // namespace

const Verb kStatusVerb = {"status",
                          "status [--json]",
                          "Show how the service does and what it records now",
                          "Asks fstrackerd on $FSTRACKER_SOCKET, else /run/fstracker/control.sock. A user sees runs of "
                          "their own, root sees all.\n\n"
                          "Exit status: 0; 1 when no service listens or it says that something is wrong; 2 when what "
                          "listens does not answer.",
                          false,
                          kNotRead,
                          declare};

}  // namespace fstracker::cli
