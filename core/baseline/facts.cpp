// SPDX-License-Identifier: Apache-2.0
#include "core/baseline/facts.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace fstracker::baseline {

namespace {

constexpr std::uint32_t kWrites = event::kWrite | event::kCreate | event::kTruncate;
constexpr std::uint32_t kMoves = event::kRename | event::kLink | event::kUnlink;

// Interpreters that are given a module's name by "-m".
bool takes_modules(std::string_view executable) {
    const std::string_view name = file_name_of(executable);
    return name.starts_with("python") || name.starts_with("pypy");
}

// Programs whose first argument that is no option is what they run.
bool takes_scripts(std::string_view executable) {
    constexpr std::array<std::string_view, 13> kInterpreters{
        "sh", "bash", "dash", "zsh", "ksh", "busybox", "perl", "ruby", "node", "php", "Rscript", "lua", "julia"};
    const std::string_view name = file_name_of(executable);
    const std::string_view bare = name.substr(0, name.find_first_of("{0123456789."));
    return takes_modules(executable) ||
           std::find(kInterpreters.begin(), kInterpreters.end(), bare) != kInterpreters.end();
}

// What `-m` names, which may be part of one argument with other options: -um pip.
std::string module_of(const std::vector<std::string>& arguments) {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string& argument = arguments[i];
        if (argument.size() < 2 || argument[0] != '-' || argument == "--") return {};
        const bool short_options = argument[1] != '-';
        if (short_options && argument.find('c') != std::string::npos) return {};
        if (short_options && argument.back() == 'm') return i + 1 < arguments.size() ? arguments[i + 1] : std::string();
        if (argument == "-W" || argument == "-X") ++i;
    }
    return {};
}

// " PATH" of a script that the interpreter was given by name and opened itself, " -c" for a program in an argument.
std::string script_of(const run::Process& process, const PathNames& names) {
    for (std::size_t i = 1; i < process.arguments.size(); ++i) {
        const std::string& argument = process.arguments[i];
        if (argument.empty() || argument == "-") break;
        const bool option = argument.front() == '-' || argument.front() == '+';
        if (!option) {
            const bool absolute = argument.front() == '/';
            return ' ' + names.named(absolute ? argument : process.directory.bytes + '/' + argument);
        }
        const bool one_dash = argument.size() > 1 && argument[1] != '-';
        if (one_dash && argument.find_first_of("ce") != std::string::npos) return " -c";
        if (argument == "-W" || argument == "-X" || argument == "-o") ++i;
    }
    return {};
}

// A process by which Python's multiprocessing runs what its parent sends it, or that removes what they shared: exactly
// the command line that the library makes, so that nothing else is executed. It is its parent by another means.
bool is_worker(const std::vector<std::string>& arguments) {
    std::size_t i = 1;
    while (i < arguments.size() && arguments[i].size() > 1 && arguments[i][0] == '-' && arguments[i] != "-c") {
        if (arguments[i].find_first_of("cm") == 1 || arguments[i] == "--") return false;
        i += arguments[i] == "-W" || arguments[i] == "-X" ? 2U : 1U;
    }
    if (i + 1 >= arguments.size() || arguments[i] != "-c") return false;
    constexpr std::array<std::string_view, 6> kMade{
        "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=#, pipe_handle=#)",
        "from multiprocessing.resource_tracker import main;main(#)",
        "from multiprocessing.semaphore_tracker import main;main(#)",
        "from joblib.externals.loky.backend.resource_tracker import main; main(#, False)",
        "from loky.backend.resource_tracker import main; main(#, False)",
        "from joblib.externals.loky.backend.semaphore_tracker import main; main(#, False)"};
    if (std::find(kMade.begin(), kMade.end(), without_numbers(arguments[i + 1])) != kMade.end()) return true;
    constexpr std::string_view kServer = "from multiprocessing.forkserver import main; main(";
    const std::string_view server = arguments[i + 1];
    return server.starts_with(kServer) && server.ends_with(')') &&
           server.find_first_of("();\n", kServer.size()) == server.size() - 1;  // it calls nothing else
}

// What everybody takes for a part of the program, though its suffix does not say so, and what is told of it otherwise.
bool is_of_the_project(std::string_view named) {
    constexpr std::array<std::string_view, 18> kNames{
        "Makefile",  "makefile",    "GNUmakefile", "CMakeLists.txt", "Dockerfile", "Containerfile",
        "Snakefile", "Jenkinsfile", "Justfile",    "Rakefile",       "Pipfile",    "Dvcfile",
        "BUILD",     "WORKSPACE",   "Procfile",    "Vagrantfile",    ".gitignore", "VERSION"};
    constexpr std::array<std::string_view, 14> kSuffixes{".mk",  ".cmake", ".bzl", ".awk", ".sed",   ".m4", ".cxx",
                                                         ".hxx", ".hh",    ".inl", ".pyx", ".proto", ".s",  ".ipp"};
    const std::string_view name = file_name_of(named);
    const auto ends = [name](std::string_view suffix) { return name.ends_with(suffix); };
    return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
           std::any_of(kSuffixes.begin(), kSuffixes.end(), ends) ||
           (name.ends_with(".txt") && (name.starts_with("requirements") || name.starts_with("constraints")));
}

