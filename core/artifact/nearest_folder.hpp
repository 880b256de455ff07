// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

namespace fstracker::artifact {

// Finds the nearest folder above a file that has a certain folder in it: conda's prefix, the work tree of a repository.
// Each is looked at once, and no more of them than a bound; files that come sorted cost next to nothing.
class NearestFolder {
  public:
    explicit NearestFolder(std::string marker) : marker_(std::move(marker)) {}  // "/conda-meta"

    // Of an absolute path; empty where there is none. Stays as long as this does.
    const std::string& above(std::string_view file);

  private:
    std::string marker_;
    std::unordered_map<std::string, std::string> found_;  // by folder
    std::string last_;
    const std::string* last_found_ = &kNone;
    inline static const std::string kNone;
};

}  // namespace fstracker::artifact
