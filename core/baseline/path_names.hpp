// SPDX-License-Identifier: Apache-2.0
// Paths as baselines and fingerprints have them: with named roots in place of what differs from host to host, and with
// typed masks in place of what differs from run to run.
//
// A named path is printable UTF-8: '%', '{', '}', control characters and bytes that are not UTF-8 are %XX. So a '{'
// always begins a mask, and a '$' at the front a root.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fstracker::baseline {

class PathNames {
  public:
    // `roots`: a project's own, name to absolute path; the longest that fits counts. `work`: the step's directory.
    PathNames(const std::map<std::string, std::string>& roots, const std::string& work);

    // "$WORK/train.py", "$SITE/torch/__init__.py", "$TMP/tmp{tmp}/x". In temporary folders, names that a program made
    // up are masked; in /proc, /dev/pts and names of memory files, numbers are.
    [[nodiscard]] std::string named(std::string_view path) const;

    // The concrete path of a named one without masks: back through this host's roots. $SITE, $HOME and the like have
    // more than one place; such a path stays as it is.
    [[nodiscard]] std::string concrete(std::string_view named) const;

  private:
    // A place and its name: "/mnt/data" is "$DATA".
    std::vector<std::pair<std::string, std::string>> places_;  // the longest first
};

// The first segment where it is a root ("$WORK"), else "/usr", "/etc" and the like.
std::string_view place_of(std::string_view named);
// With the slash at its end.
std::string_view folder_of(std::string_view named);
std::string_view file_name_of(std::string_view named);

// A path without percent-encoding, for display and for file(1)'s sake: what named() encoded comes back.
std::string decoded(std::string_view named);

// What is the same in "shard-00017.tar" and "shard-00500.tar": within each segment uuids, dates, hashes, versions and
// numbers become {uuid}, {date}, {hex}, {version} and {n}. `numbers`: what each {n} stood for, where wanted; a number
// too long for 64 bits is the largest.
std::string skeleton_of(std::string_view named, std::vector<std::uint64_t>* numbers = nullptr);

}  // namespace fstracker::baseline
