// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "capture/backends.hpp"
#include "capture/bpf/object.hpp"
#include "capture/ptrace/source.hpp"
#include "capture/record_run.hpp"

namespace fstracker::capture {

std::vector<BackendReport> probe_backends() {
    std::vector<BackendReport> reports;
    for (const std::string_view name : bpf_backend_names()) {
        BackendReport report;
        report.name = name;
        auto object = BpfObject::load({std::string(name), 0, {}});
        Status attached = object ? (*object)->attach() : Status(fail(object.error()));
        report.usable = attached.has_value();
        if (!attached) {
            report.refused_by = attached.error().message;
            report.remedy = attached.error().hint;
        }
        report.misses = backend_blind_spots(name, object ? (*object)->hooks() : std::vector<std::string>{});
        reports.push_back(std::move(report));
    }
    BackendReport report;
    report.name = "ptrace";
    const auto privileges = probe_ptrace();
    report.usable = privileges.has_value();
    if (!privileges) {
        report.refused_by = privileges.error().message;
        report.remedy = privileges.error().hint;
    }
    report.misses = ptrace_blind_spots(privileges.value_or(Privileges::kNoNew));
    reports.push_back(std::move(report));
    return reports;
}

}  // namespace fstracker::capture
