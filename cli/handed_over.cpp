// SPDX-License-Identifier: Apache-2.0
#include "cli/handed_over.hpp"

#include <utility>

#include "daemon/control/given_files.hpp"

namespace fstracker::cli {

using control::Purpose;

std::vector<Purpose> purposes_of(const std::vector<project::DiskFiles::Remembered>& files, const JudgedRun& run) {
    const auto& baseline = run.judging.criteria.criteria.baseline_use.file;
    std::vector<Purpose> purposes;
    for (const auto& [path, bytes] : files) {
        if (path == project::project_file_path(run.project.root))
            purposes.push_back(Purpose::kProject);
        else if (!baseline.empty() && path == baseline)
            purposes.push_back(Purpose::kBaseline);
        else if (!baseline.empty() && path == signature_path(baseline))
            purposes.push_back(Purpose::kBaselineSignature);
        else if (!run.asked.baseline_key.empty() && path == run.asked.baseline_key)
            purposes.push_back(Purpose::kBaselineKey);
        else
            purposes.push_back(Purpose::kRules);
    }
    return purposes;
}

Result<HandedOver> handed_over(const project::DiskFiles& files, const JudgedRun& run) {
    const auto& remembered = files.remembered();
    if (remembered.empty()) return HandedOver{};
    auto packer = control::FilePacker::create();
    if (!packer) return fail(packer.error());
    const auto purposes = purposes_of(remembered, run);
    for (std::size_t i = 0; i < remembered.size(); ++i)
        if (auto added = packer->add(remembered[i].path, purposes[i], remembered[i].bytes); !added)
            return fail(added.error());
    auto packed = packer->finish(control::DescriptorIndex{1});
    if (!packed) return fail(packed.error());
    HandedOver given;
    given.files = std::move(packed->files);
    given.memory.push_back(std::move(packed->memory));
    return given;
}

}  // namespace fstracker::cli