// A program is the same in another version: python3.11 is python{version}, gcc-12 is gcc-{n}. Numbers that belong to
// the name (base64, cc1plus, sha256sum) stay.
std::string without_version(std::string_view name) {
    const std::size_t last = name.find_last_not_of("0123456789.");
    std::size_t begin = last == std::string_view::npos ? name.size() : last + 1;
    while (begin < name.size() && name[begin] == '.') ++begin;
    const std::string_view tail = name.substr(begin);
    const bool dotted = tail.find('.') != std::string_view::npos && tail.back() != '.';
    const bool numbered = !tail.empty() && !dotted && begin > 0 && name[begin - 1] == '-';
    if (!dotted && !numbered) return std::string(name);
    return std::string(name.substr(0, begin)) + (dotted ? "{version}" : "{n}");
}

bool counts(const run::FileEntry& entry) {
    if ((entry.mode & S_IFMT) != S_IFREG) return false;
    const std::string& path = entry.path.bytes;
    return !path.starts_with("/proc/") && !path.starts_with("/sys/") && !path.starts_with("/dev/pts/");
}

void add_once(std::vector<event::ProcessId>& processes, event::ProcessId process) {
    if (processes.empty() ||
        (processes.back() != process && std::find(processes.begin(), processes.end(), process) == processes.end()))
        processes.push_back(process);
}

// What the run itself made, by object: it may have been renamed since.
class Made {
  public:
    explicit Made(const std::vector<run::FileEntry>& files) {
        for (const run::FileEntry& entry : files)
            if ((entry.access & event::kCreate) != 0) objects_.insert(entry.object);
    }
    // Made by the run and gone at its end under that name.
    [[nodiscard]] bool was_passing(const run::FileEntry& entry) const {
        return !entry.output && objects_.contains(entry.object);
    }

  private:
    std::set<event::ObjectId> objects_;
};

// What the run made for itself and removed is no data that it was given, whatever its name.
std::string role_of(const run::FileEntry& entry, const std::string& named, const Made& made) {
    std::string role = role_in_step(entry, named);
    const bool may_be_a_result = role == "data" || role == "model" || role == "temp";
    if (!may_be_a_result || !made.was_passing(entry)) return role;
    const std::string_view place = place_of(named);
    return place == "$TMP" || place == "$CACHE" ? "temp" : "output";
}

void add_file(ProgramFact& program, const std::string& named, const run::FileEntry& entry, const std::string& role,
              event::ProcessId process) {
    FileFact& fact = program.files[named];
    if (fact.path.empty()) {
        fact.path = entry.path.bytes;
        fact.role = role;
        fact.owner = entry.owner;
    }
    if (entry.owner_verified) fact.owner_verified = fact.owner_verified.value_or(true) && *entry.owner_verified;
    fact.access |= entry.access;
    if (entry.digest) fact.digests.insert(*entry.digest);
    fact.written = fact.written || (entry.access & kWrites) != 0;
    add_once(fact.processes, process);
}

Volumes volumes_of(const run::Record& record, const Made& made) {
    Volumes sum;
    for (const run::Process& process : record.processes) {
        if (process.executable) ++sum.processes;
        if (!process.resources) continue;
        constexpr std::uint64_t kMillisecond = 1'000'000;
        sum.bytes_read += process.resources->bytes_read;
        sum.bytes_written += process.resources->bytes_written;
        sum.cpu_milliseconds += process.resources->cpu_nanoseconds / kMillisecond;
        sum.peak_memory_bytes = std::max(sum.peak_memory_bytes, process.resources->peak_memory_bytes);
    }
    for (const run::FileEntry& entry : record.files) {
        if (!counts(entry) || made.was_passing(entry)) continue;
        sum.files_read += (entry.access & event::kRead) != 0 ? 1 : 0;
        sum.files_written += (entry.access & kWrites) != 0 ? 1 : 0;
        sum.files_removed += (entry.access & event::kUnlink) != 0 ? 1 : 0;
    }
    return sum;
}

}  // namespace

