// SPDX-License-Identifier: Apache-2.0
#include "cli/places.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "capture/recover_runs.hpp"
#include "cli/service.hpp"
#include "cli/terminal.hpp"

namespace fstracker::cli {
namespace {

constexpr const char* kCacheName = "digests";

// $XDG_…, which counts only when absolute, else the folder of the same meaning below $HOME.
Result<std::string> xdg(const char* name, const char* below_home) {
    if (auto given = environment(name); given && given->front() == '/') return *given;
    if (auto home = environment("HOME")) return *home + '/' + below_home;
    return fail(ErrorKind::kNotFound, std::string("neither ") + name + " nor HOME is set",
                "set HOME, or FSTRACKER_STORE and FSTRACKER_CACHE, and give --key");
}

bool exists(const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

std::optional<std::string> environment(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
}

Result<std::string> store_root() {
    if (auto given = environment("FSTRACKER_STORE")) {
        std::error_code error;
        auto absolute = std::filesystem::absolute(*given, error);
        return error ? *given : absolute.string();
    }
    if (::geteuid() == 0) return "/var/lib/fstracker/runs";
    return xdg("XDG_STATE_HOME", ".local/state").map([](const std::string& home) { return home + "/fstracker/runs"; });
}

std::string cache_file() {
    if (auto given = environment("FSTRACKER_CACHE")) return *given + '/' + kCacheName;
    if (::geteuid() == 0) return std::string("/var/cache/fstracker/") + kCacheName;
    const auto home = xdg("XDG_CACHE_HOME", ".cache");
    return home ? *home + "/fstracker/" + kCacheName : std::string();
}

Result<std::string> default_key_path() {
    return xdg("XDG_CONFIG_HOME", ".config").map([](const std::string& home) { return home + "/fstracker/key.pem"; });
}

Result<std::string> current_directory() {
    std::error_code error;
    auto path = std::filesystem::current_path(error);
    if (error)
        return fail(ErrorKind::kSystem, "the current directory: " + error.message(),
                    "change to a directory that is there");
    return path.string();
}

std::string project_root(const std::string& from) {
    for (std::filesystem::path folder(from);; folder = folder.parent_path()) {
        if (exists((folder / ".fstracker.yaml").string()) || exists((folder / ".git").string())) return folder.string();
        if (!folder.has_relative_path()) return from;
    }
}

Result<std::string> resolve_run(const std::string& run) {
    struct stat status {};
    // A run directory needs no store.
    if (run.find('/') != std::string::npos && ::stat(run.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) return run;
    auto own = store_root().and_then([&run](const std::string& root) {
        recover_dead_runs(root);
        return store::RunStore(root).resolve(run);
    });
    // Of the service's runs only the newest of all is asked for by another name than its own.
    if (own && run != "latest") return own;
    auto service = connect_to_service();
    if (!service || !*service) return own;
    auto theirs = borrow_run(**service, run);
    if (!theirs) return own || theirs.error().kind == ErrorKind::kNotFound ? own : theirs;
    const auto name = [](const std::string& path) { return std::filesystem::path(path).filename().native(); };
    return own && store::is_run_id(name(*own)) && name(*own) > name(*theirs) ? own : theirs;
}

void recover_dead_runs(const std::string& root) {
    // Of the service's runs the service takes care: its next worker goes on with them.
    const auto recovery = capture::recover_runs(root, key_passphrase(), [](const std::string& working_path) {
        return capture::read_service_note(working_path).has_value();
    });
    for (const auto& run : recovery.recovered)
        tell_note("the recorder of run " + run.id + " died; what it had recorded is now in " + run.directory +
                  ", incomplete and without a verdict");
    for (const auto& problem : recovery.problems) tell_error(problem);
}

std::string key_passphrase() { return environment("FSTRACKER_KEY_PASSPHRASE").value_or(""); }

Result<sign::PublicKey> configured_public_key() {
    return default_key_path().and_then([](const std::string& path) -> Result<sign::PublicKey> {
        if (exists(path + ".pub")) return sign::load_public_key(path + ".pub");
        auto key = sign::load_private_key(path, key_passphrase());
        if (!key) return fail(key.error());
        return key->public_key();
    });
}

}  // namespace fstracker::cli
