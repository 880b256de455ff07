// SPDX-License-Identifier: Apache-2.0
// The system calls that the helper and the process that parses may make, as tables; any other ends the process. One of
// the two files of the project that see libseccomp.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace fstracker::capture {

enum class Calls {
    kHelper,   // receive a request, make a process that parses, wait for it, answer
    kParsing,  // read the content by pread, write the answer, have memory, end
};

// The filter's program, made ahead, since making it needs more than it allows; empty where it cannot be made.
std::vector<sock_filter> program_for(Calls calls);

// Installs it in the calling thread, for good, and for all that it makes. Needs no_new_privs. 0, or an errno.
int allow_only(std::vector<sock_filter>& program);

}  // namespace fstracker::capture
