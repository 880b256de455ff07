// SPDX-License-Identifier: Apache-2.0
// The filter that stops a step at the calls that matter and lets every other one run at full speed. One of the
// two files of the project that see libseccomp.
#pragma once

namespace fstracker::capture {

// How the filter got in. An ordinary user's needs no_new_privs, and then set-uid programs do not get their privilege.
enum class Privileges { kKept, kNoNew };

// Installs the filter in the calling thread, for good, and for all that it makes. From then on the calls of call.hpp
// fail with ENOSYS unless a tracer is attached that asked for PTRACE_O_TRACESECCOMP. 0, or the errno of what failed.
int install_seccomp_filter(Privileges& privileges);

}  // namespace fstracker::capture
