// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "capture/parser/parser.hpp"
#include "capture/record_run.hpp"
#include "cli/places.hpp"
#include "cli/service.hpp"
#include "cli/terminal.hpp"
#include "cli/verb.hpp"
#include "core/evidence/text.hpp"
#include "core/report/printable.hpp"
#include "fstracker/version.hpp"

namespace fstracker::cli {
namespace {

constexpr std::uint64_t kLeastFreeBytes = std::uint64_t{64} << 20;

// One thing that a run needs, or would like to have.
struct Finding {
    std::string name;
    bool good = false;
    bool needed = false;  // without it no run can be recorded
    std::string what;
    std::string remedy;
    std::optional<std::vector<std::string>> refused;  // parts of a whole that this host does not allow
};

// The nearest folder upwards that is there already: where a missing one would be made.
std::string existing_part(std::string path) {
    while (path.size() > 1 && ::access(path.c_str(), F_OK) != 0) {
        const auto slash = path.rfind('/');
        path = slash == std::string::npos ? "." : path.substr(0, std::max<std::size_t>(slash, 1));
        if (path == ".") break;
    }
    return path;
}

Finding check_store() {
    const auto root = store_root();
    if (!root) return {"store", false, true, root.error().message, root.error().hint};
    const auto folder = existing_part(*root);
    if (::access(folder.c_str(), W_OK | X_OK) != 0)
        return {"store", false, true, *root + ": " + folder + " cannot be written: " + std::strerror(errno),
                "set FSTRACKER_STORE to a folder of your own, or give --out"};
    struct statvfs space {};
    if (::statvfs(folder.c_str(), &space) != 0) return {"store", false, true, folder + ": " + std::strerror(errno), ""};
    const auto free = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    const auto text = fmt::format("{}, {} free", *root, report::size_text(free));
    if (free < kLeastFreeBytes)
        return {"store", false, true, text, "make room, or set FSTRACKER_STORE to another file system"};
    return {"store", true, true, text, ""};
}

// Without the kernel's types no BPF program can be fitted to it.
Finding check_btf() {
    const auto path = environment("FSTRACKER_BTF").value_or("/sys/kernel/btf/vmlinux");
    if (::access(path.c_str(), R_OK) == 0) return {"btf", true, true, "BTF, the kernel's types: " + path, ""};
    return {"btf", false, true, "BTF, the kernel's types: " + path + ": " + std::strerror(errno),
            "use a kernel with CONFIG_DEBUG_INFO_BTF, or name a file with its BTF in FSTRACKER_BTF"};
}

// All that the contract names: those that this version has not, too.
std::vector<capture::BackendReport> backends_of_this_host() {
    auto reports = capture::probe_backends();
    for (const char* name : {"lsm", "fentry", "tracepoint", "ptrace"}) {
        const bool told =
            std::any_of(reports.begin(), reports.end(), [name](const auto& report) { return report.name == name; });
        if (!told) reports.push_back({name, false, "not in this version of track", "", {}});
    }
    return reports;
}

Finding check_cache() {
    const auto file = cache_file();
    if (file.empty())
        return {"cache", false, false, "there is no folder for the digest cache: every file is hashed in every run",
                "set FSTRACKER_CACHE"};
    const auto folder = existing_part(file);
    if (::access(folder.c_str(), W_OK) == 0) return {"cache", true, false, file, ""};
    return {"cache", false, false, file + " cannot be written: every file is hashed in every run",
            "set FSTRACKER_CACHE to a folder of your own"};
}

Finding check_key() {
    const auto path = default_key_path();
    if (!path) return {"key", false, true, path.error().message, path.error().hint};
    const auto key = sign::load_private_key(*path, key_passphrase());
    if (key) return {"key", true, true, *path + ", id " + key->public_key().id(), ""};
    if (key.error().kind != ErrorKind::kNotFound) return {"key", false, true, key.error().message, key.error().hint};
    const auto folder = existing_part(*path);
    if (::access(folder.c_str(), W_OK | X_OK) == 0)
        return {"key", true, true, *path + ": not there yet, the first run makes it", ""};
    return {"key", false, true, *path + ": not there, and " + folder + " cannot be written", "give --key FILE"};
}

Finding check_service() {
    constexpr control::Milliseconds kPatience{5'000};
    const auto socket = service_socket();
    auto client = control::Client::connect(socket, kPatience);
    if (!client && client.error().trouble == control::Trouble::kNobodyListens)
        return {"daemon", true, false, "none: track records by itself, so the command's user holds the key", ""};
    if (!client && client.error().trouble == control::Trouble::kNoPermission)
        return {"daemon", true, false, socket + " is not for this user: track records by itself",
                "a member of the group fstracker may use it"};
    if (!client) return {"daemon", false, false, client.error().error.message, client.error().error.hint};
    const auto status = client->call<control::GetStatus>({}, kPatience);
    if (!status) return {"daemon", false, false, status.error().error.message, status.error().error.hint};
    if (!status->reply.problems.empty()) {
        const auto& problem = status->reply.problems.front();
        return {"daemon", false, false, socket + ": " + problem.message, problem.hint.value_or("")};
    }
    return {"daemon", true, false,
            fmt::format("fstrackerd {} on {} records, backend {}", status->reply.version, socket,
                        status->reply.backend.value_or("none")),
            ""};
}

Finding check_parser() {
    Finding finding{"parser",
                    true,
                    false,
                    "pickles, archives and models' headers are parsed in processes that have no "
                    "privilege, network or files",
                    "",
                    std::vector<std::string>{}};
    const auto sandbox = capture::probe_parser();
    if (!sandbox) {
        finding.good = false;
        finding.what = "pickles, archives and models' headers cannot be parsed: " + sandbox.error().message;
        finding.remedy = "may this user have more processes, and is /proc mounted?";
        return finding;
    }
    std::string why;
    for (std::size_t i = 0; i < capture::kSandboxParts; ++i) {
        const auto part = static_cast<capture::SandboxPart>(i);
        if (sandbox->error(part) == 0) continue;
        finding.refused->emplace_back(capture::to_words(part));
        why += fmt::format("{}{} ({})", why.empty() ? "" : ", ", capture::to_words(part),
                           std::strerror(sandbox->error(part)));
    }
    finding.good = why.empty();
    if (!sandbox->may_parse())
        finding.what = "pickles, archives and models' headers cannot be parsed: this host refuses " + why;
    else if (!finding.good)
        finding.what += "; of what they are to have, this host refuses " + why;
    return finding;
}

std::string as_text(const std::vector<capture::BackendReport>& backends, const std::vector<Finding>& findings,
                    bool can_record) {
    std::string out = fmt::format("track {}\n\n", kVersion);
    const auto line = [&out](const char* mark, const std::string& name, const std::string& what) {
        out += fmt::format("{:<5} {:<11} {}\n", mark, report::printable(name), report::printable(what));
    };
    const auto below = [&out](const char* label, const std::string& what) {
        if (!what.empty()) out += fmt::format("{:18}{}: {}\n", "", label, report::printable(what));
    };
    for (const auto& backend : backends) {
        line(backend.usable ? "ok" : "no", backend.name,
             backend.usable ? "usable" : "not usable: " + backend.refused_by);
        below("hint", backend.usable ? "" : backend.remedy);
        for (const auto& missed : backend.misses) below("never sees", missed);
    }
    for (const auto& finding : findings) {
        line(finding.good ? "ok" : finding.needed ? "FAIL" : "warn", finding.name, finding.what);
        below("hint", finding.remedy);
    }
    return out + (can_record ? "\nA run can be recorded.\n" : "\nNo run can be recorded here.\n");
}

std::string as_json(const std::vector<capture::BackendReport>& backends, const std::vector<Finding>& findings,
                    bool can_record) {
    using evidence::display;
    nlohmann::json out = {{"version", kVersion}, {"canRecord", can_record}, {"backends", nlohmann::json::array()}};
    for (const auto& backend : backends) {
        auto misses = nlohmann::json::array();
        for (const auto& missed : backend.misses) misses.push_back(display(missed));
        out["backends"].push_back({{"name", backend.name},
                                   {"usable", backend.usable},
                                   {"refusedBy", display(backend.refused_by)},
                                   {"remedy", display(backend.remedy)},
                                   {"misses", misses}});
    }
    for (const auto& finding : findings) {
        auto& told = out[finding.name];
        told = {{"ok", finding.good}, {"what", display(finding.what)}, {"hint", display(finding.remedy)}};
        if (finding.refused) told["refused"] = *finding.refused;
    }
    return out.dump(2) + '\n';
}

Result<int> run(bool json) {
    const auto backends = backends_of_this_host();
    const std::vector<Finding> findings = {check_btf(), check_store(),  check_cache(),
                                           check_key(), check_parser(), check_service()};
    bool can_record = false;
    for (const auto& backend : backends) can_record = can_record || backend.usable;
    for (const auto& finding : findings) can_record = can_record && (finding.good || !finding.needed);
    const auto text = json ? as_json(backends, findings, can_record) : as_text(backends, findings, can_record);
    if (auto printed = print(text); !printed) return fail(printed.error());
    return can_record ? 0 : 1;
}

Action declare(CLI::App& app, const Trailer&) {
    auto json = std::make_shared<bool>(false);
    app.add_flag("--json", *json, "As JSON");
    return [json] { return run(*json); };
}

}  // namespace

const Verb kDoctorVerb = {
    "doctor",
    "doctor [OPTIONS]",
    "Say whether a run can be recorded here, and if not, why",
    "Tries each backend on this host and says what is in the way of it, what to do, and what it would never "
    "see; looks at the run store, the digest cache, the key, the processes that parse contents and the daemon.\n\n"
    "Exit status: 0 when a run can be recorded; 1 when not.",
    false,
    2,
    declare};

}  // namespace fstracker::cli
