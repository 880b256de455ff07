// SPDX-License-Identifier: Apache-2.0
#include "cli/run_options.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

namespace fstracker::cli {

void declare_run_options(CLI::App& app, RunOptions& options) {
    app.add_option(
           "--pipeline", options.pipeline,
           "What the run belongs to. Default: the project file's, else the CI system's variables, else the name of the "
           "project's folder (the nearest one upwards with .fstracker.yaml or .git)")
        ->type_name("NAME");
    app.add_option(
           "--step", options.step,
           "The step. Default: the first of the project file's steps that matches, else the script's name for an "
           "interpreter, else the command's base name")
        ->type_name("NAME");
    app.add_option("--out", options.out, "Write the run directory to exactly DIR. Default: a new one in the run store")
        ->type_name("DIR");
    app.add_option(
           "--fail-on", options.fail_on,
           "Exit 123 when the command succeeded and the run has a finding of this level or above: never, incomplete "
           "(also when the run is not complete), low, medium, high, critical. Default: never")
        ->type_name("LEVEL")
        ->check(CLI::IsMember({"never", "incomplete", "low", "medium", "high", "critical"}));
    app.add_option(
           "--backend", options.backend,
           "How the kernel is watched: auto, lsm, fentry, tracepoint, ptrace. Default: auto, the strongest that this "
           "host allows; see track doctor")
        ->type_name("NAME")
        ->check(CLI::IsMember({"auto", "lsm", "fentry", "tracepoint", "ptrace"}));
    app.add_flag("--local", options.local, "Record in this process although the service is there");
    app.add_option("--key", options.key,
                   "PEM private key to sign with. Default: fstracker/key.pem in $XDG_CONFIG_HOME or ~/.config, made on "
                   "first use")
        ->type_name("FILE");
    app.add_option("--digest", options.digest,
                   "What is hashed: full, none, or a size such as 4GiB above which a file is recorded as unhashed. "
                   "Default: full")
        ->type_name("MODE");
    app.add_option("--summary", options.summary, "Write the run summary as JSON to FILE")->type_name("FILE");
    app.add_option(
           "--baseline", options.baseline,
           "Judge against this baseline. Default: .fstracker/baseline/PIPELINE/STEP.yaml of the project, where it is")
        ->type_name("FILE");
    app.add_option("--baseline-key", options.baseline_key,
                   "Public key, PEM: the baseline has to be there and signed with it (track baseline sign), or nothing "
                   "is run. Default: $FSTRACKER_BASELINE_KEY, else a baseline need not be signed")
        ->type_name("FILE");
    app.add_option("--after", options.after,
                   "A run whose outputs this step consumes; may be given again. Default: the newest of each step that "
                   "the project's inputs_from names")
        ->type_name("RUN")
        ->expected(1)
        ->take_all();
    app.add_option(
           "--rules", options.rules,
           "More Sigma rules, a file or a folder, beside those that came with track and those of the project in "
           ".fstracker/rules")
        ->type_name("PATH")
        ->expected(1)
        ->take_all();
    auto* quiet = app.add_flag("--quiet,-q", options.quiet, "No summary block on standard error");
    app.add_flag("--verbose,-v", options.verbose,
                 "Also how the run is recorded, and everything that could not be observed")
        ->excludes(quiet);
    app.add_flag("--json", options.json, "The summary on standard error as one line of JSON")->excludes(quiet);
}

Result<std::string> digest_mode(const std::string& text) {
    if (text == "full" || text == "none") return text;
    const auto refuse = [&text] {
        return fail(ErrorKind::kInvalid, "--digest " + text + ": is neither full nor none nor a size",
                    "write a size as 500MB, 4GiB or a number of bytes");
    };
    std::uint64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    if (parsed.ec != std::errc() || number == 0) return refuse();
    const std::string_view unit(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
    struct Unit {
        std::string_view name;
        std::uint64_t bytes;
    };
    constexpr std::array<Unit, 10> kUnits = {{{"", 1},
                                              {"B", 1},
                                              {"KB", 1000},
                                              {"MB", 1000000},
                                              {"GB", 1000000000},
                                              {"TB", 1000000000000},
                                              {"KiB", 1ULL << 10U},
                                              {"MiB", 1ULL << 20U},
                                              {"GiB", 1ULL << 30U},
                                              {"TiB", 1ULL << 40U}}};
    for (const auto& known : kUnits) {
        if (known.name == unit && number <= UINT64_MAX / known.bytes) return std::to_string(number * known.bytes);
    }
    return refuse();
}

}  // namespace fstracker::cli
