// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fstracker::artifact {

// The folder of the package that a path below node_modules is in: "/p/node_modules/@a/b"; or empty.
std::string_view node_folder_of(std::string_view path);

// What its package.json says: "pkg:npm/%40a/b@1.2.3"; empty where that cannot be read.
std::string node_package_url(const std::string& folder);

}  // namespace fstracker::artifact
