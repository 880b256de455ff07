// SPDX-License-Identifier: Apache-2.0
// Roles that a project says its files have (`roles` in .fstracker.yaml): these come before all that is told from a
// file.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace fstracker::artifact {

// `pattern` and `path` by segments: `**` stands for any number of them, `*` and `?` for characters of one. A pattern
// that ends with a slash means all below it.
bool matches_path(std::string_view pattern, std::string_view path);

// A value; any thread.
class DeclaredRoles {
  public:
    DeclaredRoles() = default;

    // Patterns by role. One may begin with `$NAME`, a named root; one that is not absolute then is below `project`, and
    // so are roots that are not. `$WORK` is the project. kInvalid for a name that there is not.
    static Result<DeclaredRoles> make(const std::map<std::string, std::vector<std::string>>& patterns,
                                      const std::map<std::string, std::string>& roots, const std::string& project);

    // Of a path as the step sees it; none where the project says nothing. Of several patterns the longest counts.
    [[nodiscard]] std::optional<std::string_view> role_of(std::string_view path) const;

  private:
    struct Pattern {
        std::string text;
        std::string role;
    };
    std::vector<Pattern> patterns_;  // the longest first
};

}  // namespace fstracker::artifact
