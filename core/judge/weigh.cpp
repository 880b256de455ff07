// SPDX-License-Identifier: Apache-2.0
#include "core/judge/weigh.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "core/artifact/package_url.hpp"

namespace fstracker::judge {

namespace {

using baseline::Difference;
using baseline::Kind;

constexpr std::uint32_t kWrites = event::kWrite | event::kCreate | event::kTruncate;

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> all) {
    return std::find(all.begin(), all.end(), text) != all.end();
}

// Without its version: "/usr/bin/python{version} $WORK/train.py" is python.
bool is_called(std::string_view program, std::initializer_list<std::string_view> names) {
    const std::string_view name = baseline::file_name_of(program.substr(0, program.find(' ')));
    return is_one_of(name, names) || is_one_of(name.substr(0, name.find_first_of("{.-", 1)), names);
}

bool is_network_tool(std::string_view program) {
    return is_called(program, {"curl", "wget", "nc", "ncat", "netcat", "socat", "ssh", "scp", "sftp", "rsync", "ftp",
                               "telnet", "aria2c", "aws", "gsutil", "gcloud", "az", "rclone", "s3cmd"});
}

bool is_packer(std::string_view program) {
    return is_called(program, {"tar", "bsdtar", "zip", "7z", "7za", "gzip", "xz", "zstd", "bzip2", "cpio", "gpg",
                               "openssl", "base64", "xxd", "od", "split"});
}

bool is_copier(std::string_view program) { return is_called(program, {"cp", "mv", "dd", "install", "ln"}); }

bool is_shell(std::string_view program) {
    return is_called(program, {"sh", "bash", "dash", "zsh", "ksh", "fish", "busybox"});
}

bool is_interpreter(std::string_view program) {
    return is_shell(program) || is_called(program, {"python", "pypy", "perl", "ruby", "node", "php", "lua"});
}

// What asks for the machine's make, and what Python's find_library asks.
bool is_inquiry(std::string_view program) {
    return is_called(program, {"uname",    "lscpu", "lsb_release", "getconf", "nproc",   "hostname", "id",   "arch",
                               "ldconfig", "ld",    "collect2",    "cc1",     "cc1plus", "gcc",      "cc",   "c++",
                               "g++",      "as",    "objdump",     "which",   "locale",  "tput",     "stty", "nvidia",
                               "rocminfo", "free",  "true",        "false",   "sleep",   "fc"});
}

bool is_check(std::string_view program) {
    constexpr std::string_view kWords[] = {"verify", "scan",     "check",    "sum",      "cosign",
                                           "gpg",    "sanitize", "sanitise", "validate", "audit"};
    return std::any_of(std::begin(kWords), std::end(kWords),
                       [&](std::string_view word) { return program.find(word) != std::string_view::npos; });
}

bool is_system(std::string_view place) {
    return is_one_of(place, {"/usr", "/bin", "/sbin", "/lib", "/lib64", "/opt", "/nix"});
}

// Executed or imported by every interpreter that starts.
bool is_hook(std::string_view path) {
    const std::string_view name = baseline::file_name_of(path);
    const std::string_view place = baseline::place_of(path);
    const bool site = place == "$SITE" || place == "$USERSITE";
    return (site && name.ends_with(".pth")) || name.starts_with("sitecustomize.") || name.starts_with("usercustomize.");
}

Weight program_weight(const Difference& difference) {
    const std::string_view program = difference.name;
    const std::string_view place = baseline::place_of(program);
    Weight weight{Level::kMedium, "execution", {"AML.T0010.001"}, {"T1204"}};
    if (is_interpreter(program)) weight = {Level::kMedium, "execution", {"AML.T0050"}, {"T1059"}};
    if (is_network_tool(program)) weight = {Level::kHigh, "execution", {"AML.T0011.001", "AML.T0025"}, {"T1105"}};
    if (is_packer(program)) weight = {Level::kMedium, "execution", {"AML.T0025"}, {"T1560"}};
    if (is_system(place) && is_inquiry(program)) weight.level = Level::kLow;
    if (place == "$TMP" || program.starts_with("/memfd:") || program.starts_with("/dev/shm"))
        weight = {Level::kHigh, "execution", {"AML.T0107"}, {"T1059", "T1036"}};
    return weight;
}

bool is_installed(std::string_view place) { return is_system(place) || place == "$SITE" || place == "$USERSITE"; }

// Its package's own list has another content for it.
bool differs_from_record(const Difference& difference) {
    return !difference.owner.empty() && difference.owner_verified == false;
}

// New or gone with another revision of a repository on the Hugging Face Hub, and what its name says.
bool is_of_other_revision(const Difference& difference) {
    const bool has_revisions = is_of_the_hub(difference) && difference.owner.find('@') != std::string::npos &&
                               difference.owner_was.find('@') != std::string::npos;
    if (!has_revisions || !baseline::is_of_upgrade(difference)) return false;
    switch (difference.kind) {
        case Kind::kNewFile:
        case Kind::kNewPlace:
        case Kind::kNewMember:
        case Kind::kOutOfRange:
        case Kind::kUnlikeSiblings: return difference.owner_verified == true;
        case Kind::kAbsentFile: return true;
        case Kind::kNewProgram:
        case Kind::kNewParent:
        case Kind::kNewUser:
        case Kind::kNewAccess:
        case Kind::kOtherContent:
        case Kind::kNewPeer:
        case Kind::kAbsentProgram:
        case Kind::kVolume: return false;
    }
    return false;
}

// More of a package that the step has, in the same version or in another.
bool is_of_known_package(const Difference& difference) {
    return !difference.owner.empty() && !difference.owner_was.empty();
}

Weight library_weight(const Difference& difference) {
    const std::string_view place = baseline::place_of(difference.name);
    Weight weight{Level::kMedium, "libraries", {"AML.T0010.001"}, {"T1574"}};
    if (is_system(place)) weight.level = difference.owner.empty() ? Level::kLow : Level::kInformational;
    if (is_of_known_package(difference) && place == "$SITE") weight.level = Level::kLow;
    if (differs_from_record(difference)) weight.level = Level::kHigh;
    return weight;
}

// Source of a language that is compiled: nothing executes it as it is.
bool needs_compiling(std::string_view path) {
    constexpr std::string_view kSuffixes[] = {".c", ".cc", ".cpp", ".cxx", ".h", ".hh", ".hpp", ".cu", ".cuh", ".s"};
    return std::any_of(std::begin(kSuffixes), std::end(kSuffixes),
                       [path](std::string_view suffix) { return path.ends_with(suffix); });
}

Weight code_weight(const Difference& difference) {
    const std::string_view place = baseline::place_of(difference.name);
    Weight weight{Level::kInformational, "libraries", {"AML.T0010.001"}, {"T1195.001"}};
    if (place == "$SITE" || place == "$USERSITE") {
        // Where packages have no lists nobody can tell whose a file in a known folder is.
        const bool in_known_folder =
            difference.kind == Kind::kNewFile && difference.owner.empty() && difference.owner_verified != false;
        weight.level = is_of_known_package(difference) || in_known_folder ? Level::kLow : Level::kMedium;
        if (differs_from_record(difference)) weight.level = Level::kHigh;
    } else if (place == "$TMP" && needs_compiling(difference.name)) {
        weight.level = Level::kInformational;  // what comes of it is judged
    } else if (is_one_of(place, {"$TMP", "$HOME", "$CACHE", "/dev", "/var"})) {
        weight.level = Level::kMedium;
    }
    return weight;
}

// Only renamed or removed: the step never saw what is in it.
bool is_unseen(const Difference& difference) {
    constexpr std::uint32_t kNaming = event::kRename | event::kLink | event::kUnlink;
    return (difference.access & kNaming) != 0 && (difference.access & ~kNaming) == 0;
}

// A folder below the home directory in which a tool keeps what it can make again.
bool is_in_a_cache(std::string_view name) {
    const std::string_view folder = baseline::folder_of(name);
    return folder.starts_with("$HOME/.") &&
           (folder.find("cache/") != std::string_view::npos || folder.find("Cache/") != std::string_view::npos);
}

// The same model under another name, the same data in another place. Among the members of a data set a copy is one
// more, and counts twice.
bool known_by_its_bytes(const Difference& difference) {
    const bool is_member = difference.kind == Kind::kOutOfRange || difference.kind == Kind::kUnlikeSiblings;
    return difference.known_content && (difference.role == "model" || (difference.role == "data" && !is_member));
}

Weight new_file_weight(const Difference& difference) {
    const std::string& role = difference.role;
    const std::string_view place = baseline::place_of(difference.name);
    const bool unlike = difference.kind == Kind::kOutOfRange || difference.kind == Kind::kUnlikeSiblings ||
                        difference.kind == Kind::kNewPlace;
    if (is_hook(difference.name)) return {Level::kHigh, "libraries", {"AML.T0010.001"}, {"T1546"}};
    if (role == "credential") return {Level::kHigh, "credentials", {"AML.T0055"}, {"T1552"}};
    if (known_by_its_bytes(difference)) return {Level::kInformational, "data", {}, {}};
    if (role == "library") return library_weight(difference);
    if (role == "code") return code_weight(difference);
    if (is_unseen(difference) && is_one_of(role, {"data", "model"}))
        return {Level::kLow, "integrity", {"AML.T0059"}, {"T1485"}};
    if (role == "model")
        return {
            differs_from_record(difference) ? Level::kHigh : Level::kMedium, "models", {"AML.T0010.003"}, {"T1195"}};
    if (role == "data") {
        if (difference.kind == Kind::kNewMember) return {Level::kInformational, "data", {}, {}};
        return {unlike ? Level::kMedium : Level::kLow, "data", {"AML.T0010.002", "AML.T0020"}, {"T1565.001"}};
    }
    if (role == "output") {
        if (place == "$SITE" || place == "$USERSITE") {
            const bool of_known = is_of_known_package(difference) && !differs_from_record(difference);
            return {of_known ? Level::kLow : Level::kMedium, "libraries", {"AML.T0010.001"}, {"T1195.001"}};
        }
        const bool elsewhere = is_one_of(place, {"$HOME", "/etc", "/var", "/usr", "/opt", "/root", "/boot", "/lib"});
        if (elsewhere && is_in_a_cache(difference.name)) return {Level::kLow, "integrity", {}, {}};
        return {elsewhere ? Level::kMedium : Level::kInformational, "integrity", {}, {"T1546"}};
    }
    if (role == "config" && (place == "/etc" || place == "$HOME")) return {Level::kLow, "integrity", {}, {}};
    return {Level::kInformational, "integrity", {}, {}};
}

Weight new_user_weight(const Difference& difference) {
    const std::string& role = difference.role;
    const bool mover = moves_files(difference.program);
    if (role == "credential") return {Level::kHigh, "credentials", {"AML.T0055"}, {"T1552"}};
    if (role == "model")
        return {mover ? Level::kHigh : Level::kMedium, "models", {"AML.T0025", "AML.T0048.004"}, {"T1005"}};
    if (role == "data") return {mover ? Level::kMedium : Level::kLow, "data", {"AML.T0025"}, {"T1005"}};
    if (role == "output") return {mover ? Level::kMedium : Level::kInformational, "models", {"AML.T0025"}, {"T1005"}};
    return {Level::kInformational, "integrity", {}, {}};
}

Weight new_access_weight(const Difference& difference) {
    const std::string& role = difference.role;
    const bool written = (difference.access & (kWrites | event::kUnlink | event::kRename)) != 0;
    if ((difference.access & (event::kExecute | event::kLoad)) != 0 &&
        is_one_of(role, {"data", "model", "output", "temp"}))
        return {Level::kHigh, "execution", {"AML.T0011"}, {"T1204"}};
    if (!written) return {Level::kInformational, "integrity", {}, {}};
    if (role == "model") return {Level::kHigh, "models", {"AML.T0018"}, {"T1565.001"}};
    if (role == "data") return {Level::kMedium, "data", {"AML.T0020"}, {"T1565.001"}};
    const std::string_view place = baseline::place_of(difference.name);
    // Python writes bytecode anew when its source has another date.
    const bool bytecode =
        difference.name.ends_with(".pyc") && difference.name.find("/__pycache__/") != std::string::npos;
    if (is_one_of(role, {"library", "executable", "code"}) && is_installed(place))
        return {bytecode ? Level::kMedium : Level::kHigh, "libraries", {"AML.T0010.001"}, {"T1554"}};
    if (role == "credential") return {Level::kHigh, "credentials", {"AML.T0055"}, {"T1098"}};
    if (role == "config" && (place == "/etc" || place == "$HOME")) return {Level::kMedium, "integrity", {}, {"T1546"}};
    return {Level::kInformational, "integrity", {}, {}};
}

// Where each learned run had the same content, another is news; where it varied before, it is none.
Weight content_weight(const Difference& difference) {
    const std::string& role = difference.role;
    const std::string_view place = baseline::place_of(difference.name);
    const bool constant = difference.was.size() == 1 && difference.known_runs > 1;
    if (!constant) return {Level::kInformational, "data", {}, {}};
    if (is_hook(difference.name)) return {Level::kHigh, "libraries", {"AML.T0010.001"}, {"T1546"}};
    if (role == "model") return {Level::kHigh, "models", {"AML.T0010.003"}, {"T1565.001"}};
    if (role == "data") return {Level::kMedium, "data", {"AML.T0020"}, {"T1565.001"}};
    const bool runs = is_one_of(role, {"library", "executable", "code"});
    // Bytecode has the time of its source in it: it is another after each installation.
    const bool same_version =
        !difference.owner.empty() && difference.owner == difference.owner_was && !difference.name.ends_with(".pyc");
    if (runs && is_installed(place)) {
        const bool wrong = same_version || differs_from_record(difference);
        return {wrong ? Level::kHigh : Level::kMedium, "libraries", {"AML.T0010.001"}, {"T1554"}};
    }
    if (runs && place != "$WORK") return {Level::kLow, "libraries", {"AML.T0010.001"}, {"T1554"}};
    if (role == "library" || role == "executable") return {Level::kLow, "libraries", {}, {}};
    return {Level::kInformational, "integrity", {}, {}};
}

Weight peer_weight(const Difference& difference) {
    const bool near = difference.name.starts_with("unix ") || difference.name.starts_with("127.") ||
                      difference.name == "localhost" || difference.name == "::1" || difference.name.starts_with("udp ");
    return {near ? Level::kLow : Level::kMedium, "network", {"AML.T0025"}, {"T1041"}};
}

Weight volume_weight(const Difference& difference) {
    constexpr double kVery = 5;
    const bool very = difference.found > kVery * difference.usual;
    Weight weight{very ? Level::kMedium : Level::kLow, "resources", {"AML.T0034"}, {"T1496"}};
    if (difference.name == "files removed" || difference.name == "files written") weight.atlas = {"AML.T0059"};
    return weight;
}

}  // namespace

