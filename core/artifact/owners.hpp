// SPDX-License-Identifier: Apache-2.0
// Whose files a run used: libraries, programs and code are looked up in the lists of the packages that are installed on
// this machine, and models and data in the Hugging Face Hub's cache and in Git LFS, at the end of the run.
#pragma once

#include <string>
#include <vector>

#include "core/run/record.hpp"

namespace fstracker::artifact {

struct PackageLists {
    std::string dpkg = "/var/lib/dpkg";
    std::string dpkg_index;  // a file in the cache folder; empty: dpkg is not asked
};

// Fills owner and owner_verified: of every entry that lies in such a cache, and of those of role library, executable,
// code, model and data whose path leads here to the object that the run used. What is not there or cannot be read owns
// nothing. Blocks on no FIFO, reads within bounds.
void assign_owners(std::vector<run::FileEntry>& files, const PackageLists& lists);

}  // namespace fstracker::artifact
