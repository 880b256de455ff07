// SPDX-License-Identifier: Apache-2.0
#include "core/verify/verify.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/places.hpp"
#include "cli/service.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/evidence/text.hpp"
#include "core/report/printable.hpp"
#include "core/report/words.hpp"

namespace fstracker::cli {
namespace {

constexpr int kVerified = 0;
constexpr int kNotVerified = 1;
constexpr int kNotRead = 2;

struct VerifyOptions {
    std::vector<std::string> what;
    std::string key;
    std::string certificate;
    bool files = false;
    bool json = false;
};

struct Checked {
    std::string name;  // of a run in the store its id, else as it was given
    verify::Report report;
};

// Without a key the report says that nothing was checked; a key that was named and cannot be had is an error.
Result<std::optional<sign::PublicKey>> key_for(const VerifyOptions& options) {
    const auto& path = options.key.empty() ? options.certificate : options.key;
    auto key = path.empty() ? configured_public_key() : sign::load_public_key(path);
    if (key) return *key;
    if (path.empty() && key.error().kind == ErrorKind::kNotFound) return std::nullopt;
    return fail(key.error());
}

bool is_regular_file(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode);
}

// `how` gets the key that it was verified with, or none.
Result<verify::Report> check(const std::string& what, verify::Options& how, bool key_was_given) {
    if (is_regular_file(what)) return verify::verify_bundle_file(what, how);
    const auto directory = resolve_run(what);
    if (!directory) return fail(directory.error());
    // What the service recorded was signed by the service.
    if (!key_was_given && is_of_service(*directory))
        if (auto key = service_public_key()) how.key = *key;
    return verify::verify_run(*directory, how);
}

std::string text_of(const Checked& checked) {
    const auto& report = checked.report;
    std::string out;
    const auto line = [&out](const std::string& text) { out += report::printable(text) + '\n'; };
    for (const auto& held : report.checked) line("  ok     " + held);
    for (const auto& fault : report.faults) line("  FAULT  " + fault.where + ": " + fault.what);
    for (const auto& changed : report.changed_on_disk) line("  DIFFERS  " + changed);
    if (report.verified) {
        line(report.incomplete
                 ? "verified: " + checked.name + " (the evidence is authentic; the run it records is INCOMPLETE)"
                 : "verified: " + checked.name);
    } else if (report.faults.empty()) {
        line(fmt::format("NOT verified: {}: the evidence is authentic, but on disk {} from it", checked.name,
                         report::counted(report.changed_on_disk.size(), "file differs", "files differ")));
    } else {
        line(fmt::format("NOT verified: {}: {}", checked.name,
                         report::counted(report.faults.size(), "fault", "faults")));
    }
    if (report.incomplete && report.trace) {
        for (const auto& reason : report.trace->record.completeness.reasons) line("  incomplete: " + reason);
    }
    return out;
}

nlohmann::json json_of(const std::string& what, const Checked& checked) {
    const auto& report = checked.report;
    auto faults = nlohmann::json::array();
    for (const auto& fault : report.faults)
        faults.push_back({{"where", evidence::display(fault.where)}, {"what", evidence::display(fault.what)}});
    const auto texts = [](const std::vector<std::string>& values) {
        auto list = nlohmann::json::array();
        for (const auto& value : values) list.push_back(evidence::display(value));
        return list;
    };
    nlohmann::json out = {{"what", evidence::display(what)},  {"verified", report.verified},
                          {"incomplete", report.incomplete},  {"faults", faults},
                          {"checked", texts(report.checked)}, {"changedOnDisk", texts(report.changed_on_disk)}};
    out["run"] =
        report.trace ? nlohmann::json(evidence::display(report.trace->record.info.id)) : nlohmann::json(nullptr);
    out["verdict"] =
        report.verdict ? nlohmann::json(judge::to_text(report.verdict->judgement.verdict)) : nlohmann::json(nullptr);
    return out;
}

Result<int> run(const VerifyOptions& options) {
    auto key = key_for(options);
    if (!key) return fail(key.error());
    int status = kVerified;
    auto all = nlohmann::json::array();
    std::string text;
    bool unchecked = false;
    for (const auto& what : options.what) {
        verify::Options how{*key, options.files};
        auto report = check(what, how, !options.key.empty() || !options.certificate.empty());
        if (!report) {
            tell_error(report.error());
            status = kNotRead;
            all.push_back({{"what", evidence::display(what)},
                           {"verified", false},
                           {"error", evidence::display(report.error().message)}});
            continue;
        }
        const bool is_path = what.find('/') != std::string::npos || is_regular_file(what);
        const auto name = report->trace && !is_path ? report->trace->record.info.id : what;
        const Checked checked{name, std::move(*report)};
        if (!checked.report.verified && status == kVerified) status = kNotVerified;
        unchecked = unchecked || !how.key;
        all.push_back(json_of(what, checked));
        text += text_of(checked);
    }
    const auto output = options.json ? (options.what.size() == 1 ? all.front() : all).dump(2) + '\n' : text;
    if (auto printed = print(output); !printed) return fail(printed.error());
    if (unchecked)
        tell_error(
            {ErrorKind::kNotFound, "there is no key to verify with",
             "give --key PUB or --cert PEM; `track keys show` prints the public half on the machine that recorded"});
    return status;
}

Action declare(CLI::App& app, const Trailer&) {
    auto options = std::make_shared<VerifyOptions>();
    app.add_option("RUN", options->what, "A run id, a unique prefix of one, latest, a run directory, or bundle files")
        ->required()
        ->type_name("");
    auto* key = app.add_option("--key", options->key,
                               "PEM public key to verify with. Default: the public half of the configured key")
                    ->type_name("PUB");
    app.add_option("--cert", options->certificate, "PEM certificate whose key to verify with")
        ->type_name("PEM")
        ->excludes(key);
    app.add_flag("--files", options->files, "Also hash what the record names and is still there");
    app.add_flag("--json", options->json, "As JSON");
    return [options] { return run(*options); };
}

}  // namespace

const Verb kVerifyVerb = {
    "verify",
    "verify [OPTIONS] RUN|FILE...",
    "Check evidence and list every fault",
    "Checks the signatures over exactly the bytes that are parsed, the structure of bundles and statements, that the "
    "verdict "
    "names this trace and its outputs, the digest of the event log, that replaying the log gives the same processes, "
    "files, "
    "connections and ledger, and that nothing lies in the run directory that does not belong there. A bundle file "
    "alone is "
    "checked for signature and structure. Needs no daemon and no privilege.\n\n"
    "Unchecked is never verified: without --key and --cert the public half of the configured key counts, of a run that "
    "the service holds that of the service's, and without that "
    "nothing is verified. An honest incomplete run verifies, and the output says that it is incomplete.\n\n"
    "Exit status: 0 verified; 1 not verified, or, with --files, a file on disk differs; 2 could not be read.",
    false,
    kNotRead,
    declare};

}  // namespace fstracker::cli
