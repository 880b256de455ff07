// SPDX-License-Identifier: Apache-2.0
// Looking at a traced task's files from outside: by its descriptors, its memory and its names. Handles hold the object
// while it is looked at, so that identity, stamp and path are of one object whatever other threads do meanwhile.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "capture/ptrace/journal.hpp"
#include "core/base/fd.hpp"

namespace fstracker::capture {

// How a task's names lead from ours: its root as we see it; empty or "/": the same as ours.
struct View {
    std::string root;
    [[nodiscard]] bool is_ours() const { return root.empty() || root == "/"; }
};

// "/proc/TID/WHAT".
std::string proc_path(pid_t tid, const std::string& what);

// The task's open file itself. It is only for looking at, and for moments: it is a second holder of the task's open
// file. `tid_handle` comes from open_task() and may be invalid: then an O_PATH handle is had through /proc.
base::Fd open_task(pid_t tid);
base::Fd take_descriptor(pid_t tid, const base::Fd& tid_handle, int descriptor);

// What the handle is of.
std::optional<fst_object> object_of(int handle);
// In two steps: the stamp, which must be taken while the task stands still, and then what tells one object from
// another.
std::optional<fst_object> stamp_of(int handle, std::int64_t& born);
void identify(int handle, std::int64_t born, fst_object& object);

// A file as the record has them: no directory, link, socket, pipe or their like.
bool is_recorded(const fst_object& object, const std::string& path);

// The handle's path as the task sees it.
SeenPath path_of(int handle, const View& view, const fst_object& object);
// Of a link of /proc ("cwd", "fd/7"), without holding what it leads to.
SeenPath path_of_link(const std::string& link, const View& view);

// The tail, of at most FST_PATH_MAX bytes, of a directory's path that is too long for the kernel to tell: by climbing.
// And of a file in it, which has to be found there under that name.
SeenPath tail_of_directory(int directory);
SeenPath tail_of_file(int directory, const std::string& name, const fst_object& object);

// Bytes of the task's memory: how many could be had.
std::size_t read_memory(pid_t tid, std::uint64_t address, void* to, std::size_t size);
// A NUL-terminated string of at most `most` bytes.
std::optional<std::string> read_string(pid_t tid, std::uint64_t address, std::size_t most);

template <typename Value>
bool read_value(pid_t tid, std::uint64_t address, Value& value) {
    return read_memory(tid, address, &value, sizeof value) == sizeof value;
}

enum class LastLink { kFollow, kKeep };

// An O_PATH handle of what a name leads to for the task; invalid when it leads nowhere. `directory`: a descriptor of
// the task, or AT_FDCWD.
base::Fd find(pid_t tid, int directory, const std::string& name, const View& view, LastLink last);

}  // namespace fstracker::capture