std::string peer_name(const run::Connection& connection) {
    const std::string& host = connection.hostname.empty() ? connection.address : connection.hostname;
    if (connection.protocol == "unix") return "unix " + skeleton_of(host);
    const bool here = host == "localhost" || host == "::1" || host.starts_with("127.");
    std::string name = here || connection.port == 0 ? host : host + ':' + std::to_string(connection.port);
    if (connection.protocol != "tcp") name = connection.protocol + ' ' + name;
    return name;
}

std::string without_numbers(std::string_view text) {
    std::string kept;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit)
            kept.push_back(c);
        else if (kept.empty() || kept.back() != '#')
            kept.push_back('#');
    }
    return kept;
}

std::string work_of(const run::Record& record) {
    return record.processes.empty() ? std::string() : record.processes.front().directory.bytes;
}

std::string role_in_step(const run::FileEntry& entry, std::string_view named) {
    if (entry.role != "other" && entry.role != "temp") return entry.role;
    const std::string_view place = place_of(named);
    if (named.find("/.git/") != std::string_view::npos) return entry.role;  // each commit writes there
    // What tools keep in a home for themselves; data has a name that says so.
    const bool hidden = named.starts_with("$HOME/.") || file_name_of(named).starts_with('.');
    if (hidden && entry.role == "other" && place == "$HOME") return "config";
    if (is_of_the_project(named)) return entry.role == "temp" ? entry.role : "code";
    if (entry.role == "temp") return place == "$TMP" || place == "$CACHE" ? entry.role : "data";
    constexpr std::array<std::string_view, 9> kSystem{"/usr", "/etc", "/lib", "/lib64", "/var",
                                                      "/run", "/dev", "/bin", "/sbin"};
    const bool system = std::find(kSystem.begin(), kSystem.end(), place) != kSystem.end();
    return system || place == "$SITE" || place == "$USERSITE" || place == "$CACHE" ? entry.role : "data";
}

std::string program_name(const run::Process& process, const PathNames& names) {
    if (!process.executable) return {};
    const std::string executable = names.named(process.executable->path.bytes);
    std::string name = std::string(folder_of(executable)) + without_version(file_name_of(executable));
    if (process.script) return name + ' ' + names.named(process.script->path.bytes);
    if (!takes_scripts(executable)) return name;
    if (takes_modules(executable))
        if (const std::string module = module_of(process.arguments); !module.empty()) return name + " -m " + module;
    return name + script_of(process, names);
}

std::map<event::ProcessId, std::string> programs_of(const run::Record& record, const PathNames& names) {
    std::map<event::ProcessId, std::string> programs;
    std::map<event::ProcessId, std::string> executables;
    for (const run::Process& process : record.processes) {  // by id: a parent comes before its children
        const auto parent = programs.find(process.parent);
        std::string& executable = executables[process.id];
        if (process.executable)
            executable = process.executable->path.bytes;
        else if (parent != programs.end())
            executable = executables[process.parent];
        const bool is_parent = parent != programs.end() &&
                               (!process.executable || (executable == executables[process.parent] &&
                                                        takes_modules(executable) && is_worker(process.arguments)));
        programs[process.id] = is_parent ? parent->second : process.executable ? program_name(process, names) : "";
    }
    return programs;
}

Facts facts_of(const run::Record& record, const PathNames& names) {
    Facts facts;
    const Made made(record.files);
    const auto programs = programs_of(record, names);
    for (const run::Process& process : record.processes) {
        if (!process.executable) continue;
        ProgramFact& program = facts.programs[programs.at(process.id)];
        program.path = process.executable->path.bytes;
        program.processes.push_back(process.id);
        const auto parent = programs.find(process.parent);
        const bool is_worker_of_parent =
            parent != programs.end() && parent->second == programs.at(process.id) && is_worker(process.arguments);
        if (is_worker_of_parent) continue;
        program.started_by.insert(parent == programs.end() ? std::string() : parent->second);
    }
    for (const run::FileEntry& entry : record.files) {
        if (!counts(entry)) continue;
        const std::string named = names.named(entry.path.bytes);
        const std::string role = role_of(entry, named, made);
        for (const event::ProcessId process : entry.processes)
            if (const auto program = programs.find(process); program != programs.end())
                add_file(facts.programs[program->second], named, entry, role, process);
    }
    for (const run::Connection& connection : record.connections)
        if (const auto program = programs.find(connection.process); program != programs.end())
            add_once(facts.programs[program->second].peers[peer_name(connection)].processes, connection.process);
    for (const std::string& sentence : record.completeness.entered_blind_spots)
        facts.blind_spots.insert(without_numbers(sentence));
    facts.volumes = volumes_of(record, made);
    return facts;
}

}  // namespace fstracker::baseline