bool is_of_the_hub(const Difference& difference) { return difference.owner.starts_with("pkg:huggingface/"); }

std::string package_of(const Difference& difference) {
    const bool installed_now = difference.role == "output" && is_installed(baseline::place_of(difference.name));
    const bool told_with_others = difference.role == "library" || difference.role == "code" || installed_now ||
                                  (is_one_of(difference.role, {"model", "data"}) && is_of_other_revision(difference));
    if (!told_with_others || is_hook(difference.name) || differs_from_record(difference)) return {};
    const std::string& owner = difference.owner.empty() ? difference.owner_was : difference.owner;
    const bool is_new =
        !difference.owner.empty() && difference.owner_was.empty() && !is_system(baseline::place_of(difference.name));
    return baseline::is_of_upgrade(difference) || is_new ? std::string(artifact::without_version(owner))
                                                         : std::string();
}

bool moves_files(std::string_view program) {
    return is_network_tool(program) || is_packer(program) || is_copier(program);
}

Weight weight_of(const Difference& difference) {
    switch (difference.kind) {
        case Kind::kNewProgram: return program_weight(difference);
        case Kind::kNewParent:
            return {is_interpreter(difference.program) || moves_files(difference.program) ? Level::kMedium
                                                                                          : Level::kInformational,
                    "execution",
                    {"AML.T0050"},
                    {"T1059"}};
        case Kind::kNewFile:
        case Kind::kNewPlace:
        case Kind::kNewMember:
        case Kind::kOutOfRange:
        case Kind::kUnlikeSiblings: return new_file_weight(difference);
        case Kind::kNewUser: return new_user_weight(difference);
        case Kind::kNewAccess: return new_access_weight(difference);
        case Kind::kOtherContent: return content_weight(difference);
        case Kind::kNewPeer: return peer_weight(difference);
        case Kind::kAbsentFile:
            return {difference.role == "data" ? Level::kMedium : Level::kInformational,
                    "data",
                    {"AML.T0010.002"},
                    {"T1565.001"}};
        case Kind::kAbsentProgram:
            return {is_check(difference.name) ? Level::kMedium : Level::kInformational, "integrity", {}, {"T1562"}};
        case Kind::kVolume: return volume_weight(difference);
    }
    return {};
}

}  // namespace fstracker::judge
