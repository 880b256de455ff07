// SPDX-License-Identifier: Apache-2.0
// Which repository's large file a content is, by the store that Git LFS keeps in a clone:
// .git/lfs/objects/aa/bb/SHA256.
//
// git is not run, and no object opened: that the store has one by that name is what is told. The clone may be the
// step's own making; of it the configuration is read, within a bound, for where the repository came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/artifact/nearest_folder.hpp"
#include "core/event/event.hpp"

namespace fstracker::artifact {

class LfsStores {
  public:
    // The package URL of the repository in whose work tree the file lies, where its store has this content; or empty.
    std::string owner_of(std::string_view path, const event::Sha256& digest, std::uint64_t size);

  private:
    NearestFolder stores_{"/.git/lfs/objects"};
    std::map<std::string, std::string> urls_;  // by work tree
    std::size_t asked_ = 0;
};

// Where the repository was cloned from, as its configuration says: "pkg:github/org/name", "pkg:huggingface/Org/Name",
// else "pkg:generic/name?vcs_url=…". Neither user, password, query nor a path of this machine is told; empty where
// nothing is left.
std::string repository_url(std::string_view git_configuration);

}  // namespace fstracker::artifact
