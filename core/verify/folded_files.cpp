// SPDX-License-Identifier: Apache-2.0
#include "core/verify/folded_files.hpp"

#include <sys/stat.h>

#include "core/evidence/trace.hpp"
#include "core/store/run_store.hpp"

namespace fstracker::verify {

Status read_folded_files(const std::string& path,
                         const std::function<Status(std::size_t, Result<run::FileEntry>)>& take) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) return fail(ErrorKind::kNotFound, "is missing");
    if (!S_ISREG(status.st_mode)) return fail(ErrorKind::kInvalid, "is not a regular file");
    std::size_t number = 0;
    return store::for_each_line(path,
                                [&](std::string_view line) { return take(++number, evidence::read_file_entry(line)); });
}

}  // namespace fstracker::verify
