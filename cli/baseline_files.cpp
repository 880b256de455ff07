// SPDX-License-Identifier: Apache-2.0
#include "cli/baseline_files.hpp"

#include <sys/stat.h>

#include "cli/terminal.hpp"
#include "core/base/durable_file.hpp"
#include "core/baseline/baseline_text.hpp"
#include "core/project/project.hpp"
#include "core/report/printable.hpp"

namespace fstracker::cli {

using project::signature_path;

Status write_baseline_file(const std::string& path, const baseline::Baseline& baseline) {
    constexpr unsigned kFolderMode = 0755;
    if (const auto slash = path.rfind('/'); slash != std::string::npos && slash != 0)
        if (auto made = base::make_directories(path.substr(0, slash), kFolderMode); !made)
            return fail(made.error().within(path));
    auto written = base::write_file_durably(path, baseline::write_baseline(baseline));
    if (!written) return fail(written.error().within(path));
    struct stat status {};
    if (::lstat(signature_path(path).c_str(), &status) == 0)
        tell_note(report::printable(signature_path(path)) +
                  " is of the file as it was: track baseline sign signs it again");
    return {};
}

}  // namespace fstracker::cli
