// SPDX-License-Identifier: Apache-2.0
#include "cli/baseline_files.hpp"

#include "core/base/durable_file.hpp"
#include "core/baseline/baseline_text.hpp"

namespace fstracker::cli {

Status write_baseline_file(const std::string& path, const baseline::Baseline& baseline) {
    constexpr unsigned kFolderMode = 0755;
    if (const auto slash = path.rfind('/'); slash != std::string::npos && slash != 0)
        if (auto made = base::make_directories(path.substr(0, slash), kFolderMode); !made)
            return fail(made.error().within(path));
    auto written = base::write_file_durably(path, baseline::write_baseline(baseline));
    if (!written) return fail(written.error().within(path));
    return {};
}

}  // namespace fstracker::cli
