// SPDX-License-Identifier: Apache-2.0
#include "capture/open_source.hpp"

#include <fmt/format.h>

#include "capture/bpf/source.hpp"
#include "capture/ptrace/source.hpp"

namespace fstracker::capture {

Result<std::unique_ptr<Source>> open_source(const BpfSettings& settings, Launcher& launcher) {
    Error refused;
    if (settings.backend != "ptrace") {
        auto source = BpfSource::open(settings);
        if (source) return std::unique_ptr<Source>(std::move(*source));
        refused = std::move(source.error());
        if (settings.backend != "auto") return fail(std::move(refused));
    }
    auto source = PtraceSource::open(launcher, settings.ring_bytes);
    if (source) return std::unique_ptr<Source>(std::move(*source));
    Error error = std::move(source.error());
    if (!refused.message.empty()) error.message += fmt::format(" (and of the kernel: {})", refused.message);
    return fail(std::move(error));
}

}  // namespace fstracker::capture
