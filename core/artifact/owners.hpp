// SPDX-License-Identifier: Apache-2.0
// Whose files a run used: libraries, programs and code are looked up in the lists of the packages that are installed on
// this machine, at the end of the run.
#pragma once

#include <string>
#include <vector>

#include "core/run/record.hpp"

namespace fstracker::artifact {

struct PackageLists {
    std::string dpkg = "/var/lib/dpkg";
    std::string dpkg_index;  // a file in the cache folder; empty: dpkg is not asked
};

// Fills owner and owner_verified of entries whose role is library, executable or code, and whose path leads here to the
// object that the run used. What is not there or cannot be read owns nothing. Blocks on no FIFO, follows no link into a
// list, reads within bounds.
void assign_owners(std::vector<run::FileEntry>& files, const PackageLists& lists);

}  // namespace fstracker::artifact
