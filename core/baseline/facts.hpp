// SPDX-License-Identifier: Apache-2.0
// A run's record as what can be compared with other runs: by program, with named paths, without pids and times.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/baseline/path_names.hpp"
#include "core/run/record.hpp"

namespace fstracker::baseline {

// What one program did with one file, over all its processes and contents.
struct FileFact {
    std::string path;  // as the step saw it; one of them where several have one name
    std::string role;
    std::string owner;                   // package URL, or empty
    std::optional<bool> owner_verified;  // as in run::FileEntry; of several contents, whether all are
    std::uint32_t access = 0;            // event::Access bits; of all programs that touched it
    std::set<event::Sha256> digests;
    bool written = false;  // by the run itself: its content is the run's own
    std::vector<event::ProcessId> processes;
};

struct PeerFact {
    std::vector<event::ProcessId> processes;
};

struct ProgramFact {
    std::string path;                         // of what was executed, as the step saw it
    std::string role;                         // of what was executed
    std::set<std::string> started_by;         // programs; empty text: nobody in the run, it is the command
    std::vector<event::ProcessId> processes;  // its executions
    std::map<std::string, FileFact> files;    // by named path
    std::map<std::string, PeerFact> peers;    // "pypi.org:443", "127.0.0.1", "unix /run/x.sock"
};

// What a run used in sum. Resources are those of processes that ended.
struct Volumes {
    std::uint64_t processes = 0, files_read = 0, files_written = 0, files_removed = 0;
    std::uint64_t bytes_read = 0, bytes_written = 0, cpu_milliseconds = 0, peak_memory_bytes = 0;
};

struct Facts {
    std::map<std::string, ProgramFact> programs;  // by program; program_name() below
    std::set<std::string> blind_spots;            // that the run entered, without numbers
    Volumes volumes;
};

Facts facts_of(const run::Record& record, const PathNames& names);

// The step's directory: that of its first process.
std::string work_of(const run::Record& record);

// The entry's role, or data: a file that nothing is known about, in a place of the user's own, is data to the step.
// `named` is its path with a root.
std::string role_in_step(const run::FileEntry& entry, std::string_view named);

// "/usr/bin/python{version} $WORK/train.py": what was executed, with the script or module that an interpreter was
// given.
std::string program_name(const run::Process& process, const PathNames& names);

// As ProgramFact::peers has it.
std::string peer_name(const run::Connection& connection);

// Every run of digits as one '#': pids, descriptors and counts differ from run to run, and the thing is the same.
std::string without_numbers(std::string_view text);

// The program of every process, forks being what their parent is.
std::map<event::ProcessId, std::string> programs_of(const run::Record& record, const PathNames& names);

}  // namespace fstracker::baseline
