// SPDX-License-Identifier: Apache-2.0
// A file of this machine as a run would have recorded it.
#pragma once

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <string>

#include <catch2/catch.hpp>

#include "core/digest/digest.hpp"
#include "core/run/record.hpp"
#include "tests/unit/scratch.hpp"

namespace fstracker::testing {

inline run::FileEntry entry_of(const std::string& path, const std::string& role) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    run::FileEntry entry;
    entry.path.bytes = path;
    entry.role = role;
    entry.object.device = major(status.st_dev) << 20 | minor(status.st_dev);
    entry.object.inode = status.st_ino;
    entry.digest = digest::sha256(content_of(path));
    return entry;
}

}  // namespace fstracker::testing
