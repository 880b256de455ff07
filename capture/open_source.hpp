// SPDX-License-Identifier: Apache-2.0
// The backend that a run is recorded with.
#pragma once

#include <memory>

#include "capture/bpf/settings.hpp"
#include "capture/launcher.hpp"
#include "capture/source.hpp"

namespace fstracker::capture {

// `settings.backend` "auto": the strongest that this host allows, "ptrace" where none loads into the kernel. The
// command waits at the launcher's gate. This process must not have threads yet.
Result<std::unique_ptr<Source>> open_source(const BpfSettings& settings, Launcher& launcher);

}  // namespace fstracker::capture
