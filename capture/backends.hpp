// SPDX-License-Identifier: Apache-2.0
// What each backend is made of and what it can never see: the one table behind loading, `track doctor` and the
// evidence.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "capture/ptrace/seccomp_filter.hpp"

namespace fstracker::capture {

// The strongest first: those that load programs into the kernel, and behind them "ptrace".
std::span<const std::string_view> backend_names();
std::span<const std::string_view> bpf_backend_names();

bool backend_wants(std::string_view backend, std::string_view program);

// Programs whose hook not every kernel has.
bool is_optional(std::string_view program);

// Whether opens and mappings come from the kernel's own hooks, and sys_exit leaves them alone.
bool takes_objects_from_hooks(std::string_view backend);

// Whether what is done through io_uring is followed request by request. `hooks`: the sections that were loaded.
bool follows_requests(const std::vector<std::string>& hooks);

// One English sentence each, with the mechanism's usual word. `hooks`: the sections that were loaded.
std::vector<std::string> backend_blind_spots(std::string_view backend, const std::vector<std::string>& hooks);
std::vector<std::string> ptrace_blind_spots(Privileges privileges);

}  // namespace fstracker::capture
