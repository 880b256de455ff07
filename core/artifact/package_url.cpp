// SPDX-License-Identifier: Apache-2.0
#include "core/artifact/package_url.hpp"

#include <fmt/format.h>

namespace fstracker::artifact {

namespace {

void append(std::string& url, std::string_view part) {
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_~:/";
    for (const char c : part) {
        if (kPlain.find(c) != std::string_view::npos)
            url.push_back(c);
        else
            url += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
}

}  // namespace

std::string package_url(std::string_view type, std::string_view name, std::string_view version) {
    std::string url = "pkg:";
    append(url, type);
    url.push_back('/');
    append(url, name);
    if (!version.empty()) {
        url.push_back('@');
        append(url, version);
    }
    return url;
}

void add_qualifier(std::string& url, std::string_view key, std::string_view value) {
    if (value.empty()) return;
    url.push_back(url.find('?') == std::string::npos ? '?' : '&');
    url.append(key).push_back('=');
    append(url, value);
}

std::string_view without_version(std::string_view package_url) {
    return package_url.substr(0, std::min(package_url.find('@'), package_url.find('?')));
}

}  // namespace fstracker::artifact
