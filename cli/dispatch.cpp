// SPDX-License-Identifier: Apache-2.0
#include "cli/dispatch.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/help.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "fstracker/version.hpp"

namespace fstracker::cli {
namespace {

constexpr int kWrongUsage = 2;

int refuse(int status, const std::string& message, const std::string& hint) {
    tell_error({ErrorKind::kInvalid, message, hint});
    return status;
}

int say(const std::string& text) {
    const auto printed = print(text);
    if (printed) return 0;
    tell_error(printed.error());
    return kWrongUsage;
}

int help(const std::vector<std::string>& words) {
    if (words.empty()) return say(overview());
    if (words.front() == "--man") return say(man_page());
    if (words.front() == "help") return say(overview());
    if (const auto* verb = find_verb(words.front())) return say(verb_help(*verb, width_of(STDOUT_FILENO)));
    return refuse(kWrongUsage, "there is no verb " + words.front(), "track --help lists the verbs");
}

int unknown_verb(const std::string& word) {
    if (is_future_verb(word))
        return refuse(kWrongUsage, word + ": not in this version of track",
                      "track --help lists the verbs of this version");
    return refuse(kWrongUsage, "there is no verb " + word,
                  "to run it as a command write: track -- " + word + " …; track --help lists the verbs");
}

int run_verb(const Verb& verb, std::vector<std::string> words, const Trailer& trailer) {
    CLI::App app;
    app.allow_extras();  // refused below, by name
    const auto action = declare_verb(verb, app, trailer);
    const auto usage_hint = fmt::format("usage: track {}; track help {}", verb.usage, verb.name);
    try {
        std::reverse(words.begin(), words.end());  // as CLI11 wants them
        app.parse(words);
    } catch (const CLI::CallForHelp&) {
        return say(verb_help(verb, width_of(STDOUT_FILENO)));
    } catch (const CLI::ParseError& error) {
        return refuse(verb.failure_status, error.what(), usage_hint);
    }
    if (const auto extras = app.remaining(); !extras.empty()) {
        const bool forgot = verb.takes_command && !trailer.separator;
        return refuse(verb.failure_status, "unexpected argument: " + extras.front(),
                      forgot ? "write -- before the command, as in: track -- python3 train.py" : usage_hint);
    }
    const auto status = action();
    if (status) return *status;
    tell_error(status.error());
    return verb.failure_status;
}

}  // namespace

int dispatch(const std::vector<std::string>& arguments) {
    const auto separator = std::find(arguments.begin(), arguments.end(), "--");
    std::vector<std::string> words(arguments.begin(), separator);
    Trailer trailer;
    if (separator != arguments.end()) trailer = {true, {separator + 1, arguments.end()}};

    if (words.empty() && !trailer.separator)
        return refuse(kRunVerb.failure_status, "no command was given",
                      "track -- python3 train.py runs and records one; track --help lists the verbs");
    if (!words.empty() && !trailer.separator) {
        if (words.front() == "--version")
            return say(fmt::format("track {}{}{}\n", kVersion, kCommit.empty() ? "" : " ", kCommit));
        if (words.front() == "--help" || words.front() == "-h") return say(overview());
        if (words.front() == "help") return help({words.begin() + 1, words.end()});
    }
    const bool named = !words.empty() && words.front().rfind('-', 0) != 0;
    const auto* verb = named ? find_verb(words.front()) : &kRunVerb;
    if (verb == nullptr) return unknown_verb(words.front());
    if (named) words.erase(words.begin());
    if (!verb->takes_command && trailer.separator) {
        // For the other verbs "--" only ends the options.
        words.emplace_back("--");
        words.insert(words.end(), trailer.command.begin(), trailer.command.end());
    }
    return run_verb(*verb, words, trailer);
}

}  // namespace fstracker::cli
