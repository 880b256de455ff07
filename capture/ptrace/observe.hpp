// SPDX-License-Identifier: Apache-2.0
// From the stops of a traced thread to records: what a call is about to do, what it has done. Each function is given a
// thread that is stopped.
#pragma once

#include <cstdint>
#include <string>

#include "capture/ptrace/task.hpp"

namespace fstracker::capture {

enum class Follow { kNo, kToItsReturn };

// At the entry of task.call, of each family. kNo: nothing more is to be learnt at its return.
Follow entering_open(Task& task);
Follow entering_receive(Task& task);
Follow entering_name(Task& task);
Follow entering_send(Task& task);

// At its return with `result`, a negative errno where it failed.
void returned_from_open(Task& task, Journal& journal, std::int64_t result, const GoOn& go_on);
void returned_from_map(Task& task, Journal& journal, std::int64_t result);
void returned_from_protect(Task& task, Journal& journal, std::int64_t result);
void returned_from_receive(Task& task, Journal& journal, std::int64_t result);
void returned_from_name(Task& task, Journal& journal, std::int64_t result);
void returned_from_connect(Task& task, Journal& journal, std::int64_t result);
void returned_from_send(Task& task, Journal& journal, std::int64_t result);
void returned_from_blind(Task& task, Journal& journal, std::int64_t result);

// The task holds a descriptor of an object, and how: FST_…. The mode is the open file's own where `access` has neither
// FST_READ nor FST_WRITE.
void tell_descriptor(Task& task, Journal& journal, int descriptor, std::uint32_t access, const GoOn& go_on = {});
// It came by a socket that somebody else had connected.
void tell_connected(Task& task, Journal& journal, const base::Fd& socket);
// Every descriptor that it holds, as the inheritance of the entry `heir`.
void tell_inherited(Task& task, Journal& journal, std::uint32_t heir);

// A new image is in place, as the entry `entry`.
void tell_execution(Task& task, Journal& journal, std::uint32_t entry);

// The last thread of its process ends: what the process has used, as far as wait(2) is not going to say it.
fst_exit resources_of(const Task& task);

}  // namespace fstracker::capture
