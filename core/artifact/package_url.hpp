// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fstracker::artifact {

// "pkg:TYPE/NAME@VERSION", each part percent-encoded as package URLs are; `type` may have a namespace: "deb/debian".
std::string package_url(std::string_view type, std::string_view name, std::string_view version);

}  // namespace fstracker::artifact
