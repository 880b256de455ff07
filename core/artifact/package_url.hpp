// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace fstracker::artifact {

// "pkg:TYPE/NAME@VERSION", each part percent-encoded as package URLs are; `type` may have a namespace: "deb/debian".
std::string package_url(std::string_view type, std::string_view name, std::string_view version);

// Appends "?KEY=VALUE", or "&KEY=VALUE" after another; in the keys' alphabetical order. Nothing for an empty value.
void add_qualifier(std::string& url, std::string_view key, std::string_view value);

// Without version and qualifiers: "pkg:pypi/torch" of "pkg:pypi/torch@2.4.1".
std::string_view without_version(std::string_view package_url);

}  // namespace fstracker::artifact
